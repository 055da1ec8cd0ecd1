using System.CommandLine;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Core;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>Manual pages and help are made from the same definitions, and hold the same.</summary>
public sealed class ManPageTests
{
    private static readonly string[] Requests = [".TH", ".SH", ".TP", ".B", ".I", ".br"];

    private static RootCommand Root { get; } = Application.Build(
        new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null, false, false, false, 100), PolicyTable.Shipped);

    public static TheoryData<string> Pages() => [.. ManPage.Names(Root)];

    [Fact]
    public async Task Every_verb_that_help_shows_has_a_page_and_no_other()
    {
        var (code, names, _) = await CliRunner.RunAsync(["man"]);
        Assert.Equal(0, code);
        var shown = Root.Subcommands.Where(c => !c.Hidden).Select(c => "halfopen-" + c.Name);
        Assert.Equal(["halfopen", .. shown], names.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, (await CliRunner.RunAsync(["man", "halfopen-nothing"])).Code);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_has_every_option_argument_and_example(string name)
    {
        var (code, page, _) = await CliRunner.RunAsync(["man", name]);
        Assert.Equal(0, code);
        var command = name == "halfopen" ? Root : Root.Subcommands.Single(c => "halfopen-" + c.Name == name);
        var plain = page.Replace("\\-", "-", StringComparison.Ordinal).Replace("\\(aq", "'", StringComparison.Ordinal)
            .Replace("\\e", "\\", StringComparison.Ordinal);
        Assert.All(command.Options.Where(o => !o.Hidden), o => Assert.Contains($"\\fB{o.Name}\\fR", plain, StringComparison.Ordinal));
        Assert.All(command.Arguments.Where(a => !a.Hidden),
            a => Assert.Contains(".I " + (a.HelpName ?? a.Name).ToUpperInvariant(), plain, StringComparison.Ordinal));
        if (command is VerbCommand verb)
        {
            Assert.All(verb.Examples, e => Assert.Contains(e.CommandLine, plain, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task No_text_becomes_a_request_of_roff(string name)
    {
        var (_, page, _) = await CliRunner.RunAsync(["man", name]);
        Assert.All(page.Split('\n').Where(l => l.StartsWith('.') || l.StartsWith('\'')),
            l => Assert.Contains(l.Split(' ')[0], Requests));
        Assert.DoesNotContain("\n\n", page, StringComparison.Ordinal);
    }
}
