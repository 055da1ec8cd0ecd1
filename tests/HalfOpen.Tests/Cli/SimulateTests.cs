using System.Text.Json.Nodes;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>What <c>simulate</c> says of pages that never come, and what it asserts.</summary>
public sealed class SimulateTests
{
    private static readonly string[] DeadHosts =
        ["simulate", "--set", "browser.silent=0.2", "--set", "durationSeconds=120", "--policy", "fair", "--limit", "10"];

    [Fact]
    public async Task A_page_that_never_comes_is_in_table_csv_json_and_picture()
    {
        var (code, text, _) = await CliRunner.RunAsync(DeadHosts);
        Assert.Equal(0, code);
        Assert.Matches(@"fair +10 +> \d+ s +> \d+ s +0 +1 for \d+ s", text);
        Assert.Contains("1 page had still not come at the end", text, StringComparison.Ordinal);

        var (_, csv, _) = await CliRunner.RunAsync([.. DeadHosts, "--csv"]);
        var lines = csv.Split('\n');
        var cells = lines[0].Split(',').Zip(lines[1].Split(',')).ToDictionary(c => c.First, c => c.Second);
        Assert.Equal(("0", "1", "", "119"), (cells["pages"], cells["pagesUnfinished"], cells["pageP99"], cells["unfinishedSeconds"]));

        var picture = Path.Combine(Directory.CreateTempSubdirectory("halfopen-test").FullName, "a.svg");
        var (_, json, _) = await CliRunner.RunAsync([.. DeadHosts, "--json", "--plot", picture]);
        var pages = JsonNode.Parse(json)!["runs"]![0]!["pageSeconds"]!;
        Assert.Equal((1, 119), ((int)pages["unfinished"]!, (double)pages["unfinishedSeconds"]!));
        Assert.Null(pages["p99"]);
        var svg = await File.ReadAllTextAsync(picture, TestContext.Current.CancellationToken);
        Assert.Contains("Pages still missing at the end", svg, StringComparison.Ordinal);
        Assert.Contains("An arrow: at least so long", svg, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_assertion_that_holds_is_quiet_and_one_that_does_not_is_1_with_what_was_seen()
    {
        string[] run = ["simulate", "--policy", "fair,windows-xp", "--limit", "10", "--set", "durationSeconds=120"];
        var (good, _, silence) = await CliRunner.RunAsync([.. run, "--assert", "page.p99 <= 100s", "--assert", "maxCounted<=10"]);
        Assert.Equal((0, ""), (good, silence));
        var (bad, _, error) = await CliRunner.RunAsync([.. run, "--assert", "page.p99 <= 0.5s", "--assert", "maxCounted<=10"]);
        Assert.Equal(1, bad);
        Assert.Matches(@"^halfopen: 'page\.p99 <= 0\.5s' does not hold: windows-xp at 10: \d+(\.\d+)? s\.\s*$", error);
        var (_, json, _) = await CliRunner.RunAsync([.. run, "--assert", "page.p99 <= 0.5s", "--json"]);
        var checks = JsonNode.Parse(json)!["assertions"]!.AsArray();
        Assert.Equal(["fair at 10", "windows-xp at 10"], checks.Select(c => (string)c!["row"]!));
        Assert.Equal([true, false], checks.Select(c => (bool)c!["holds"]!));
    }

    [Theory]
    [InlineData("page.p98 <= 1s", "there are page.p50, page.p99")]
    [InlineData("jain > 0.9", "nothing of the kind")]
    [InlineData("waitP99Seconds.nobody < 1s", "its programs are swarm, browser")]
    [InlineData("nonsense", "METRIC OPERATOR NUMBER")]
    public async Task An_assertion_that_cannot_be_checked_is_2(string text, string because)
    {
        var (code, output, error) = await CliRunner.RunAsync([.. DeadHosts, "--assert", text]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(because, error, StringComparison.Ordinal);
    }
}
