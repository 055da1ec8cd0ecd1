using HalfOpen.Core;
using HalfOpen.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>No slot leaks, whatever programs do. The long version is bench/guard-figures soak.</summary>
public sealed class LeakTests
{
    [Theory]
    [InlineData(OutcomeChoice.Bpf, "fair", 40_000)]
    [InlineData(OutcomeChoice.Bpf, "windows-xp", 20_000)]
    [InlineData(OutcomeChoice.Nflog, "fair", 20_000)]
    public void After_random_lives_the_guard_counts_what_the_kernel_counts(OutcomeChoice outcomes, string policy, int attempts)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new RunningGuard(
            network.Machine,
            new GuardOptions
                { Limit = 50, Policy = PolicyTable.Shipped.Find(policy)!.Default, Outcomes = outcomes,
                    ReconcileEvery = TimeSpan.FromMilliseconds(100) });
        network.Machine.Run(() => Churn.Run(attempts, open: 500, seed: attempts));
        var status =
            guard.Until(s => s.HalfOpen == 0 && s.Waiting == 0 && s.Reconciliation.Known == 0 && s.Reconciliation.KernelSynSent == 0,
                "all sockets are closed, nothing is left");

        // How many were closed before their SYN was even read is a matter of speed; these only say that something
        // happened.
        Assert.True(status.Totals.Submitted > attempts / 50, status.Totals.ToString());
        Assert.Equal(attempts, status.Counters.Syns - status.Counters.Retransmissions);
        Assert.True(status.Totals.Established > 0, status.Totals.ToString());
        Assert.True(status.Counters.ClosedWhileHeld > 0, status.Counters.ToString());
        Assert.True(status.Reconciliation.Runs > 0, status.Reconciliation.ToString());
        Assert.Equal(status.Totals.Submitted - status.Totals.Rejected, Ended(status.Totals));
        if (outcomes == OutcomeChoice.Bpf)
        {
            Assert.True(status.Totals.TimedOut > 0, status.Totals.ToString());
            Assert.Equal((0, 0), (status.Reconciliation.SlotsRecovered, status.Reconciliation.HeldRecovered));
        }
    }

    /// <summary>
    /// 50,000 attempts, opened and closed at random, most of them silent: memory stays bounded and another program
    /// connects at once.
    /// </summary>
    [Fact]
    public async Task A_hostile_program_harms_nobody_else()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        network.Listen(8080, reset: false);
        using var guard = new RunningGuard(network.Machine,
            new GuardOptions { Limit = 50, Outcomes = OutcomeChoice.Bpf, MaxHeld = 1000, MaxHeldPerProgram = 600 });
        var before = Environment.WorkingSet;
        var hostile = Task.Run(() => network.Machine.Run(() => Churn.Run(50_000, open: 3000, seed: 7)));
        var others = 0;
        while (!hostile.IsCompleted)
        {
            // Another program, with an executable of its own. The peer says nothing (52, 56); what counts is that it
            // was reached.
            network.Machine.Run(() => Shell.Run(
                "c=0; curl -s -o /dev/null --max-time 20 http://10.78.0.9:8080/ || c=$?; case $c in 0|52|56) ;; *) echo curl says $c "
                + ">&2; exit 1 ;; esac"));
            others++;
            Assert.True(guard.Status.Waiting <= 601, "one program holds more than its share of the queue");
        }

        await hostile;
        Assert.True(others > 0);
        var status = guard.Until(s => s.HalfOpen == 0 && s.Waiting == 0, "nothing is left");
        Assert.True(Environment.WorkingSet - before < 150 << 20, $"{(Environment.WorkingSet - before) >> 20} MiB more");
        Assert.True(status.Counters.Refused > 0, status.Counters.ToString());
    }

    private static long Ended(HalfOpen.Core.OutcomeTotals totals) =>
        totals.Established + totals.Refused + totals.Reset + totals.TimedOut + totals.Unreachable + totals.Cancelled;
}
