using System.CommandLine;
using HalfOpen.Cli.CommandLine;

namespace HalfOpen.Cli.Verbs;

/// <summary>
/// Prints a completion script. The scripts ask the program itself (the [suggest] directive), so they never go stale.
/// </summary>
internal static class CompletionsVerb
{
    private const string Bash = """
        # bash: put this into ~/.local/share/bash-completion/completions/halfopen
        _halfopen() {
            local cur="${COMP_WORDS[COMP_CWORD]}"
            local IFS=$'\n' files=-f
            ((COMP_CWORD == 1)) && files=
            COMPREPLY=($(compgen $files -W "$("$1" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$cur"))
        }
        complete -o filenames -F _halfopen halfopen ./halfopen
        """;

    private const string Zsh = """
        #compdef halfopen
        # zsh: put this into a folder of $fpath as _halfopen
        _halfopen() {
            local -a found
            found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            [[ -n "$found" ]] && compadd -a found
            (( CURRENT > 2 )) && _files
        }
        compdef _halfopen halfopen ./halfopen
        """;

    private const string Fish = """
        # fish: put this into ~/.config/fish/completions/halfopen.fish
        complete -c halfopen -a '(set -l line (commandline -cp); halfopen "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null)'
        """;

    public static VerbCommand Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "The shell: bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var verb = new VerbCommand("completions", "Print a completion script for a shell.")
        {
            Arguments = { shell },
            Examples =
            {
                ("source <(halfopen completions bash)", "complete verbs and flags in this shell"),
                ("halfopen completions fish > ~/.config/fish/completions/halfopen.fish", "and in every fish from now on"),
            },
        };
        verb.Does(parsed =>
        {
            terminal.Out.WriteLine(parsed.GetRequiredValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                _ => Fish,
            });
            return ExitCode.Done;
        });
        return verb;
    }
}
