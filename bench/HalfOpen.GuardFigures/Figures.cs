using HalfOpen.Core;
using System.Diagnostics;
using HalfOpen.Guard;
using HalfOpen.SystemTests.Guard;

namespace HalfOpen.GuardFigures;

/// <summary>
/// The figures of docs/guides/guard-figures.md: alternated runs with and without a guard, medians, ratios within one
/// run.
/// </summary>
internal static class Figures
{
    private const int Rounds = 7;
    private const int WarmUps = 3;

    public static string[] Names { get; } = ["storm", "lone", "known", "scarce", "held", "release", "startup", "idle", "owners", "kernel"];

    public static int Run(IReadOnlyList<string> names)
    {
        using var network = new TestNetwork();
        network.Listen(80);
        network.Listen(8080);
        Console.WriteLine($"| figure | median of {Rounds} | worst |");
        Console.WriteLine("|---|---|---|");
        foreach (var name in names)
        {
            Action<TestNetwork> measure = name switch
            {
                "storm" => Storm,
                "lone" => Lone,
                "known" => Known,
                "scarce" => Scarce,
                "held" => Held,
                "release" => Release,
                "owners" => OwnerFigures.Measure,
                "kernel" => KernelPart.Measure,
                "startup" => StartUp,
                _ => Idle,
            };
            measure(network);
        }

        return 0;
    }

    private static void Storm(TestNetwork network) =>
        PrintRates("64 at a time", Alternate(network, new GuardOptions { Limit = 1000 }, () => Load.Run(64, 40_000, 80)));

    private static void Known(TestNetwork network) => PrintRates("64 at a time to one host",
        Alternate(network, new GuardOptions { Limit = 1000 }, () => Load.Run(64, 40_000, 80, hosts: 1)));

    /// <summary>Silent attempts of the same program hold nine tenths of the slots: 64 share the rest.</summary>
    private static void Scarce(TestNetwork network)
    {
        using var silent = new SocketsProcess(network.Machine, 256, 90);
        PrintRates("64 at a time beside 90 silent ones at limit 100",
            Alternate(network, new GuardOptions { Limit = 100 }, () => Load.Run(64, 20_000, 8080)));
    }

    private static void Lone(TestNetwork network)
    {
        var runs = Alternate(network, new GuardOptions { Limit = 1000 }, () => Load.Run(1, 10_000, 80));
        Print("one at a time: p50 without, us", runs.Select(r => r.Without.P50), "F0");
        foreach (var (name, part) in Parts(runs))
        {
            Print($"one at a time: added p50, us, {name}", part.Select(r => r.With.P50 - r.Without.P50), "F1");
            Print($"one at a time: added p99, us, {name}", part.Select(r => r.With.P99 - r.Without.P99), "F0");
            PrintCpu("one at a time", name, part);
        }
    }

    private static void PrintRates(string what, List<Round> runs)
    {
        Print($"{what}: connects/s without a guard", runs.Select(r => r.Without.PerSecond), "F0", lowIsBad: true);
        foreach (var (name, part) in Parts(runs))
        {
            Print($"{what}: connects/s, {name}", part.Select(r => r.With.PerSecond), "F0", lowIsBad: true);
            Print($"{what}: ratio, {name}", part.Select(r => r.With.PerSecond / r.Without.PerSecond), "F2", lowIsBad: true);
            Print($"{what}: p99, us, {name}", part.Select(r => r.With.P99), "F0");
            PrintCpu(what, name, part);
        }
    }

    private static void PrintCpu(string what, string name, IEnumerable<Part> part)
    {
        Print($"{what}: CPU of the guard, us a connect, {name}", part.Select(r => r.Cpu.Process), "F2");
        Print($"{what}: of that its working thread, {name}", part.Select(r => r.Cpu.Thread), "F2");
    }

    private static IEnumerable<(string Name, List<Part> Part)> Parts(List<Round> runs) =>
        [("each SYN asked for", [.. runs.Select(r => new Part(r.Without, r.Queue, r.QueueCpu))]),
            ("slots on lease", [.. runs.Select(r => new Part(r.Without, r.Lease, r.LeaseCpu))])];

