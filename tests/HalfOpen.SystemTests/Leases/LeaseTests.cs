using System.Net.Sockets;
using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Rules;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Leases;

/// <summary>A guard whose slots are on lease to the kernel while they are plenty.</summary>
public sealed class LeaseTests
{
    private static readonly GuardOptions Quick = new()
        { Limit = 20, Lease = true, Outcomes = OutcomeChoice.Bpf, ReconcileEvery = TimeSpan.FromMilliseconds(200) };

    [Fact]
    public void While_slots_are_plenty_no_syn_comes_to_the_guard_and_yet_it_knows_all()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = Start(network, Quick);
        guard.Until(s => s.Lease.Free == 10, "slots are leased");
        for (var i = 1; i <= 200; i++)
        {
            using var socket = network.Connect($"10.78.{i}.1", i % 4 == 0 ? 81 : 80);
            Assert.True(socket.Poll(5_000_000, i % 4 == 0 ? SelectMode.SelectError : SelectMode.SelectWrite));
        }

        using var silent = network.Connect("10.79.0.1", 80);
        var status = guard.Until(s => s.Totals.Submitted == 201, "it knows of all");
        Assert.Equal((0, 201), (status.Counters.Syns, status.Lease.Started));
        Assert.Equal((150, 50), (status.Totals.Established, status.Totals.Refused));
        Assert.Equal((1, 1, 0, 9), (status.Counted, status.HalfOpen, status.Waiting, status.Lease.Free));
        var program = Assert.Single(status.Programs);
        Assert.Contains("/", program.Name, StringComparison.Ordinal);
        Assert.Equal((1, 1), (program.HalfOpen, program.Counted));
    }

    /// <summary>Counted by what reaches the internet: more SYNs than the limit never do.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    public void A_swarm_gets_no_more_than_without_leases(int limit)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Internet.Run(() => Shell.Run("""
            nft -f - <<'END'
            table ip watch {
              set seen { type ipv4_addr . inet_service; flags dynamic; size 65535; }
              chain in {
                type filter hook prerouting priority -300;
                ip daddr 10.79.0.0/16 tcp flags & (syn | ack) == syn add @seen { ip daddr . tcp sport }
              }
            }
            END
            """));
        using var guard = Start(network, Quick with { Limit = limit });
        guard.Until(s => s.Lease.Free == limit / 2, "slots are leased");
        List<Socket>[] swarms = [.. Enumerable.Range(0, 3).AsParallel().Select(n =>
            Enumerable.Range(1, 60).Select(i => network.Connect($"10.79.{n}.{i}", 80)).ToList())];
        var status = guard.Until(s => s.Waiting + s.HalfOpen == 180, "the swarms are there");
        Assert.InRange(status.Counted, limit - 1, limit);
        Assert.Equal((status.Counted, 0), (status.HalfOpen, status.Lease.Free));
        Assert.Equal(status.Counted, Seen());
        Thread.Sleep(1500); // SYNs are sent again; still of the same sockets
        Assert.Equal(status.Counted, Seen());
        Array.ForEach(swarms, swarm => swarm.ForEach(s => s.Dispose()));
        guard.Until(s => s is { Waiting: 0, HalfOpen: 0 } && s.Lease.Free == limit / 2, "all is leased again");

        int Seen() => network.Internet.Run(() => Shell.Run("nft list set ip watch seen")).Split('.').Length / 4;
    }

    /// <summary>The swarm is a program of its own: another one's attempt gets the headroom, at once.</summary>
    [Fact]
    public void The_headroom_is_not_leased()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        using var guard = Start(network, Quick);
        guard.Until(s => s.Lease.Free == 10, "slots are leased");
        var swarm = Enumerable.Range(1, 60).Select(i => network.Connect($"10.79.0.{i}", 80)).ToList();
        guard.Until(s => s.Waiting + s.HalfOpen == 60, "the swarm is there");
        network.Machine.Run(() => Shell.Run(
            "c=0; curl -s -o /dev/null --max-time 1 http://10.78.0.9:8080/ || c=$?; case $c in 0|52|56) ;; *) echo curl says $c "
            + ">&2; exit 1 ;; esac"));
        swarm.ForEach(s => s.Dispose());
    }

    /// <summary>Its slot is freed once at its end, by the guard.</summary>
    [Fact]
    public void A_silent_attempt_does_not_stay_on_lease()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = Start(network, Quick);
        guard.Until(s => s.Lease.Free == 10, "slots are leased");
        var silent = Enumerable.Range(1, 3).Select(i => network.Connect($"10.79.0.{i}", 80)).ToList();
        var status = guard.Until(s => s.Totals.Submitted == 3 && s.Lease.Out == 0, "they are the guard's");
        Assert.Equal((3, 3, 3L, 7), (status.HalfOpen, status.Counted, status.Lease.Started, status.Lease.Free));
        silent.ForEach(s => s.Dispose());
        status = guard.Until(s => s is { HalfOpen: 0, Counted: 0, Lease.Free: 10 }, "their slots are back");
        Assert.Equal((0, 3), (status.Reconciliation.SlotsRecovered, status.Totals.Cancelled));
        for (var i = 1; i <= 30; i++)
        {
            using var socket = network.Connect($"10.78.{i}.1", 80);
            Assert.True(socket.Poll(5_000_000, SelectMode.SelectWrite));
        }

        guard.Until(s => s is { HalfOpen: 0, Counted: 0, Lease.Free: 10 }, "nothing is returned twice");
    }

    /// <summary>Beyond the leased slots known destinations start without one, as ever; a dead one is counted.</summary>
    [Fact]
    public void Known_destinations_pass_beside_the_lease()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = Start(network, Quick with { Limit = 4 });
        for (var round = 0; round < 20; round++)
        {
            var sockets = Enumerable.Range(1, 30).Select(_ => network.Connect("10.78.0.1", 80)).ToList();
            Assert.All(sockets, s => Assert.True(s.Poll(5_000_000, SelectMode.SelectWrite)));
            sockets.ForEach(s => s.Dispose());
        }

        var status = guard.Until(s => s.Totals.Established == 600, "all are known");
        Assert.True(status.Lease.Started > 20, $"{status.Lease}");
    }

    [Fact]
    public void What_is_exempt_keeps_no_slot()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        Assert.True(Exemption.TryParse("to:10.79.0.0/16", out var exempt, out _));
        using var guard = Start(network, Quick with { Exemptions = [exempt] });
        guard.Until(s => s.Lease.Free == 10, "slots are leased");
        var silent = Enumerable.Range(1, 200).Select(i => network.Connect($"10.79.0.{i}", 80)).ToList();
        guard.Until(s => s.Lease.Free == 10 && s is { HalfOpen: 0, Counted: 0 }, "their slots are back");
        using var other = network.Connect("10.78.0.1", 80);
        Assert.True(other.Poll(1_000_000, SelectMode.SelectWrite));
        silent.ForEach(s => s.Dispose());
        guard.Until(s => s.Lease.Free == 10, "nothing is returned twice");
    }

    [Theory]
    [InlineData("fifo", "policy")]
    [InlineData("windows-xp", "policy")]
    public void Policies_that_must_see_each_attempt_lease_nothing(string policy, string why)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = Start(network, Quick with { Policy = PolicyTable.Shipped.Find(policy)!.Default });
        using var socket = network.Connect("10.78.0.1", 80);
        Assert.True(socket.Poll(5_000_000, SelectMode.SelectWrite));
        var status = guard.Until(s => s.Totals.Established == 1, "it is known");
        Assert.Equal((1, 0, false), (status.Counters.Syns, status.Lease.Started, status.Lease.InUse));
        Assert.Contains(why, status.Lease.Problem, StringComparison.Ordinal);
        guard.Session.Reload(guard.Session.Options with { Policy = new FairOptions() });
        guard.Until(s => s.Lease is { Free: 10, InUse: true }, "fair leases");
        guard.Session.Reload(guard.Session.Options with { Limit = 5 });
        guard.Until(s => s.Lease.Free == 2, "a smaller limit");
        guard.Session.Reload(guard.Session.Options with { Policy = PolicyTable.Shipped.Find(policy)!.Default });
        guard.Until(s => s.Lease is { Free: 0, InUse: false }, "nothing is leased");
    }

    [Fact]
    public void With_rules_of_iptables_or_switched_off_nothing_is_leased()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using (var guard = new RunningGuard(network.Machine, Quick))
        {
            Assert.Contains("rules", guard.Status.Lease.Problem, StringComparison.Ordinal);
        }

        using var off = Start(network, Quick with { Lease = false });
        Assert.Equal("switched off", off.Status.Lease.Problem);
    }

    [Theory]
    [InlineData(40_000, 200)]
    [InlineData(20_000, 20)]
    public void After_random_lives_all_slots_are_back(int attempts, int limit)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = Start(network, Quick with { Limit = limit });
        network.Machine.Run(() => Churn.Run(attempts, open: limit * 3, seed: attempts));
        var status = guard.Until(s => s.HalfOpen == 0 && s.Waiting == 0 && s.Reconciliation is { Known: 0, KernelSynSent: 0 }
            && s.Lease.Free == limit / 2, "nothing is left");
        Assert.True(status.Lease.Started > 0, status.Lease.ToString());

        // On a slow machine (in an emulator) more may happen than fits into the ring; it is found all the same.
        var (recovered, lost) = (status.Reconciliation.SlotsRecovered + status.Reconciliation.HeldRecovered, status.Counters.EventsLost);
        TestContext.Current.SendDiagnosticMessage(
            $"{attempts} attempts at limit {limit}: {lost} events lost, {recovered} found by comparison");
        Assert.InRange(recovered, 0, lost);
        var t = status.Totals;
        Assert.Equal(t.Submitted - t.Rejected, t.Established + t.Refused + t.Reset + t.TimedOut + t.Unreachable + t.Cancelled);
    }

    private static RunningGuard Start(TestNetwork network, GuardOptions options) =>
        new(network.Machine, options, new ThrowawayRules(RuleBackend.Nft));
}
