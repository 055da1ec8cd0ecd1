using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using HalfOpen.Core;

namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// What is wrong with a command line, in one sentence: the word, what it was probably meant to be, and what may stand
/// there. The library's own sentences name neither. Thread-safe: no state.
/// </summary>
internal static class ParseProblem
{
    /// <param name="parsed">What the library made of it.</param>
    /// <param name="words">The words as they came.</param>
    /// <returns>The sentence, with its full stop; null: nothing is wrong.</returns>
    public static string? Of(ParseResult parsed, IReadOnlyList<string> words)
    {
        if (Misspelt(parsed, words) is { } option)
        {
            var options = LongNames(parsed.CommandResult);
            return $"there is no option {StrictValues.Shown(option)}{Resemblance.Hint(option, options)}.";
        }

        if (parsed.Tokens.FirstOrDefault(t => t.Type == TokenType.Directive) is { Value: var directive })
        {
            return Unmatched(parsed.RootCommandResult, directive); // [so] at the beginning; the library would skip it
        }

        if (parsed.UnmatchedTokens is [var word, ..])
        {
            return Unmatched(parsed.CommandResult, word);
        }

        return parsed.Errors is [var error, ..] ? Sentence(error) : null;
    }

    /// <summary>A word is in the way that means nothing; else only values are missing or wrong.</summary>
    public static bool IsWordUnknown(ParseResult parsed) =>
        parsed.UnmatchedTokens.Count > 0 || parsed.Tokens.Any(t => t.Type == TokenType.Directive);

    /// <summary>"halfopen", "halfopen lab", "halfopen lab real": what help can be asked of.</summary>
    public static string Typed(ParseResult parsed)
    {
        var names = new List<string>();
        for (var at = parsed.CommandResult; at is not null && at.Command is not RootCommand; at = at.Parent as CommandResult)
        {
            names.Insert(0, at.Command.Name);
        }

        return string.Join(' ', names.Prepend("halfopen"));
    }

    /// <summary>Also those of the commands above that hold below them, such as --help.</summary>
    public static IEnumerable<Option> Options(CommandResult result) =>
        result.Command.Options.Concat(result.Parent is CommandResult above ? Options(above).Where(o => o.Recursive) : [])
            .Where(o => !o.Hidden);

    public static IEnumerable<string> Names(Option option) => option.Aliases.Prepend(option.Name);

    /// <summary>
    /// A word that looks like an option and was taken for a value. What is really called so (a file) or follows -- or
    /// an equals sign was meant.
    /// </summary>
    private static string? Misspelt(ParseResult parsed, IReadOnlyList<string> words)
    {
        // -help would be taken for -h and what follows it.
        var plain = words.TakeWhile(w => w != "--").ToHashSet(StringComparer.Ordinal);
        if (plain.FirstOrDefault(w => w is ['-', not '-', _, _, ..] && LongNames(parsed.CommandResult).Contains("-" + w)) is { } half)
        {
            return half;
        }

        return parsed.Tokens.Where(t => t.Type == TokenType.Argument).Select(t => t.Value)
            .FirstOrDefault(
                w => w is ['-', var next, ..] && !char.IsAsciiDigit(next) && next != '.' && plain.Contains(w) && !Path.Exists(w));
    }

    private static IEnumerable<string> LongNames(CommandResult result) =>
        Options(result).SelectMany(Names).Where(n => n.StartsWith("--", StringComparison.Ordinal));

    private static string Unmatched(CommandResult result, string word)
    {
        var command = result.Command;
        var below = command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name).ToList();
        var hint = Resemblance.Hint(word, command is RootCommand ? below.Append("help") : below);
        if (hint.Length == 0 && word.Length > 0)
        {
            // An option without its dashes, or a value without its option.
            var meant = LongNames(result).FirstOrDefault(n => n == "--" + word)
                ?? Options(result).FirstOrDefault(o => o.GetCompletions(CompletionContext.Empty).Any(c => c.Label == word))?.Name
                    + " " + word;
            hint = meant.StartsWith('-') ? $" (did you mean {meant}?)" : "";
        }

        if (command is RootCommand)
        {
            return $"there is no verb {StrictValues.Shown(word)}{hint}; the verbs are {string.Join(", ", below)}.";
        }

        var takes = command.Arguments.Where(a => !a.Hidden).Select(a => (a.HelpName ?? a.Name).ToUpperInvariant()).ToList();
        return $"{StrictValues.Shown(word)} is one word too many{hint}: {command.Name} takes "
            + (takes.Count == 0 ? "options only" : $"{string.Join(" and ", takes)} and options") + ".";
    }

    private static string Sentence(ParseError error)
    {
        switch (error.SymbolResult)
        {
            case OptionResult { Tokens.Count: 0, Option: var option }
                when option.Arity.MinimumNumberOfValues > 0 && error.Message.Contains(option.Name, StringComparison.Ordinal):
                return $"{option.Name} needs a value: {First(option.Description)}";
            case OptionResult { Option: var option, IdentifierTokenCount: > 1 and var times }
                when option.Arity.MaximumNumberOfValues == 1 && error.Message.Contains("single argument", StringComparison.Ordinal):
                return $"{option.Name} is given {times} times: give it once.";
            case ArgumentResult { Tokens.Count: 0, Argument: var argument } when argument.Arity.MinimumNumberOfValues > 0:
                return Missing(argument);
            case CommandResult { Command: var command }
                when command.Arguments.FirstOrDefault(a => a.Arity.MinimumNumberOfValues > 0) is { } needed:
                return Missing(needed);
            default:
                return error.Message;
        }
    }

    private static string Missing(Argument argument) =>
        $"{(argument.HelpName ?? argument.Name).ToUpperInvariant()} is missing: {First(argument.Description)}";

    /// <summary>The first sentence of a description.</summary>
    private static string First(string? text)
    {
        var end = text?.IndexOf(". ", StringComparison.Ordinal) ?? -1;
        return end < 0 ? text ?? "" : text![..(end + 1)];
    }
}
