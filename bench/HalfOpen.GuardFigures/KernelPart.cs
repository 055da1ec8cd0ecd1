using System.Runtime.InteropServices;
using HalfOpen.Linux;
using HalfOpen.Linux.Bpf;
using HalfOpen.Linux.Processes;
using HalfOpen.SystemTests.Guard;

namespace HalfOpen.GuardFigures;

/// <summary>
/// What the kernel's part of slots on lease costs the thread that connects, a part at a time and without a guard: CPU
/// time of that thread, in short slices with and without the part, in turns, so that what the machine does besides
/// meets all of them.
/// </summary>
internal static unsafe partial class KernelPart
{
    private const int Rounds = 60;
    private const int Connects = 4_000;
    private const int AtATime = 64;
    private const int Slots = 1_000;
    private const int ReadEveryMilliseconds = 5;
    private const int ThreadClock = 3; // CLOCK_THREAD_CPUTIME_ID

    /// <summary>The chains of the guard's own table that a SYN with a leased slot passes.</summary>
    private const string Rules = """
        table ip halfopen_figures {
          chain output_syns { meta priority 4226:0 return; }
          chain output {
            type filter hook output priority -250;
            meta l4proto tcp tcp flags & (fin|syn|rst|ack) == syn jump output_syns;
          }
        }
        """;

    private static readonly (string Name, Func<TestNetwork, IDisposable> Begin)[] Parts =
    [
        ("the chains", n => new Chains(n)),
        ("an empty program", n => new EmptyProgram()),
        ("an empty program and the chains", n => new Both(new Chains(n), new EmptyProgram())),
        ("the program", n => new Program(n)),
        ("the program and the chains", n => new Both(new Chains(n), new Program(n))),
    ];

    public static void Measure(TestNetwork network)
    {
        var added = Parts.ToDictionary(p => p.Name, _ => new List<double>());
        List<double> alone = [];
        for (var round = 0; round < Rounds; round++)
        {
            var before = Slice(network);
            foreach (var (name, begin) in Parts)
            {
                double with;
                using (begin(network))
                {
                    with = Slice(network);
                }

                var after = Slice(network);
                added[name].Add(with - ((before + after) / 2));
                alone.Add(after);
                before = after;
            }
        }

        Console.WriteLine($"| {AtATime} at a time: CPU of the thread that connects, ns a connect | {Quarter(alone, 2):F0} | |");
        foreach (var (name, times) in added)
        {
            Console.WriteLine($"| of that added by {name} | {Quarter(times, 2):F0} "
                + $"| (half of {Rounds} within {Quarter(times, 1):F0} to {Quarter(times, 3):F0}) |");
        }
    }

    /// <summary>Nanoseconds a connect.</summary>
    private static double Slice(TestNetwork network) => network.Machine.Run(() =>
    {
        var start = Cpu();
        Load.Run(AtATime, Connects, 80);
        return (Cpu() - start) / (double)Connects;
    });

    private static long Cpu()
    {
        var time = stackalloc long[2];
        return ClockGetTime(ThreadClock, time) == 0 ? (time[0] * 1_000_000_000) + time[1]
            : throw new InvalidOperationException("no clock of threads");
    }

    private static double Quarter(List<double> values, int quarter) => values.Order().ElementAt(values.Count * quarter / 4);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, long* time);

    private sealed class Chains : IDisposable
    {
        private readonly TestNetwork _network;

        public Chains(TestNetwork network)
        {
            _network = network;
            network.Machine.Run(() => Shell.Run($"nft -f - <<'END'\n{Rules}\nEND"));
        }

        public void Dispose() => _network.Machine.Run(() => Shell.Run("nft delete table ip halfopen_figures"));
    }

    /// <summary>Called as often as ours, and does nothing.</summary>
    private sealed class EmptyProgram : IDisposable
    {
        private readonly Descriptor _program;
        private readonly Descriptor _attached;

        public EmptyProgram()
        {
            using var root = new Descriptor(Native.Open(ControlGroups.FindRoot()!, Native.CloseOnExec, 0));
            _program = BpfCalls.Load(BpfProgramType.SockOps, BpfAttach.SockOps, new BpfAssembler().Set(0, 1).Exit().Assemble());
            _attached = BpfCalls.AttachToCgroup(_program, root, BpfAttach.SockOps);
        }

        public void Dispose()
        {
            _attached.Dispose();
            _program.Dispose();
        }
    }

    /// <summary>Ours, with more slots than are needed, and somebody who reads what it tells.</summary>
    private sealed class Program : IDisposable
    {
        private readonly SocketEvents _events;
        private readonly CancellationTokenSource _end = new();
        private readonly Thread _reader;

        public Program(TestNetwork network)
        {
            _events = network.Machine.Run(() => new SocketEvents());
            var lease = _events.Lease ?? throw new InvalidOperationException(_events.WhyNoLease);
            lease.Add(Slots);
            lease.IsOpen = true;
            _reader = new Thread(Read);
            _reader.Start();
        }

        public void Dispose()
        {
            _end.Cancel();
            _reader.Join();
            _end.Dispose();
            _events.Dispose();
        }

        private void Read()
        {
            while (!_end.IsCancellationRequested)
            {
                while (_events.TryRead(out _))
                {
                    // Read is read.
                }

                Thread.Sleep(ReadEveryMilliseconds);
            }
        }
    }

    private sealed record Both(IDisposable First, IDisposable Second) : IDisposable
    {
        public void Dispose()
        {
            Second.Dispose();
            First.Dispose();
        }
    }
}
