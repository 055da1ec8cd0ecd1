using HalfOpen.Core;
using System.Diagnostics;
using HalfOpen.Guard;
using HalfOpen.SystemTests.Guard;

namespace HalfOpen.GuardFigures;

/// <summary>
/// A million attempts of random fate; at the end the guard must count what the kernel counts: nothing.
/// </summary>
internal static class Soak
{
    public static int Run(int attempts, int limit, bool lease)
    {
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new GuardProcess(network.Machine, new GuardOptions { Limit = limit, Policy = new FairOptions(), Lease = lease });
        var start = Stopwatch.GetTimestamp();
        network.Machine.Run(() => Churn.Run(attempts, open: 1000, seed: 1, done =>
        {
            if (done % 100_000 == 0)
            {
                var s = guard.Status();
                Console.Error.WriteLine(
                    $"{done} attempts, {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s: half-open {s.HalfOpen}, waiting "
                    + $"{s.Waiting}, recovered {s.Reconciliation.SlotsRecovered}+{s.Reconciliation.HeldRecovered}, "
                    + $"{guard.ResidentMiB:F0} MiB");
            }
        }));
        GuardStatus status;
        var until = Stopwatch.GetTimestamp();
        do
        {
            Thread.Sleep(200);
            status = guard.Status();
        }
        while ((status.HalfOpen != 0 || status.Waiting != 0 || status.Reconciliation.KernelSynSent != 0)
            && Stopwatch.GetElapsedTime(until).TotalSeconds < 30);

        var clean = status.HalfOpen == 0 && status.Waiting == 0 && status.Reconciliation.KernelSynSent == 0;
        Console.WriteLine($"limit {limit}, {(lease ? $"slots on lease ({status.Lease.Started} started so)" : "each SYN asked for")}");
        Console.WriteLine($"{attempts} attempts in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s; {status.Totals}");
        Console.WriteLine($"{status.Counters}");
        Console.WriteLine($"{status.Reconciliation}; resident {guard.ResidentMiB:F0} MiB; CPU {guard.Cpu.TotalSeconds:F1} s");
        Console.WriteLine(clean
            ? "no slot leaked: the guard's count and the kernel's are both 0"
                : $"LEAK: half-open {status.HalfOpen}, waiting {status.Waiting}, kernel {status.Reconciliation.KernelSynSent}");
        return clean ? 0 : 1;
    }
}
