using System.Diagnostics;

namespace HalfOpen.Watch.Collecting;

/// <summary>
/// Time since the watch began, by CLOCK_MONOTONIC, which is also the clock of BPF's records. Immutable.
/// </summary>
internal sealed class WatchClock
{
    private const long NanosecondsInTick = 100;

    /// <summary>The kernel's own clock and ours differ by more only in a time namespace.</summary>
    private const long SameClockNanoseconds = 1_000_000_000;

    private readonly long _start = Nanoseconds();

    public TimeSpan Now => new((Nanoseconds() - _start) / NanosecondsInTick);

    /// <summary>From a time that the kernel told.</summary>
    /// <param name="offset">As <see cref="OffsetOf"/> gave it.</param>
    public TimeSpan Of(long nanoseconds, long offset) => new((nanoseconds + offset - _start) / NanosecondsInTick);

    /// <summary>What to add to the kernel's times, by one that was told just now.</summary>
    public static long OffsetOf(long nanoseconds)
    {
        var difference = Nanoseconds() - nanoseconds;
        return Math.Abs(difference) > SameClockNanoseconds ? difference : 0;
    }

    /// <summary>.NET counts this clock in nanoseconds on Linux.</summary>
    private static long Nanoseconds() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000_000);
}
