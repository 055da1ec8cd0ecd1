using System.Diagnostics;
using HalfOpen.SystemTests.Guard;

namespace HalfOpen.GuardFigures;

/// <summary>
/// Opens connections to live peers, some at a time, each to another destination, and times each. Run on a thread in the
/// machine's namespace.
/// </summary>
internal static unsafe class Load
{
    /// <param name="Times">Sorted, microseconds.</param>
    public sealed record Result(double PerSecond, double[] Times)
    {
        public double P50 => Times[Times.Length / 2];

        public double P99 => Times[(int)(Times.Length * 0.99)];
    }

    public static Result Run(int atATime, int connections, int port, int hosts = 60_000)
    {
        var epoll = Libc.EpollCreate(0);
        var started = new long[65536];
        var times = new double[connections];
        var events = stackalloc Libc.EpollEvent[256];
        int begun = 0, done = 0;
        var start = Stopwatch.GetTimestamp();
        while (done < connections)
        {
            while (begun < connections && begun - done < atATime)
            {
                var at = Stopwatch.GetTimestamp();
                var socket = Libc.Begin(Libc.Address(78, 256 + (begun++ % hosts)), port);
                started[socket] = at;
                var watch = new Libc.EpollEvent { Events = Libc.EpollOut, Data = socket };
                _ = Libc.EpollControl(epoll, 1, socket, &watch);
            }

            var count = Libc.EpollWait(epoll, events, 256, 10_000);
            if (count <= 0)
            {
                throw new InvalidOperationException($"{done} of {connections} connections done, then none for 10 s");
            }

            for (var i = 0; i < count; i++)
            {
                if ((events[i].Events & (Libc.EpollError | Libc.EpollHangUp)) != 0 && (events[i].Events & Libc.EpollOut) == 0)
                {
                    throw new InvalidOperationException("a connection to a live peer failed");
                }

                var socket = (int)events[i].Data;
                times[done++] = Stopwatch.GetElapsedTime(started[socket]).TotalMicroseconds;
                _ = Libc.Close(socket);
            }
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _ = Libc.Close(epoll);
        Array.Sort(times);
        return new Result(connections / seconds, times);
    }
}
