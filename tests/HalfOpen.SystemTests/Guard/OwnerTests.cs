using System.Text.Json.Nodes;
using HalfOpen.Guard;
using HalfOpen.Linux.Processes;
using HalfOpen.Simulation.Results;
using HalfOpen.SystemTests.Control;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>Whose attempts they are, with real programs of real users.</summary>
public sealed class OwnerTests : IDisposable
{
    private const uint Ann = 42_001;
    private const uint Bob = 42_002;

    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    [Theory]
    [InlineData(OutcomeChoice.Bpf)]
    [InlineData(OutcomeChoice.Nflog)]
    public void Two_scripts_of_one_user_are_two_programs_of_one_owner(OutcomeChoice outcomes)
    {
        Needs.Root();
        Needs.Program("/usr/bin/python3", "python3");
        using var network = new TestNetwork();
        using var load = new Load(network.Machine);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = 100, Outcomes = outcomes });
        foreach (var (script, host) in (ReadOnlySpan<(string, int)>)[("swarm.py", 1), ("browser.py", 100)])
        {
            // More and more of them: who has to look for the process finds it in time, sooner or later.
            File.WriteAllText(Path.Combine(load.Folder, script), $$"""
                import socket, time
                kept = []
                for i in range(100):
                    s = socket.socket(); s.setblocking(False)
                    s.connect_ex(("10.79.1.%d" % ({{host}} + i), 80))
                    kept.append(s)
                    time.sleep(0.3)
                time.sleep(600)
                """);
            load.As(Ann, "/usr/bin/python3", "-u", script);
        }

        var status = guard.Until(s => Has(s, " swarm.py") && Has(s, " browser.py"), "both are told apart");
        Assert.Equal("user 42001", Assert.Single(status.Owners).Name);
        Assert.All(status.Programs, p => Assert.Equal("user 42001", p.Owner));

        static bool Has(GuardStatus status, string script) =>
            status.Programs.Any(p => p.HalfOpen >= 4 && p.Name.EndsWith(script, StringComparison.Ordinal));
    }

    [Fact]
    public void Two_hundred_copies_of_one_user_are_one_owner_beside_another()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var load = new Load(network.Machine);
        using var guard = new GuardProcess(network.Machine, _folder, ["--limit", "100"]);
        load.Copies(Bob, 200, 5);
        load.As(Ann, Path.Combine(load.Folder, "load"), "dead", "2", "50000");
        GuardVerbTests.Until(guard, s => s["halfOpen"]!.GetValue<int>() + s["waiting"]!.GetValue<int>() == 1_002);
        var status = GuardVerbTests.Status(guard);
        Assert.Equal("owner", status["shareBy"]!.GetValue<string>());
        var owners = status["owners"]!.AsArray().ToDictionary(o => o!["name"]!.GetValue<string>(), o => o!["programs"]!.GetValue<int>());
        Assert.Equal(new Dictionary<string, int> { ["user 42001"] = 1, ["user 42002"] = 200 }, owners);

        // The one of another user has its line, however many the other has.
        Assert.Contains(status["programs"]!.AsArray(), p => Is(p!, "user 42001", "/load"));
        Assert.Equal(201, status["programs"]!.AsArray().Count + status["otherPrograms"]!.GetValue<int>());
        var text = guard.Run("status").Out;
        Assert.Contains("\nuser 42001 ", text, StringComparison.Ordinal);
        Assert.Contains("\nuser 42002 ", text, StringComparison.Ordinal);
        Assert.Contains("more programs\n", text, StringComparison.Ordinal);

        var (connected, ms) = load.Page(Ann, patienceMs: 3_000);
        TestContext.Current.SendDiagnosticMessage($"page beside 200 copies of another user: {connected} of 30 in {ms} ms");
        Assert.True(connected == 30, $"{connected} of 30 in {ms} ms; then: {guard.Run("status").Out}");
    }

    [Fact]
    public void Cgroups_of_one_user_are_programs_and_one_owner()
    {
        Needs.Root();
        Assert.SkipWhen(ControlGroups.FindRoot() is null, "skipped: needs cgroup2");
        using var network = new TestNetwork();
        using var load = new Load(network.Machine);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = 10, Outcomes = OutcomeChoice.Bpf });
        load.Copies(Bob, 20, 2, ownCgroups: true);
        var status = guard.Until(s => s.HalfOpen + s.Waiting == 40, "all wait or are out");
        Assert.Equal(("user 42002", 20), (Assert.Single(status.Owners).Name, status.Owners[0].Programs));
        Assert.All(status.Programs, p => Assert.Matches(@"/copy-(\d+) \(copy-\1\)$", p.Name));
    }

    [Fact]
    public void Executables_that_live_for_one_attempt_are_programs_of_one_owner()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var load = new Load(network.Machine);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = 10, Outcomes = OutcomeChoice.Bpf });
        load.OneShots(Bob, 300);
        var status = guard.Until(s => s.Totals.Submitted >= 100 && s.Waiting > 10, "some wait");
        Assert.Equal("user 42002", Assert.Single(status.Owners).Name);
        Assert.All(status.Programs, p => Assert.Matches(@"/shot-\d+$|^unknown program$", p.Name));
        Assert.True(status.Programs.Count > 10, $"{status.Programs.Count} programs");
        status = guard.Until(s => s.Totals.Submitted == 300 && s.HalfOpen + s.Waiting == 0, "all are over");
        Assert.Empty(status.Owners);
    }

    /// <summary>
    /// Jain's index of the slots held over 100 looks, 1 when all hold the same: over users with 1, 4 and 16 programs
    /// that all want more than there is, and over the programs of one.
    /// </summary>
    [Fact]
    public void Owners_hold_equal_shares_and_so_do_the_programs_of_each()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var load = new Load(network.Machine);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = 100, Outcomes = OutcomeChoice.Bpf });
        foreach (var (user, programs) in (ReadOnlySpan<(uint, int)>)[(Ann, 1), (Bob, 4), (Bob + 1, 16)])
        {
            load.Churns(user, programs, 160 / programs, 700);
        }

        guard.Until(s => s.Programs.Count + s.OtherPrograms == 21 && s.Owners.Count == 3 && s.Waiting > 100, "all are there");
        Dictionary<string, double> owners = [], programs16 = [];
        for (var look = 0; look < 100; look++)
        {
            Thread.Sleep(100);
            var status = guard.Status;
            foreach (var owner in status.Owners)
            {
                owners[owner.Name] = owners.GetValueOrDefault(owner.Name) + owner.Counted;
            }

            foreach (var program in status.Programs.Where(p => p.Owner == $"user {Bob + 1}"))
            {
                programs16[program.Name] = programs16.GetValueOrDefault(program.Name) + program.Counted;
            }
        }

        var (overOwners, overPrograms) = (Quantiles.Jain([.. owners.Values]), Quantiles.Jain([.. programs16.Values]));
        TestContext.Current.SendDiagnosticMessage($"Jain over owners {overOwners:0.000}, over 16 programs {overPrograms:0.000}");
        Assert.Equal((3, 16), (owners.Count, programs16.Count));
        Assert.True(overOwners >= 0.95 && overPrograms >= 0.95, $"Jain over owners {overOwners}, over 16 programs {overPrograms}: "
            + string.Join(", ", owners.Concat(programs16).Select(o => $"{o.Key} {o.Value / 100}")));
    }

    [Fact]
    public void Slots_are_shared_by_program_where_one_says_so_and_a_reload_changes_it()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var load = new Load(network.Machine);
        var config = Path.Combine(_folder, "guard.conf");
        File.WriteAllText(config, "share-by = program\n");
        using var guard = new GuardProcess(network.Machine, _folder, ["--config", config]);
        load.As(Ann, Path.Combine(load.Folder, "load"), "dead", "2", "1");
        load.As(Bob, Path.Combine(load.Folder, "load"), "dead", "2", "11");
        GuardVerbTests.Until(guard, s => s["halfOpen"]!.GetValue<int>() == 4);
        var status = GuardVerbTests.Status(guard);
        Assert.Empty(status["owners"]!.AsArray());
        Assert.Equal(4, Assert.Single(status["programs"]!.AsArray())!["halfOpen"]!.GetValue<int>());
        Assert.Equal("program", status["shareBy"]!.GetValue<string>());

        File.WriteAllText(config, "share-by = owner\n");
        Assert.Equal(0, guard.Run("reload").Code);
        load.As(Ann, Path.Combine(load.Folder, "load"), "dead", "2", "21");
        load.As(Bob, Path.Combine(load.Folder, "load"), "dead", "2", "31");
        GuardVerbTests.Until(guard, s => s["owners"]!.AsArray().Count(o => o!["halfOpen"]!.GetValue<int>() == 2) == 2);
        File.WriteAllText(config, "share-by = everybody\n");
        Assert.Contains("give owner or program", guard.Run("reload").Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static bool Is(JsonNode program, string owner, string end) => program["owner"]!.GetValue<string>() == owner
        && program["name"]!.GetValue<string>().EndsWith(end, StringComparison.Ordinal);
}
