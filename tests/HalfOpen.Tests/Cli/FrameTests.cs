using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Verbs;
using HalfOpen.Core;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>What every verb owes its user, whatever it does.</summary>
public sealed class FrameTests
{
    public static TheoryData<string> VerbNames() => [.. Verbs().Select(v => v.Name)];

    [Theory]
    [MemberData(nameof(VerbNames))]
    public async Task Every_verb_has_help_with_examples(string verb)
    {
        var (code, output, error) = await CliRunner.RunAsync([verb, "--help"]);
        Assert.Equal(0, code);
        Assert.Empty(error);
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
        Assert.Contains("halfopen " + verb, output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(VerbNames))]
    public async Task Every_option_of_a_verb_is_described(string verb)
    {
        var command = Verbs().Single(v => v.Name == verb);
        Assert.All(command.Options, o => Assert.False(string.IsNullOrWhiteSpace(o.Description), o.Name));
        Assert.All(command.Arguments, a => Assert.False(string.IsNullOrWhiteSpace(a.Description), a.Name));
        var (code, _, error) = await CliRunner.RunAsync([verb, "--no-such-flag"]);
        Assert.Equal(2, code);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Contains("--help", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_verb_is_wrong_usage_in_one_line()
    {
        var (code, output, error) = await CliRunner.RunAsync(["frobnicate"]);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task No_verb_says_what_the_tool_can_do()
    {
        var (code, output, _) = await CliRunner.RunAsync([]);
        Assert.Equal(0, code);
        Assert.All(Verbs(), v => Assert.Contains(v.Name, output, StringComparison.Ordinal));
        var steps = output.Split('\n').SkipWhile(line => line != "Try first:").Skip(1).TakeWhile(line => line.Length > 0)
            .Where(line => !line.StartsWith("   ", StringComparison.Ordinal)).ToList(); // the rest of a line that did not fit
        Assert.True(steps.Count >= 3, output);
        Assert.All(steps,
            step => Assert.Contains(Verbs(),
                v => step.TrimStart().Replace("sudo ", "", StringComparison.Ordinal).Replace("./", "", StringComparison.Ordinal)
                    .StartsWith("halfopen " + v.Name + " ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("lab", "--seconds", "a number from 5 to 3600")]
    [InlineData("lab", "--seed", "a whole number from 0 to 18446744073709551615")]
    [InlineData("replay", "--limit", "a whole number from 1 to 1000000")]
    public async Task A_word_where_a_number_belongs_is_told_in_words(string verb, string option, string expected)
    {
        var (code, _, error) = await CliRunner.RunAsync([verb, option, "x"]);
        Assert.Equal(2, code);
        Assert.Contains($"{option} 'x' is not allowed: give {expected}", error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/h")]
    [InlineData("/?")]
    public async Task What_begins_with_a_slash_is_a_path(string path)
    {
        var (code, _, error) = await CliRunner.RunAsync(["inspect", path]);
        Assert.Equal(2, code);
        Assert.Contains("no such file", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task A_completion_script_is_printed_for(string shell)
    {
        var (code, output, _) = await CliRunner.RunAsync(["completions", shell]);
        Assert.Equal(0, code);
        Assert.Contains(" complete -- ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Completion_asks_the_program_itself()
    {
        var (code, output, _) = await CliRunner.RunAsync(["complete", "--", "comp"]);
        Assert.Equal(0, code);
        Assert.Contains("completions", output, StringComparison.Ordinal);
    }

    private static IReadOnlyList<VerbCommand> Verbs() =>
        VerbList.Create(new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null, false, false, false, 100), PolicyTable.Shipped);
}
