using System.Text.Json;
using HalfOpen.Tests.Cli;
using Xunit;

namespace HalfOpen.Tests.Simulate;

/// <summary>What <c>halfopen simulate</c> owes scripts and people.</summary>
public sealed class SimulateVerbTests
{
    [Fact]
    public async Task Json_has_the_names_of_the_contract()
    {
        var (code, output, error) =
            await CliRunner.RunAsync(
                ["simulate", "--scenario", "freeze", "--policy", "windows-xp", "--limit", "10", "--seed", "7", "--json"]);
        Assert.Equal((0, ""), (code, error));
        using var json = JsonDocument.Parse(output);
        Assert.Equal("freeze", json.RootElement.GetProperty("scenario").GetString());
        Assert.Equal(7, json.RootElement.GetProperty("seeds")[0].GetInt32());
        var run = Assert.Single(json.RootElement.GetProperty("runs").EnumerateArray());
        Assert.Equal("windows-xp", run.GetProperty("policy").GetString());
        Assert.Equal((10, 7), (run.GetProperty("limit").GetInt32(), run.GetProperty("seed").GetInt32()));
        var pages = run.GetProperty("pageSeconds");
        Assert.InRange(pages.GetProperty("p50").GetDouble(), 30, 80);
        Assert.True(pages.GetProperty("p99").GetDouble() >= pages.GetProperty("p50").GetDouble());
        Assert.InRange(pages.GetProperty("count").GetInt32(), 5, 15);
        Assert.InRange(run.GetProperty("livePeersPerMinute").GetDouble(), 5, 12);
        Assert.InRange(run.GetProperty("attemptsPerSecond").GetProperty("swarm").GetDouble(), 0.3, 1);
        Assert.InRange(run.GetProperty("maxWaitSeconds").GetProperty("browser").GetDouble(), 20, 100);
        Assert.Equal(10, run.GetProperty("maxCounted").GetInt32());
        Assert.True(run.GetProperty("maxHalfOpen").GetInt32() >= 10);
        Assert.Equal(JsonValueKind.Null, run.GetProperty("maxNatEntries").ValueKind);
        Assert.Equal(JsonValueKind.Null, run.GetProperty("jain").ValueKind);
    }

    [Fact]
    public async Task A_sweep_gives_a_row_a_limit_and_a_picture()
    {
        using var folder = new TemporaryFolder();
        var plot = folder.File("limit.svg");
        var (code, output, _) =
            await CliRunner.RunAsync(["simulate", "--policy", "windows-xp", "--limit", "10:100", "--plot", plot, "--csv"]);
        Assert.Equal(0, code);
        Assert.Equal(10, output.TrimEnd().Split('\n').Length); // a header and nine limits
        Assert.StartsWith("<svg", await File.ReadAllTextAsync(plot, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Policies_and_limits_may_be_lists()
    {
        var (code, output, _) =
            await CliRunner.RunAsync(
                ["simulate", "--policy", "fifo,windows-xp", "--policy", "fair+give-up", "--limit", "10,20", "--seeds", "2", "--csv"]);
        Assert.Equal(0, code);
        Assert.Equal(1 + (3 * 2 * 2), output.TrimEnd().Split('\n').Length);
    }

    [Fact]
    public async Task A_recorded_run_is_lines_of_the_replay_format()
    {
        using var folder = new TemporaryFolder();
        var record = folder.File("run.jsonl");
        var (code, _, _) = await CliRunner.RunAsync(["simulate", "--policy", "windows-xp", "--limit", "10", "--record", record]);
        Assert.Equal(0, code);
        var last = 0.0;
        foreach (var line in await File.ReadAllLinesAsync(record, TestContext.Current.CancellationToken))
        {
            using var json = JsonDocument.Parse(line);
            Assert.True(json.RootElement.GetProperty("t").GetDouble() >= last);
            last = json.RootElement.GetProperty("t").GetDouble();
        }

        Assert.True(last > 590_000);
        var (again, output, error) = await CliRunner.RunAsync(["simulate", "--replay", record, "--policy", "windows-xp", "--limit", "10"]);
        Assert.Equal((0, ""), (again, error));
        Assert.Contains("every check held", output, StringComparison.Ordinal);
        (again, output, _) = await CliRunner.RunAsync(["replay", "--policy", "windows-xp", "--limit", "10", record]);
        Assert.Equal(0, again);
        Assert.Equal((await File.ReadAllLinesAsync(record, TestContext.Current.CancellationToken)).Length,
            output.TrimEnd().Split('\n').Length);
    }

    [Fact]
    public async Task A_trace_that_cannot_be_replayed_is_wrong_usage()
    {
        using var folder = new TemporaryFolder();
        var trace = folder.File("bad.jsonl");
        await File.WriteAllTextAsync(trace, "{\"t\":1}\n{\"t\":0}\n", TestContext.Current.CancellationToken);
        var (code, _, error) = await CliRunner.RunAsync(["simulate", "--replay", trace, "--policy", "fair", "--limit", "10"]);
        Assert.Equal(2, code);
        Assert.Contains("bad.jsonl:2: \"t\" is 0 after 1", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("freeze")]
    [InlineData("outbreak")]
    public async Task A_shipped_scenario_can_be_printed_changed_and_run(string name)
    {
        using var folder = new TemporaryFolder();
        var (_, json, _) = await CliRunner.RunAsync(["simulate", "--show", name]);
        var file = folder.File("my.json");
        await File.WriteAllTextAsync(file, json.Replace("\"hosts\": 100000", "\"hosts\": 1000", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        var (code, output, _) = await CliRunner.RunAsync(["simulate", "--scenario", file, "--policy", "windows-xp", "--limit", "10"]);
        Assert.Equal(0, code);
        Assert.Contains("windows-xp", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--policy", "fare")]
    [InlineData("--limit", "0")]
    [InlineData("--limit", "10:x")]
    [InlineData("--seed", "-1")]
    [InlineData("--seeds", "0")]
    [InlineData("--scenario", "no-such-thing")]
    [InlineData("--scenario", "/")]
    [InlineData("--hosts", "5")]
    [InlineData("--nat-budget", "-1")]
    [InlineData("--plot", "/no/such/folder/x.svg")]
    [InlineData("--record", "/no/such/folder/x.jsonl")]
    [InlineData("--show", "nothing")]
    public async Task Wrong_usage_is_one_line_and_exit_code_2(string flag, string value)
    {
        var (code, output, error) = await CliRunner.RunAsync(["simulate", flag, value]);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Give_up_without_fair_is_wrong_usage()
    {
        var (code, _, error) = await CliRunner.RunAsync(["simulate", "--policy", "fifo", "--give-up"]);
        Assert.Equal(2, code);
        Assert.Contains("fair", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_shipped_scenarios_are_listed()
    {
        var (code, output, _) = await CliRunner.RunAsync(["simulate", "--list"]);
        Assert.Equal(0, code);
        Assert.All(new[] { "freeze", "nat", "crawler", "outbreak", "innocent" }, n => Assert.Contains(n, output, StringComparison.Ordinal));
    }

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("halfopen-simulate-");

        public string File(string name) => Path.Combine(_folder.FullName, name);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
