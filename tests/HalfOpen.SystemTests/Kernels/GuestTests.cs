using HalfOpen.Core;
using System.Net.Sockets;
using HalfOpen.Guard;
using HalfOpen.Guard.Rules;
using HalfOpen.SystemTests.Control;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Kernels;

/// <summary>
/// What must hold on every kernel that we say we support. Run inside QEMU by <c>./test kernels</c>, which boots
/// Debian's kernels; not with the other tests, since those run on one kernel only.
/// </summary>
public sealed class GuestTests
{
    /// <summary>The first kernel whose sock_ops programs can tell network namespaces apart.</summary>
    private static readonly Version FirstWithBpf = new(5, 15);

    internal static bool HasBpf => Environment.OSVersion.Version >= FirstWithBpf;

    [Theory(Explicit = true)]
    [InlineData(RuleBackend.Nft)]
    [InlineData(RuleBackend.Iptables)]
    public void Attempts_are_held_released_and_the_rules_go(RuleBackend backend)
    {
        using var network = new TestNetwork();
        network.Listen(80);
        using var rules = new GuardRules(backend);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = 2, Policy = new FifoOptions() }, rules);
        using var first = network.Connect("10.79.0.1", 80);
        using var second = network.Connect("fd79::1", 80);
        guard.Until(s => s.HalfOpen == 2, "both silent ones are out");
        using var third = network.Connect("10.78.0.1", 80);
        using var fourth = network.Connect("fd78::1", 81);
        guard.Until(s => s.Waiting == 2, "two wait");
        Assert.False(third.Poll(200_000, SelectMode.SelectWrite));
        first.Dispose();
        Assert.True(third.Poll(20_000_000, SelectMode.SelectWrite));
        Assert.True(fourth.Poll(20_000_000, SelectMode.SelectError));
        var status = guard.Until(s => s is { Waiting: 0, HalfOpen: 1 }, "one is out");
        Assert.Equal((1, 1, 0), (status.Totals.Established, status.Totals.Refused, status.Counters.Malformed));
        guard.Stop();
        Assert.DoesNotContain("halfopen", Ruleset(network), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>In automatic choice: BPF with the program, or a line that says what is missing.</summary>
    [Fact(Explicit = true)]
    public void Outcomes_come_from_bpf_with_the_program_or_it_is_said_why_not()
    {
        using var network = new TestNetwork();
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = 10, Policy = new FifoOptions() });
        using var four = network.Connect("10.79.0.1", 80);
        using var six = network.Connect("fd79::1", 80);
        var status = guard.Until(s => s.HalfOpen == 2, "both are out");
        Assert.Equal(HasBpf ? "bpf" : "nflog", status.OutcomeSource);
        Assert.StartsWith(Environment.ProcessPath!, Assert.Single(status.Programs).Name, StringComparison.Ordinal);
        if (HasBpf)
        {
            Assert.Equal("", status.OutcomeProblem);
        }
        else
        {
            Assert.Contains("Linux 5.1", status.OutcomeProblem, StringComparison.Ordinal);
        }

        four.Dispose();
        guard.Until(s => s.HalfOpen == 1 && s.Totals.Cancelled == 1, "one was closed");
    }

    [Fact(Explicit = true)]
    public void Killed_it_lets_connections_pass_and_the_next_one_clears_what_it_left()
    {
        var folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;
        using var network = new TestNetwork();
        network.Listen(80);
        using (var killed = new GuardProcess(network.Machine, folder, ["--limit", "1", "--policy", "fifo"]))
        {
            Assert.True(killed.FirstLine.Contains("\"rules\":\"nft\"", StringComparison.Ordinal), killed.FirstLine); // it says why
            using var silent = network.Connect("10.79.0.1", 80);
            using var held = network.Connect("10.78.0.1", 80);
            GuardVerbTests.Until(killed, s => s["waiting"]!.GetValue<int>() == 1);
            killed.Signal("KILL");
            killed.End();
            Assert.Contains("table ip halfopen", Ruleset(network), StringComparison.Ordinal);
            using var passes = network.Connect("10.78.0.2", 80);
            Assert.True(passes.Poll(20_000_000, SelectMode.SelectWrite));
            Assert.True(held.Poll(60_000_000, SelectMode.SelectWrite)); // with the kernel's next retry
        }

        using var next = new GuardProcess(network.Machine, folder, []);
        Assert.Contains("ready", next.FirstLine, StringComparison.Ordinal);
        next.Signal("TERM");
        Assert.Equal(0, next.End().Code);
        Assert.DoesNotContain("halfopen", Ruleset(network), StringComparison.OrdinalIgnoreCase);
    }

    private static string Ruleset(TestNetwork network) =>
        network.Machine.Run(() => Shell.Run("nft list ruleset; iptables-save; ip6tables-save"));
}
