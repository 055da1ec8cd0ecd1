using System.Text.RegularExpressions;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Verbs;
using HalfOpen.Core;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>Every command line that a text of ours advises is one that this program takes.</summary>
public sealed partial class AdvisedCommandTests
{
    private static readonly Terminal Nowhere = new(TextReader.Null, TextWriter.Null, TextWriter.Null, false, false, false, 80);

    public static TheoryData<string> Sources() =>
        [.. Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(d => Path.GetFileName(d)).Where(d => d != "HalfOpen.Xp")];

    public static TheoryData<string> Pages() =>
    [
        .. Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Repository.Root, "README.md")).Select(p => Path.GetRelativePath(Repository.Root, p)),
    ];

    [Theory]
    [MemberData(nameof(Sources))]
    public void In_errors_and_help(string project)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", project), "*.cs", SearchOption.AllDirectories))
        {
            // Strings that are continued on the next line are one text.
            var code = Joined().Replace(File.ReadAllText(file), "");
            Assert.All(Quoted().Matches(code).Select(m => m.Groups["words"].Value).Where(w => w[0] != '{'),
                words => Check(words, Path.GetFileName(file)));
        }
    }

    [Fact]
    public void In_examples()
    {
        foreach (var verb in VerbList.Create(Nowhere, PolicyTable.Shipped).SelectMany(v => v.Subcommands.OfType<VerbCommand>().Prepend(v)))
        {
            Assert.All(verb.Examples, e => Assert.All(Called().Matches(e.CommandLine).Select(m => m.Groups["words"].Value),
                words => Check(words, "the examples of " + verb.Name, exactly: true)));
            Assert.All(verb.Examples, e => Assert.Matches(Called(), e.CommandLine));
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void In_documentation(string page)
    {
        var inFence = false;
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, page)))
        {
            inFence ^= line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            var commands = inFence ? Typed().Matches(line) : Spanned().Matches(line);
            Assert.All(commands.Select(m => m.Groups["words"].Value), words => Check(words, page));
        }
    }

    /// <summary>Verb and options are ours; values are too where they stand as they would be typed.</summary>
    private static void Check(string text, string where, bool exactly = false)
    {
        // What ends a command for the shell, and what a program puts in.
        var words = Splitting().Matches(Ended().Replace(Gap().Replace(text, "10"), "")).Select(m => m.Value.Trim('"', '\'')).ToArray();
        var at = Array.FindIndex(words, w => w is "..." or "…" or "VERB" or "ARGS" || w.StartsWith('['));
        words = at >= 0 ? words[..at] : words;
        if (words is ["help", ..])
        {
            words = [.. words[1..], "--help"];
        }

        var root = Application.Build(Nowhere, PolicyTable.Shipped);
        var parsed = Application.Parse(root, words);
        var problem = ParseProblem.Of(parsed, words);
        var isWrong = exactly ? problem is not null
            : parsed.UnmatchedTokens.Count > 0 || problem?.Contains("no option", StringComparison.Ordinal) == true;
        Assert.False(isWrong, $"{where}: halfopen {text}: {problem}");
    }

    [GeneratedRegex("\"\\s*\\n\\s*\\+ \\$?\"")]
    private static partial Regex Joined();

    [GeneratedRegex(@"'(?:sudo )?(?:\./)?halfopen (?<words>[^'\n]*)'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?:^|[\s(])(?:\./)?halfopen (?<words>[^)]*)")]
    private static partial Regex Called();

    [GeneratedRegex(@"^\s*(?:\$ )?(?:sudo )?(?:\./)?halfopen (?<words>.*)$")]
    private static partial Regex Typed();

    [GeneratedRegex(@"`(?:sudo )?(?:\./)?halfopen (?<words>[^`]*)`")]
    private static partial Regex Spanned();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Gap();

    [GeneratedRegex(@"\s{3,}.*$|\s+(#|\||>|>>|<|&&|;|&|2>|-n\s+#).*$|[;&]$")]
    private static partial Regex Ended();

    [GeneratedRegex("""'[^']*'|"[^"]*"|\S+""")]
    private static partial Regex Splitting();
}
