using System.CommandLine;
using System.Text.Json;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Core;

namespace HalfOpen.Cli.Verbs;

/// <summary>
/// Prints a completion script. The scripts ask the program itself (<see cref="Completer"/>), so they never go stale.
/// </summary>
internal static class CompletionsVerb
{
    /// <summary>
    /// Bash takes a word apart at colons and equals signs; what stands before the last one is not repeated.
    /// </summary>
    private const string Bash = """
        # bash: put this into ~/.local/share/bash-completion/completions/halfopen
        _halfopen() {
            local line="${COMP_LINE:0:COMP_POINT}" kind word meaning current head
            local -a words=()
            read -ra words <<<"$line"
            [[ "$line" == *[[:space:]] ]] && words+=("")
            current="${words[-1]}"
            head="${current%"${current##*[:=]}"}"
            COMPREPLY=()
            {
                read -r kind
                while IFS=$'\t' read -r word meaning; do
                    COMPREPLY+=("${word#"$head"}")
                done
            } < <("$1" complete -- "${words[@]:1}" 2>/dev/null)
            current="${current#"$head"}"
            local IFS=$'\n'
            case "$kind" in
                files) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$current")) ;;
                folders) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -d -- "$current")) ;;
            esac
            [[ ${#COMPREPLY[@]} == 1 && "${COMPREPLY[0]}" == *[:=] ]] && compopt -o nospace 2>/dev/null
            return 0
        }
        complete -F _halfopen halfopen ./halfopen
        """;

    /// <summary>Read from a folder of fpath, the file is the body of the function at its first call.</summary>
    private const string Zsh = """
        #compdef halfopen
        # zsh: put this into a folder of $fpath as _halfopen
        _halfopen() {
            local -a lines found shown opened
            local line kind
            lines=("${(@f)$("${~words[1]}" complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
            kind="$lines[1]"
            for line in "${(@)lines[2,-1]}"; do
                if [[ "$line" == *[:=]$'\t'* ]]; then
                    opened+=("${line%%$'\t'*}")
                else
                    found+=("${line%%$'\t'*}")
                    shown+=("${${line/$'\t'/  -- }%  -- }")
                fi
            done
            local code=1
            (( $#found )) && compadd -l -d shown -a found && code=0
            (( $#opened )) && compadd -S '' -a opened && code=0
            [[ "$kind" == files ]] && _files && code=0
            [[ "$kind" == folders ]] && _files -/ && code=0
            return code
        }
        if [[ "$funcstack[1]" == _halfopen ]]; then
            _halfopen "$@"
        else
            (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
            compdef _halfopen halfopen ./halfopen
        fi
        """;

    private const string Fish = """
        # fish: put this into ~/.config/fish/completions/halfopen.fish
        function __halfopen_complete
            set -l words (commandline -opc)
            set -l current (commandline -ct)
            set -l found ($words[1] complete -- $words[2..] "$current" 2>/dev/null)
            printf '%s\n' $found[2..]
            switch "$found[1]"
                case files
                    __fish_complete_path "$current"
                case folders
                    __fish_complete_directories "$current"
            end
        end
        complete -c halfopen -f -a '(__halfopen_complete)'
        """;

    public static VerbCommand Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "The shell: bash, zsh or fish." }.OneOf("bash", "zsh", "fish");
        var json = CommonOptions.Json();
        var verb = new VerbCommand("completions", "Print a completion script for a shell.")
        {
            Arguments = { shell },
            Options = { json },
            Examples =
            {
                ("source <(halfopen completions bash)", "complete verbs, flags and values in this shell"),
                ("halfopen completions fish > ~/.config/fish/completions/halfopen.fish", "and in every fish from now on"),
            },
        };
        verb.Does(parsed =>
        {
            var name = parsed.GetRequiredValue(shell);
            var script = name switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                _ => Fish,
            };
            terminal.Out.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new TextDocument(name, script + "\n"), VerbJsonContext.Readable.TextDocument) : script);
            return ExitCode.Done;
        });
        return verb;
    }

    /// <summary>What the scripts ask. Not for people.</summary>
    public static Command CreateAnswer(Terminal terminal, PolicyTable policies)
    {
        var words = new Argument<string[]>("words") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command(Completer.VerbName, "What can be typed next.") { Hidden = true };
        command.Arguments.Add(words);
        command.SetAction(parsed =>
        {
            Completer.Print((RootCommand)parsed.RootCommandResult.Command, parsed.GetValue(words) ?? [], policies, terminal.Out);
            return ExitCode.Done;
        });
        return command;
    }
}
