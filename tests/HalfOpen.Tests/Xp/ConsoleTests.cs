using System.Text.Json;
using HalfOpen.Tests.Cli;
using HalfOpen.Tests.Windows;
using HalfOpen.Xp.Commands;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Network;
using Xunit;

namespace HalfOpen.Tests.Xp;

/// <summary>HalfOpen.exe as a console program: what it prints, and its exit codes.</summary>
public sealed class ConsoleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new TemporaryFolder().WithXp();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Inspect_shows_the_limit_the_copies_and_the_evidence()
    {
        var (code, output, error) = Run("/inspect");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("Windows XP SP3", output, StringComparison.Ordinal);
        Assert.Contains("may have 10 connection attempts", output, StringComparison.Ordinal);
        Assert.Equal(4, output.Split("  Evidence     9/9").Length - 1);
        Assert.DoesNotContain("Evidence", Run("/inspect /quiet").Out, StringComparison.Ordinal);
        Assert.Contains("Verbindungsversuche", Run("/inspect /language de").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Patch_asks_writes_and_says_what_comes_next()
    {
        var before = _folder.Snapshot();
        Assert.Equal(2, Run("/patch").Code);
        Assert.Equal(1, Run("/patch", input: "n\n").Code);
        Assert.Equal(0, Run("/patch /dryrun").Code);
        _folder.AssertUnchanged(before);
        var (code, output, error) = Run("/patch 250", input: "y\n");
        Assert.True(code == 0, error);
        Assert.Contains("10 -> 250", output, StringComparison.Ordinal);
        Assert.Contains("\"Windows File Protection\" may appear", output, StringComparison.Ordinal); // the running Windows
        Assert.Contains("Restart Windows", output, StringComparison.Ordinal);
        Assert.Contains("already at 250", Run("/patch 250 /quiet").Out, StringComparison.Ordinal);
        Assert.Equal(0, Run("/restore", input: "ja\n").Code);
        _folder.AssertUnchanged(before);
        Assert.Equal(1, Run("/restore /quiet").Code); // nothing to give back
    }

    [Fact]
    public void Mistakes_and_refusals_are_one_line_and_a_number()
    {
        AssertFails(2, "no such folder", Run("/inspect /windows " + _folder.In("nowhere")));
        AssertFails(2, "has no system32", Run("/inspect /windows " + _folder.In("WINDOWS", "ServicePackFiles")));
        AssertFails(2, "this is no Windows", Run("/patch /quiet", new FakeMachine()));
        AssertFails(1, "only administrators", Run("/patch /quiet", Running(isAdministrator: false)));
        AssertFails(1, "runs with 32 bits", Run("/inspect", Running(isRedirected: true)));
        Assert.Equal(0, Run("/inspect", Running(isAdministrator: false)).Code); // looking is for everybody
        File.Delete(_folder.In("WINDOWS", "system32", "drivers", "tcpip.sys"));
        File.WriteAllBytes(_folder.In("WINDOWS", "system32", "drivers", "tcpip.sys"), [1, 2, 3]);
        var before = _folder.Snapshot();
        AssertFails(1, "nothing is written: system32\\drivers\\tcpip.sys: not a readable driver", Run("/patch /quiet"));
        _folder.AssertUnchanged(before);
        Directory.Delete(_folder.Path, recursive: true);
        Directory.CreateDirectory(_folder.In("WINDOWS", "system32"));
        AssertFails(1, "no tcpip.sys", Run("/patch /quiet"));
        Assert.Equal(1, Run("/inspect").Code);
    }

    [Fact]
    public void Why_gives_a_verdict_and_the_programs()
    {
        var machine = Running(connections: 12);
        var (code, output, _) = Run("/why", machine);
        Assert.Equal(1, code); // the limit was found to hurt
        Assert.Contains("Yes, the limit hurts now: 12 attempts", output, StringComparison.Ordinal);
        Assert.Contains("     8  program7 (7)", output, StringComparison.Ordinal);
        Assert.Equal(0, Run("/why", Running(connections: 2)).Code);
        using var json = JsonDocument.Parse(Run("/why /json", machine).Out);
        string Field(string name) => json.RootElement.GetProperty(name).ToString();
        Assert.Equal(("now", "12", "10"), (Field("blame"), Field("halfOpen"), Field("limitInForce")));
    }

    /// <summary>
    /// After a patch Windows works with the old limit until its restart, and the verdict counts with that one.
    /// </summary>
    [Fact]
    public void Until_the_restart_the_old_limit_counts()
    {
        Run("/patch 100 /quiet");
        Assert.Equal(1, Run("/why", Running(connections: 12, startedUtc: DateTime.UtcNow.AddHours(-1))).Code);
        Assert.Equal(0, Run("/why", Running(connections: 12, startedUtc: DateTime.UtcNow.AddHours(1))).Code);
        var machine = Running(startedUtc: DateTime.UtcNow.AddHours(-1));
        Assert.True(Overview.Read(Workplace.Open(DiskSteps.OfThisSystem(), machine, null), machine).Limit.NeedsRestart);
    }

    /// <summary>
    /// The documents are a part of those of the Linux program: every field that ours has is there too, with the same
    /// value.
    /// </summary>
    [Theory]
    [InlineData("inspect")]
    [InlineData("patch")]
    [InlineData("restore")]
    public async Task Documents_are_those_of_the_Linux_program(string verb)
    {
        if (verb == "restore")
        {
            Run("/patch /quiet");
        }

        string[] dryRun = verb == "inspect" ? [] : ["--dry-run"];
        var linux = await CliRunner.RunAsync([verb, _folder.Windows(), "--json", .. dryRun]);

        // The Linux program would know the product type from a hive, and there is none here: so this machine is
        // another.
        var ours = Run($"/{verb} /json" + (verb == "inspect" ? "" : " /dryrun") + " /windows " + _folder.Windows(), new FakeMachine());
        Assert.Equal(linux.Code, ours.Code);
        using var theirDocument = JsonDocument.Parse(linux.Out);
        using var ourDocument = JsonDocument.Parse(ours.Out);
        AssertPart(ourDocument.RootElement, theirDocument.RootElement, "$");
    }

    private static void AssertPart(JsonElement ours, JsonElement theirs, string where)
    {
        string[] onlyOurs = ["limitAtRestart", "waitingForRestart"];
        Assert.Equal(theirs.ValueKind, ours.ValueKind);
        switch (ours.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in ours.EnumerateObject().Where(p => !onlyOurs.Contains(p.Name)))
                {
                    Assert.True(theirs.TryGetProperty(property.Name, out var their), where + "." + property.Name);
                    AssertPart(property.Value, their, where + "." + property.Name);
                }

                break;
            case JsonValueKind.Array:
                Assert.Equal(theirs.GetArrayLength(), ours.GetArrayLength());
                var pairs = ours.EnumerateArray().Zip(theirs.EnumerateArray());
                Assert.All(pairs, (pair, i) => AssertPart(pair.First, pair.Second, $"{where}[{i}]"));
                break;
            default:
                Assert.True(theirs.ToString() == ours.ToString(), $"{where}: {theirs} and {ours}");
                break;
        }
    }

    private static void AssertFails(int code, string text, (int Code, string Out, string Error) run)
    {
        Assert.Equal(code, run.Code);
        Assert.StartsWith("HalfOpen: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(text, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    private FakeMachine Running(bool isAdministrator = true, bool isRedirected = false, int connections = 0,
        DateTime? startedUtc = null) => new()
    {
        WindowsFolder = _folder.Windows(),
        IsAdministrator = isAdministrator,
        IsRedirected = isRedirected,
        Connections = [.. Enumerable.Range(0, connections)
            .Select(i => new HalfOpenSocket(i % 3 == 2 ? 9 : 7, System.Net.IPAddress.Loopback, i))],
        Log = startedUtc is null ? [] : [new LogEntry("EventLog", 6005, startedUtc.Value)],
    };

    private (int Code, string Out, string Error) Run(string line, IMachine? machine = null, string input = "")
    {
        var output = new StringWriter();
        var error = new StringWriter();
        string[] language = line.Contains("/language", StringComparison.Ordinal) ? [] : ["/language", "en"];
        try
        {
            var request = Request.Parse([.. line.Split(' '), .. language]);
            var disk = DiskSteps.OfThisSystem();
            var run = new ConsoleRun(disk, machine ?? Running(), new StringReader(input), output, error, "0.1.0", new LiftWatch());
            return (run.Execute(request), output.ToString(), error.ToString());
        }
        catch (UsageException e)
        {
            return (2, output.ToString(), "HalfOpen: " + e.Problem);
        }
    }
}
