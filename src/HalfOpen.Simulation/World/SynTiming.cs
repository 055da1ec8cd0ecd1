using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;

namespace HalfOpen.Simulation.World;

/// <summary>
/// When a machine sends its SYNs and when it gives up. Windows counts from the moment the SYN first leaves (an attempt
/// in the XP driver's queue has sent nothing): 0, 3, 9, given up at 21 s. Linux counts from connect(): its retry clock
/// runs while the guard holds the SYN, so a SYN released late leaves at once and the next one at the next tick; given
/// up at 133 s, held or not (measured: tcp_syn_retries 6, tcp_syn_linear_timeouts 4).
/// </summary>
internal sealed class SynTiming
{
    private static readonly long[] WindowsTicks = [0, 3, 9];
    private static readonly long[] LinuxTicks = [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67];
    private readonly long[] _ticks;
    private readonly long _giveUp;

    public SynTiming(StackSystem system)
        : this(new StackSpec { System = system })
    {
    }

    public SynTiming(StackSpec stack)
    {
        CountsFromConnect = stack.System == StackSystem.Linux;
        _ticks = [.. (CountsFromConnect ? LinuxTicks : WindowsTicks).Select(s => s * Ticks.PerSecond)];
        _giveUp = stack.GiveUpSeconds > 0 ? Ticks.FromSeconds(stack.GiveUpSeconds) : (CountsFromConnect ? 133 : 21) * Ticks.PerSecond;
    }

    /// <summary>The clock runs from connect() rather than from the first SYN on the wire.</summary>
    public bool CountsFromConnect { get; }

    /// <summary>When the system gives the attempt up, if nobody answers.</summary>
    public long GiveUpAt(long submitted, long started) => (CountsFromConnect ? submitted : started) + _giveUp;

    /// <summary>The next SYN after <paramref name="now"/>; <see cref="long.MaxValue"/> when no more is sent.</summary>
    public long NextSyn(long submitted, long started, long now)
    {
        var origin = CountsFromConnect ? submitted : started;
        foreach (var tick in _ticks)
        {
            if (origin + tick > now)
            {
                return origin + tick;
            }
        }

        return long.MaxValue;
    }

    /// <summary>
    /// The last SYN at or before <paramref name="now"/> of an attempt started at <paramref name="started"/>.
    /// </summary>
    public long LastSyn(long submitted, long started, long now)
    {
        var origin = CountsFromConnect ? submitted : started;
        var last = started;
        foreach (var tick in _ticks)
        {
            var at = origin + tick;
            if (at > started && at < now)
            {
                last = at;
            }
        }

        return last;
    }
}
