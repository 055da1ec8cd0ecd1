using System.CommandLine;
using System.CommandLine.Help;
using System.Text;

namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// The manual page of the program or of one verb, in the language of man(7), from the same definitions as
/// <c>--help</c>. The same build gives the same bytes.
/// </summary>
internal static class ManPage
{
    /// <summary>The pages that there are: the program's, then one for each verb.</summary>
    public static IEnumerable<string> Names(RootCommand root) => ["halfopen", .. Verbs(root).Select(v => "halfopen-" + v.Name)];

    /// <param name="root">The command line as a whole.</param>
    /// <param name="verb">Whose page; null: the program's.</param>
    public static string Of(RootCommand root, Command? verb)
    {
        var command = verb ?? root;
        var name = verb is null ? "halfopen" : "halfopen-" + verb.Name;
        var page = new StringBuilder();
        page.Append($".TH {name.ToUpperInvariant()} 1 \"\" \"Halfopen {VersionText.Current}\" \"Halfopen\"\n");
        page.Append($".SH NAME\n{name} \\- {Text(FirstSentence(command.Description))}\n");
        Synopsis(page, command, verb is null ? "halfopen" : "halfopen " + verb.Name);
        page.Append($".SH DESCRIPTION\n{Text(command.Description)}\n");
        if (verb is null)
        {
            page.Append(".SH VERBS\n");
            foreach (var one in Verbs(root))
            {
                page.Append($".TP\n\\fBhalfopen\\-{Text(one.Name)}\\fR(1)\n{Text(one.Description)}\n");
            }
        }

        Symbols(page, command, "");
        foreach (var below in command.Subcommands.Where(c => verb is not null && !c.Hidden))
        {
            page.Append($".SH \"HALFOPEN {Text($"{command.Name} {below.Name}").ToUpperInvariant()}\"\n{Text(below.Description)}\n");
            Symbols(page, below, $" OF {below.Name.ToUpperInvariant()}");
        }

        Examples(page, command);
        page.Append(".SH EXIT STATUS\n");
        foreach (var (code, meaning) in ExitCode.Table)
        {
            page.Append($".TP\n.B {code}\n{meaning}\n");
        }

        page.Append(".SH SEE ALSO\n");
        var others = Names(root).Where(n => n != name).Select(n => $"\\fB{Text(n)}\\fR(1)");
        page.Append(string.Join(",\n", others)).Append('\n');
        return page.ToString();
    }

    private static IEnumerable<Command> Verbs(RootCommand root) => root.Subcommands.Where(c => !c.Hidden);

    private static void Synopsis(StringBuilder page, Command command, string typed)
    {
        page.Append($".SH SYNOPSIS\n.B {Text(typed)}\n");
        if (command.Subcommands.Any(c => !c.Hidden))
        {
            page.Append(command is RootCommand ? "\\fIVERB\\fR\n" : "[\\fICOMMAND\\fR]\n");
        }

        foreach (var argument in command.Arguments.Where(a => !a.Hidden))
        {
            var word = $"\\fI{Text(argument.HelpName ?? argument.Name).ToUpperInvariant()}\\fR";
            var many = argument.Arity.MaximumNumberOfValues > 1 ? "..." : "";
            page.Append(argument.Arity.MinimumNumberOfValues == 0 ? $"[{word}{many}]\n" : $"{word}{many}\n");
        }

        page.Append("[\\fIOPTIONS\\fR]\n");
    }

    private static void Symbols(StringBuilder page, Command command, string whose)
    {
        var arguments = command.Arguments.Where(a => !a.Hidden).ToList();
        if (arguments.Count > 0)
        {
            page.Append($".SH \"ARGUMENTS{whose}\"\n");
            foreach (var argument in arguments)
            {
                page.Append($".TP\n.I {Text(argument.HelpName ?? argument.Name).ToUpperInvariant()}\n{Text(argument.Description)}\n");
            }
        }

        page.Append($".SH \"OPTIONS{whose}\"\n");
        foreach (var option in command.Options.Where(o => !o.Hidden).OrderBy(o => o is HelpOption ? 1 : 0))
        {
            var names = new[] { option.Name }.Concat(option.Aliases).Select(n => $"\\fB{Text(n)}\\fR");
            var value = option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) ? ""
                : $" \\fI{Text(option.HelpName ?? option.Name.TrimStart('-')).ToUpperInvariant()}\\fR";
            page.Append($".TP\n{string.Join(", ", names)}{value}\n{Text(option.Description)}\n");
        }
    }

    private static void Examples(StringBuilder page, Command command)
    {
        if (command is not VerbCommand { Examples: { Count: > 0 } examples })
        {
            return;
        }

        page.Append(".SH EXAMPLES\n");
        foreach (var (commandLine, meaning) in examples)
        {
            page.Append($".TP\n\\fB{Text(commandLine)}\\fR\n{Text(meaning)}\n");
        }
    }

    private static string FirstSentence(string? text)
    {
        var at = text?.IndexOf(". ", StringComparison.Ordinal) ?? -1;
        return (at < 0 ? text ?? "" : text![..at]).TrimEnd('.').ReplaceLineEndings(" ");
    }

    /// <summary>Plain text that means nothing to roff: no line of it is a request, no character an escape.</summary>
    private static string Text(string? text)
    {
        var safe = new StringBuilder();
        foreach (var line in (text ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            safe.Append(safe.Length > 0 ? "\n.br\n" : "");
            safe.Append(line[0] is '.' or '\'' ? "\\&" : "");
            safe.Append(line.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal)
                .Replace("'", "\\(aq", StringComparison.Ordinal).Replace("`", "\\(ga", StringComparison.Ordinal));
        }

        return safe.ToString();
    }
}