    /// <summary>
    /// 20,000 SYNs held: memory, and what a verdict costs then and with few held (all are released by raising the
    /// limit).
    /// </summary>
    private static void Held(TestNetwork network)
    {
        List<double> memory = [], few = [], many = [];
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (count, costs) in new[] { (1000, few), (20_000, many) })
            {
                using var guard = new GuardProcess(network.Machine, new GuardOptions { Limit = 1, Policy = new FifoOptions() });
                var slot = network.Machine.Run(() => Libc.Begin(Libc.Address(79, 255), 80));
                Until(() => guard.Status().HalfOpen == 1);
                using var first = new SocketsProcess(network.Machine, 256, count / 2);
                using var second = new SocketsProcess(network.Machine, 256 + (count / 2), count / 2);
                Until(() => guard.Status().Waiting == count);
                if (count == 20_000)
                {
                    memory.Add(guard.ResidentMiB);
                }

                var before = guard.Cpu;
                guard.SetLimit(count + 1);
                Until(() => guard.Status().Waiting == 0);
                costs.Add((guard.Cpu - before).TotalMicroseconds / count);
                _ = Libc.Close(slot);
            }
        }

        Print("20,000 held: resident memory, MiB", memory, "F0");
        Print("release of all held: CPU us each, 1,000 held", few, "F1");
        Print("release of all held: CPU us each, 20,000 held", many, "F1");
    }

    /// <summary>
    /// A slot is freed by closing its socket; until the next attempt, to a live peer, is established.
    /// </summary>
    private static void Release(TestNetwork network)
    {
        List<double> medians = [], tails = [];
        for (var round = 0; round < Rounds; round++)
        {
            using var guard = new GuardProcess(network.Machine, new GuardOptions { Limit = 1, Policy = new FifoOptions() });
            var times = network.Machine.Run(() => Enumerable.Range(0, 300).Select(i => OneRelease(i)).Order().ToArray());
            medians.Add(times[times.Length / 2]);
            tails.Add(times[(int)(times.Length * 0.99)]);
        }

        Print("slot free to established: p50, us", medians, "F0");
        Print("slot free to established: p99, us", tails, "F0");
    }

    private static unsafe double OneRelease(int i)
    {
        var holder = Libc.Begin(Libc.Address(79, 256 + i), 80);
        Thread.Sleep(2);
        var next = Libc.Begin(Libc.Address(78, 256 + i), 80);
        Thread.Sleep(2);
        var epoll = Libc.EpollCreate(0);
        var watch = new Libc.EpollEvent { Events = Libc.EpollOut };
        _ = Libc.EpollControl(epoll, 1, next, &watch);
        var start = Stopwatch.GetTimestamp();
        _ = Libc.Close(holder);
        _ = Libc.EpollWait(epoll, &watch, 1, 5000);
        var took = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        _ = Libc.Close(next);
        _ = Libc.Close(epoll);
        Thread.Sleep(1);
        return took;
    }

    private static void StartUp(TestNetwork network)
    {
        List<double> times = [];
        for (var round = 0; round < Rounds; round++)
        {
            using var guard = new GuardProcess(network.Machine, new GuardOptions());
            times.Add(guard.ReadyAfter.TotalMilliseconds);
        }

        Print("process start to guarding, ms (JIT, not ReadyToRun)", times, "F0");
    }

    private static void Idle(TestNetwork network)
    {
        using var guard = new GuardProcess(network.Machine, new GuardOptions());
        Thread.Sleep(2000);
        var before = guard.Cpu;
        Thread.Sleep(20_000);
        Print("idle CPU, percent of one core over 20 s (once)", [(guard.Cpu - before).TotalSeconds / 20 * 100], "F2");
    }

    /// <summary>Microseconds a connect.</summary>
    private readonly record struct CpuTime(double Process, double Thread);

    private sealed record Part(Load.Result Without, Load.Result With, CpuTime Cpu);

    private sealed record Round(Load.Result Without, Load.Result Queue, CpuTime QueueCpu, Load.Result Lease, CpuTime LeaseCpu);

    /// <summary>
    /// Without a guard, beside one that is asked for each SYN, and beside one whose slots are on lease, in turns.
    /// </summary>
    private static List<Round> Alternate(TestNetwork network, GuardOptions options, Func<Load.Result> load)
    {
        List<Round> rounds = [];
        for (var round = 0; round < Rounds; round++)
        {
            var without = network.Machine.Run(load);
            var (queue, queueCpu) = Beside(network, options with { Lease = false }, load);
            var (lease, leaseCpu) = Beside(network, options with { Lease = true }, load);
            rounds.Add(new Round(without, queue, queueCpu, lease, leaseCpu));
        }

        return rounds;
    }

    /// <summary>
    /// CPU is what the guard has between the end of the warm-up and the end of the round, all it has not read yet read:
    /// its start and the JIT of a process that lives for days are not what a connect costs.
    /// </summary>
    private static (Load.Result Result, CpuTime Cpu) Beside(TestNetwork network, GuardOptions options, Func<Load.Result> load)
    {
        using var guard = new GuardProcess(network.Machine, options);
        Warm(network, guard, load);
        var (before, threadBefore) = (guard.Cpu, guard.ThreadCpu);
        var result = network.Machine.Run(load);
        var status = guard.Status(); // it reads what it has not read yet
        var (process, thread) = (guard.Cpu - before, guard.ThreadCpu - threadBefore);
        if (status.Lease.InUse != options.Lease)
        {
            throw new InvalidOperationException("leases: " + status.Lease.Problem);
        }

        var connects = result.Times.Length;
        return (result, new CpuTime(process.TotalMicroseconds / connects, thread.TotalMicroseconds / connects));
    }

    /// <summary>
    /// The runtime compiles twice: at the first call, and better when a method was called often, in the background
    /// while 100 ms pass without a new one.
    /// </summary>
    private static void Warm(TestNetwork network, GuardProcess guard, Func<Load.Result> load)
    {
        for (var i = 0; i < WarmUps; i++)
        {
            network.Machine.Run(load);
            guard.Status();
            Thread.Sleep(300);
        }
    }

    private static void Until(Func<bool> done)
    {
        var start = Stopwatch.GetTimestamp();
        while (!done())
        {
            if (Stopwatch.GetElapsedTime(start).TotalSeconds > 60)
            {
                throw new InvalidOperationException("what was waited for did not happen within 60 s");
            }

            Thread.Sleep(5);
        }
    }

    private static void Print(string what, IEnumerable<double> values, string format, bool lowIsBad = false)
    {
        var sorted = values.Order().ToArray();
        var worst = lowIsBad ? sorted[0] : sorted[^1];
        Console.WriteLine($"| {what} | {sorted[sorted.Length / 2].ToString(format)} | {worst.ToString(format)} |");
    }
}
