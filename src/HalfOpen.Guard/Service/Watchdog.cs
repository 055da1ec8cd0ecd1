namespace HalfOpen.Guard.Service;

/// <summary>
/// How long a guard's thread may be silent. Asked at every look; between two looks <see cref="Every"/> passes. Not
/// thread-safe.
/// </summary>
/// <param name="every">Time between two looks that somebody else wishes for; at most a second is taken.</param>
/// <param name="service">What a service manager wants to hear of us in, or null.</param>
internal sealed class Watchdog(TimeSpan every, TimeSpan? service)
{
    /// <summary>How long one look waits for an answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Silent for longer, the thread hangs.</summary>
    public static readonly TimeSpan HungAfter = TimeSpan.FromSeconds(5);

    /// <summary>The kernel ends a process that is stopped for this long.</summary>
    public static readonly TimeSpan StoppedFor = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private TimeSpan _silent;

    /// <summary>Time between two looks.</summary>
    public TimeSpan Every { get; } = Least(every, service ?? LookEvery);

    /// <summary>It was silent for longer than it may.</summary>
    public bool IsHung => _silent > HungAfter;

    /// <summary>Notes one look.</summary>
    /// <returns><paramref name="answered"/>.</returns>
    public bool IsAlive(bool answered)
    {
        _silent = answered ? TimeSpan.Zero : _silent + Every + Patience;
        return answered;
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other)
    {
        var least = one < LookEvery ? one : LookEvery;
        return other < least ? other : least;
    }
}
