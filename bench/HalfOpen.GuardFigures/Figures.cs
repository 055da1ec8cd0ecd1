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

    public static string[] Names { get; } = ["storm", "lone", "held", "release", "startup", "idle"];

    public static int Run(IReadOnlyList<string> names)
    {
        using var network = new TestNetwork();
        network.Listen(80);
        Console.WriteLine($"| figure | median of {Rounds} | worst |");
        Console.WriteLine("|---|---|---|");
        foreach (var name in names)
        {
            Action<TestNetwork> measure = name switch
                { "storm" => Storm, "lone" => Lone, "held" => Held, "release" => Release, "startup" => StartUp, _ => Idle };
            measure(network);
        }

        return 0;
    }

    private static void Storm(TestNetwork network)
    {
        var pairs = Alternate(network, atATime: 64, connections: 40_000);
        Print("64 at a time: connects/s without a guard", pairs.Select(p => p.Without.PerSecond), "F0", lowIsBad: true);
        Print("64 at a time: connects/s with a guard", pairs.Select(p => p.With.PerSecond), "F0", lowIsBad: true);
        Print("64 at a time: ratio", pairs.Select(p => p.With.PerSecond / p.Without.PerSecond), "F2", lowIsBad: true);
        Print("64 at a time: CPU of the guard, us a connect", pairs.Select(p => p.CpuMicroseconds), "F1");
    }

    private static void Lone(TestNetwork network)
    {
        var pairs = Alternate(network, atATime: 1, connections: 10_000);
        Print("one at a time: p50 without, us", pairs.Select(p => p.Without.P50), "F0");
        Print("one at a time: added p50, us", pairs.Select(p => p.With.P50 - p.Without.P50), "F0");
        Print("one at a time: added p99, us", pairs.Select(p => p.With.P99 - p.Without.P99), "F0");
        Print("one at a time: CPU of the guard, us a connect", pairs.Select(p => p.CpuMicroseconds), "F1");
    }

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

    private sealed record Pair(Load.Result Without, Load.Result With, double CpuMicroseconds);

    private static List<Pair> Alternate(TestNetwork network, int atATime, int connections)
    {
        List<Pair> pairs = [];
        for (var round = 0; round < Rounds; round++)
        {
            var without = network.Machine.Run(() => Load.Run(atATime, connections, 80));
            using var guard = new GuardProcess(network.Machine, new GuardOptions { Limit = 1000 });
            network.Machine.Run(() => Load.Run(atATime, connections / 4, 80)); // warm: the JIT is not what we measure
            var before = guard.Cpu;
            var with = network.Machine.Run(() => Load.Run(atATime, connections, 80));
            pairs.Add(new Pair(without, with, (guard.Cpu - before).TotalMicroseconds / connections));
        }

        return pairs;
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
