using HalfOpen.Core;
using HalfOpen.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>One program's bad luck, or one user's many names, beside another user's page. Real programs.</summary>
public sealed class StormTests
{
    private const uint Ann = 42_001;
    private const uint Bob = 42_002;

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void A_known_host_that_falls_silent_freezes_nobody_else(int limit)
    {
        Needs.Root();
        Needs.Program("/usr/bin/python3", "python3");
        using var network = new TestNetwork();
        network.Listen(80);
        using var load = new Load(network.Machine);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = limit, Outcomes = OutcomeChoice.Bpf });
        File.WriteAllText(Path.Combine(load.Folder, "storm.py"), """
            import select, socket
            out = {}
            poll = select.poll()
            while True:
                while len(out) < 1000:
                    s = socket.socket(); s.setblocking(False)
                    s.connect_ex(("10.78.250.9", 80))
                    out[s.fileno()] = s
                    poll.register(s, select.POLLOUT)
                for f, _ in poll.poll(1000):
                    poll.unregister(f)
                    out.pop(f).close()
            """);
        load.As(Bob, "/usr/bin/python3", "storm.py");
        guard.Until(s => s.Totals.Established > 2_000, "the host answers");
        network.Internet.Run(() => Shell.Run("ip route add blackhole 10.78.250.9 table local"));
        var status = guard.Until(s => s.HalfOpen >= limit && s.Waiting > 500, "it has fallen silent");
        for (var page = 0; page < 5; page++)
        {
            var (connected, ms) = load.Page(Ann, patienceMs: 10_000);
            TestContext.Current.SendDiagnosticMessage($"limit {limit}: {connected} of 30 in {ms} ms, {status.HalfOpen} half-open");
            Assert.Equal(30, connected);
            Thread.Sleep(500); // more of them become late
            status = guard.Until(s => s.Waiting > 500, "they wait");
            Assert.InRange(status.Counted, 0, limit);
            Assert.InRange(status.HalfOpen - status.Counted, 0, Math.Max(64, 2 * limit));
        }
    }

    /// <summary>
    /// The storm went on while no guard was there (it was killed, or is just being tried): more is half-open than the
    /// limit allows, for two minutes. The same where the limit is lowered.
    /// </summary>
    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void A_guard_that_comes_into_a_storm_freezes_nobody(int limit)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var load = new Load(network.Machine);
        load.As(Bob, Path.Combine(load.Folder, "load"), "dead", "1000", "1");
        Assert.True(SpinWait.SpinUntil(() => HalfOpenIn(network) >= 1_000, TimeSpan.FromSeconds(20)), "a storm");
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = limit, Outcomes = OutcomeChoice.Bpf });
        guard.Until(s => s.Counters.Adopted >= 1_000, "it finds what is half-open");
        Pages(load, guard, limit);
        guard.Session.SetLimit(3);
        guard.Until(s => s.Limit == 3, "the limit is lower");
        Pages(load, guard, 3);
    }

    private static int HalfOpenIn(TestNetwork network)
    {
        Thread.Sleep(200);
        return int.Parse(network.Machine.Run(() => Shell.Run("ss -Htn state syn-sent | wc -l")).Trim());
    }

    private static void Pages(Load load, RunningGuard guard, int limit)
    {
        for (var page = 0; page < 3; page++)
        {
            var (connected, ms) = load.Page(Ann, patienceMs: 10_000);
            var status = guard.Status;
            TestContext.Current.SendDiagnosticMessage(
                $"limit {limit}: {connected} of 30 in {ms} ms, {status.HalfOpen} half-open, {status.Counted} on slots");
            Assert.Equal(30, connected);
            Assert.InRange(status.Counted, 0, limit);
            Thread.Sleep(1_500); // what is out becomes late
        }
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(10, true)]
    [InlineData(100, false)]
    [InlineData(100, true)]
    public void Two_hundred_names_of_one_user_leave_another_users_page_alone(int limit, bool ownCgroups)
    {
        Needs.Root();
        Assert.SkipWhen(ownCgroups && Linux.Processes.ControlGroups.FindRoot() is null, "skipped: needs cgroup2");
        using var network = new TestNetwork();
        network.Listen(80);
        using var load = new Load(network.Machine);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = limit, Outcomes = OutcomeChoice.Bpf });
        load.Copies(Bob, 200, 5, ownCgroups);
        guard.Until(s => s.HalfOpen + s.Waiting == 1_000, "all wait or are out");
        for (var page = 0; page < 5; page++)
        {
            var (connected, ms) = load.Page(Ann, patienceMs: 10_000);
            TestContext.Current.SendDiagnosticMessage($"limit {limit}, own cgroups {ownCgroups}: {connected} of 30 in {ms} ms");
            Assert.Equal(30, connected);
        }
    }

    /// <summary>
    /// The swarm has all slots but the headroom, and a second program of the same user the headroom; all of it is
    /// silent for Linux' two minutes. Of ten connects of another user none came in 30 s (decision 38).
    /// </summary>
    [Theory]
    [InlineData(10, 39, 1, true)]
    [InlineData(10, 39, 1, false)]
    [InlineData(100, 390, 5, true)]
    public void A_second_silent_program_of_one_user_leaves_another_users_page_alone(int limit, int first, int second, bool lease)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var load = new Load(network.Machine);
        using var guard = new RunningGuard(
            network.Machine, new GuardOptions { Limit = limit, Outcomes = OutcomeChoice.Bpf, Lease = lease });
        load.As(Bob, load.Copy("swarm"), "dead", $"{first}", "1");
        guard.Until(s => s.HalfOpen + s.Waiting == first && s.HalfOpen >= limit - second, "the swarm has its slots");
        Thread.Sleep(2_000); // and is found out to be silent
        load.As(Bob, load.Copy("mail"), "dead", $"{second}", "1000");
        guard.Until(s => s.HalfOpen == limit, "the second program has the rest");
        for (var page = 0; page < 4; page++)
        {
            var (connected, ms) = load.Page(Ann, patienceMs: 10_000);
            var status = guard.Status;
            TestContext.Current.SendDiagnosticMessage(
                $"limit {limit}: {connected} of 30 in {ms} ms, {status.HalfOpen} half-open, {status.Counted} on slots");
            Assert.Equal(30, connected);
            Assert.InRange(status.Counted, 0, limit);
            Assert.InRange(status.HalfOpen, limit, limit + second);
            Thread.Sleep(500);
        }
    }

    /// <summary>
    /// One user, as on most machines: his swarm has the slots, two more of his programs are silent, and then he opens
    /// his browser. It got nothing before one of them gave up, after two minutes (decision 39).
    /// </summary>
    [Theory]
    [InlineData(10, 39, 1)]
    [InlineData(100, 390, 5)]
    public void A_browser_gets_through_beside_the_silent_programs_of_its_own_user(int limit, int swarm, int each)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var load = new Load(network.Machine);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = limit, Outcomes = OutcomeChoice.Bpf });
        load.As(Ann, load.Copy("swarm"), "dead", $"{swarm}", "1");
        guard.Until(s => s.HalfOpen + s.Waiting == swarm && s.HalfOpen >= limit - each, "the swarm has its slots");
        foreach (var (name, first) in (ReadOnlySpan<(string, int)>)[("mail", 1_000), ("chat", 2_000)])
        {
            Thread.Sleep(3_000); // what was there is found out to be silent
            load.As(Ann, load.Copy(name), "dead", $"{each}", $"{first}");
        }

        Thread.Sleep(3_000);
        var (connected, ms) = load.Page(Ann, patienceMs: 20_000);
        var status = guard.Status;
        TestContext.Current.SendDiagnosticMessage(
            $"limit {limit}: {connected} of 30 in {ms} ms, {status.HalfOpen} half-open, {status.Counted} on slots");
        Assert.Equal(30, connected);
        Assert.InRange(status.Counted, 0, limit);
        Assert.InRange(status.HalfOpen, limit - 1, limit + (limit / 2) + each);
        Assert.Equal(30, load.Page(Ann, patienceMs: 5_000).Connected);
    }

    /// <summary>
    /// A scanner does not buy itself more contacts by connecting to one friendly host all the time: it is given up as
    /// often as one without a friend, give or take, while the friend is reached.
    /// </summary>
    [Fact]
    public void Connects_to_one_friendly_host_buy_no_contacts_with_others()
    {
        Needs.Root();
        Needs.Program("/usr/bin/python3", "python3");
        Assert.True(PolicyTable.Shipped.TryParse("fair+give-up", out var policy, out _));
        using TestNetwork alone = new(), befriended = new();
        using Load without = new(alone.Machine), with = new(befriended.Machine);
        befriended.Listen(80);
        var options = new GuardOptions { Limit = 10, Outcomes = OutcomeChoice.Bpf, Policy = policy };
        using RunningGuard lone = new(alone.Machine, options), other = new(befriended.Machine, options);
        foreach (var (load, friends) in (ReadOnlySpan<(Load, bool)>)[(without, false), (with, true)])
        {
            File.WriteAllText(Path.Combine(load.Folder, "scan.py"), $$"""
                import itertools, socket, time
                kept = []
                for i in itertools.count():
                    s = socket.socket(); s.setblocking(False)
                    s.connect_ex((f"10.79.{i // 250 % 250}.{i % 250 + 1}", 80))
                    kept.append(s)
                    if len(kept) > 500:
                        kept.pop(0).close()
                    if {{(friends ? "True" : "False")}}:
                        with socket.socket() as friend:
                            friend.settimeout(5)
                            try:
                                friend.connect(("10.78.250.9", 80))
                            except OSError:
                                pass # it ends each connection with a reset
                    time.sleep(0.01)
                """);
            load.As(Bob, "/usr/bin/python3", "scan.py");
        }

        Thread.Sleep(20_000);
        var (given, bought, reached) = (lone.Status.Counters.GivenUp, other.Status.Counters.GivenUp, other.Status.Totals.Established);
        TestContext.Current.SendDiagnosticMessage($"given up {given}, with a friend {bought}, who was reached {reached} times");
        Assert.True(reached > 200, $"the friend was reached {reached} times");
        Assert.True(bought <= (2 * given) + 10, $"given up {given} times without a friend, {bought} times with one");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    public void Where_ipv6_is_broken_curl_gets_every_name_over_ipv4(int limit)
    {
        Needs.Root();
        Needs.Program("/usr/bin/curl", "curl");
        using var network = new TestNetwork();
        network.Listen(80, reset: false);
        using var load = new Load(network.Machine);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = limit, Outcomes = OutcomeChoice.Bpf });
        load.As(Bob, Path.Combine(load.Folder, "load"), "dead", "300", "1"); // for two minutes each: Linux' own time-out
        guard.Until(s => s.HalfOpen + s.Waiting == 300 && s.HalfOpen >= limit - 1, "the swarm has its slots");
        Thread.Sleep(2_000); // and is found out to be silent
        for (var name = 1; name <= 6; name++)
        {
            // The listener closes what it accepts: curl's own exit code says nothing here, the address it reached does.
            var reached = network.Machine.Run(() => Shell.Run(
                $"curl -s -o /dev/null -w '%{{remote_ip}}' --connect-timeout 5 --resolve n{name}.test:80:[fd79::{name}],10.78.1.{name} "
                + $"http://n{name}.test/ || true"));
            Assert.Equal($"10.78.1.{name}", reached.Trim());
        }
    }
}
