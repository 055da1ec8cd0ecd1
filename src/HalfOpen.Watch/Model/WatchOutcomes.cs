namespace HalfOpen.Watch.Model;

/// <summary>How an attempt that was watched ended.</summary>
public enum WatchEnd
{
    /// <summary>The connection is open.</summary>
    Answered,

    /// <summary>The other end said no: RST.</summary>
    Refused,

    /// <summary>Something on the way said no: ICMP, or there is no route.</summary>
    Unreachable,

    /// <summary>The kernel sent all its SYNs and nobody answered.</summary>
    TimedOut,

    /// <summary>Its program closed the socket before any answer.</summary>
    Abandoned,

    /// <summary>It is over, and nobody saw how.</summary>
    Unseen,
}

/// <summary>Counts of ended attempts. Immutable.</summary>
/// <param name="Abandoned">By their program, before any answer, whether soon or late.</param>
/// <param name="AbandonedSilent">Those of <paramref name="Abandoned"/> that had been silent for a second or
/// more.</param>
/// <param name="Unseen">Over, and nobody saw how.</param>
public readonly record struct WatchOutcomes(
    long Answered, long Refused, long Unreachable, long TimedOut, long Abandoned, long AbandonedSilent, long Unseen)
{
    /// <summary>An attempt that its program ends sooner says nothing about the other end.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <value>All that have ended.</value>
    public long Total => Answered + Refused + Unreachable + TimedOut + Abandoned + Unseen;

    /// <value>Neither yes nor no: those whose peer seems dead.</value>
    public long Silent => TimedOut + AbandonedSilent;

    /// <param name="alsoSilent">Attempts that are still out and have been silent for long.</param>
    /// <returns>The part of attempts without yes or no, 0 to 1, of those that say something about the other end; null:
    /// none does.</returns>
    public double? DeadShare(long alsoSilent)
    {
        var silent = Silent + alsoSilent;
        var all = Answered + Refused + Unreachable + silent;
        return all == 0 ? null : (double)silent / all;
    }

    public static WatchOutcomes operator +(in WatchOutcomes a, in WatchOutcomes b) => Add(a, b);

    public static WatchOutcomes Add(in WatchOutcomes a, in WatchOutcomes b) => new(a.Answered + b.Answered, a.Refused + b.Refused,
        a.Unreachable + b.Unreachable, a.TimedOut + b.TimedOut, a.Abandoned + b.Abandoned, a.AbandonedSilent + b.AbandonedSilent,
        a.Unseen + b.Unseen);

    /// <summary>One more.</summary>
    /// <param name="end">How it ended.</param>
    /// <param name="silent">For how long nobody had answered.</param>
    internal WatchOutcomes With(WatchEnd end, TimeSpan silent) => end switch
    {
        WatchEnd.Answered => this with { Answered = Answered + 1 },
        WatchEnd.Refused => this with { Refused = Refused + 1 },
        WatchEnd.Unreachable => this with { Unreachable = Unreachable + 1 },
        WatchEnd.TimedOut => this with { TimedOut = TimedOut + 1 },
        WatchEnd.Abandoned => this with { Abandoned = Abandoned + 1, AbandonedSilent = AbandonedSilent + (silent >= Patience ? 1 : 0) },
        _ => this with { Unseen = Unseen + 1 },
    };
}
