using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.Json;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Core;

namespace HalfOpen.Cli.Verbs;

/// <summary>
/// Prints manual pages, from the definitions that <c>--help</c> and the completions read. Packages install them.
/// </summary>
internal static class ManVerb
{
    public static VerbCommand Create(Terminal terminal)
    {
        var page = new Argument<string?>("page")
        {
            Description = "halfopen, halfopen-VERB or VERB. Default: the names of all pages.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        page.CompletionSources.Add(
            _ => VerbList.Create(terminal, PolicyTable.Shipped).Select(v => new CompletionItem("halfopen-" + v.Name))
                .Prepend(new("halfopen")));
        var json = CommonOptions.Json();
        var verb = new VerbCommand("man", "Print a manual page, in the language of man(7).")
        {
            Arguments = { page },
            Options = { json },
            Examples = { ("halfopen man halfopen-guard | man -l -", "the page of a verb") },
        };
        verb.Does(parsed =>
        {
            var root = (RootCommand)parsed.RootCommandResult.Command;
            var names = ManPage.Names(root).ToList();
            if (parsed.GetValue(page) is not { } name)
            {
                if (parsed.GetValue(json))
                {
                    terminal.Out.WriteLine(JsonSerializer.Serialize(new NamesDocument(names), VerbJsonContext.Readable.NamesDocument));
                    return ExitCode.Done;
                }

                names.ForEach(terminal.Out.WriteLine);
                return ExitCode.Done;
            }

            name = names.Contains("halfopen-" + name) ? "halfopen-" + name : name; // 'man guard' is what people type
            if (!names.Contains(name))
            {
                var known = names.Concat(root.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));
                throw CliException.Usage($"there is no page {StrictValues.Shown(name)}{Resemblance.Hint(name, known)}; 'halfopen man' "
                    + "lists them. Try 'halfopen man --help'.");
            }

            var found = root.Subcommands.FirstOrDefault(c => "halfopen-" + c.Name == name);
            var text = ManPage.Of(root, found);
            terminal.Out.Write(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new TextDocument(name, text), VerbJsonContext.Readable.TextDocument) + "\n" : text);
            return ExitCode.Done;
        });
        return verb;
    }
}
