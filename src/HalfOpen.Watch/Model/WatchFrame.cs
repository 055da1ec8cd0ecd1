namespace HalfOpen.Watch.Model;

/// <summary>
/// What was to be seen at one moment. Immutable, so any thread may read it; the counts of
/// <see cref="Programs"/> and <see cref="Others"/> add up to those of <see cref="Totals"/>.
/// </summary>
public sealed record WatchFrame
{
    /// <summary>1 for the first frame, one more for each that follows.</summary>
    public required long Number { get; init; }

    /// <summary>By the machine's clock (UTC), which may be set meanwhile.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Since the watch began, by a clock that nobody sets.</summary>
    public required TimeSpan SinceStart { get; init; }

    public required WatchSource Source { get; init; }

    public required WatchTotals Totals { get; init; }

    /// <summary>The kernel's table of tracked connections; null: nothing is tracked here, or it is not to be
    /// read.</summary>
    public WatchTable? Table { get; init; }

    /// <summary>The guard of this network namespace; null: none runs, or it may not be asked.</summary>
    public WatchGuard? Guard { get; init; }

    /// <summary>The programs with the most half-open attempts first, then the busiest.</summary>
    public required IReadOnlyList<WatchProgram> Programs { get; init; }

    /// <summary>Programs that are known and have no row here, for want of room.</summary>
    public int ProgramsLeftOut { get; init; }

    /// <summary>The sum of all that have no row, those forgotten included; null: there is nothing of the
    /// kind.</summary>
    public WatchProgram? Others { get; init; }
}

/// <summary>How attempts are seen.</summary>
public enum WatchKind
{
    /// <summary>Each one is told as it happens.</summary>
    Events,

    /// <summary>The kernel's list is looked at from time to time: what begins and ends in between is missed.</summary>
    Samples,
}

/// <summary>Where a frame comes from. Immutable.</summary>
/// <param name="Words">In words: "events from BPF sock_ops".</param>
/// <param name="Misses">What it cannot see, in words; empty: nothing is known to be missed.</param>
/// <param name="Why">Why there is nothing better, in words; empty: this is the best.</param>
public sealed record WatchSource(WatchKind Kind, string Words, string Misses = "", string Why = "");

/// <summary>All programs together. Immutable.</summary>
public sealed record WatchTotals
{
    /// <summary>Attempts that are out and not answered; with a guard also those that wait for a slot.</summary>
    public int HalfOpen { get; init; }

    /// <summary>How long the oldest of them has been out; zero when there is none.</summary>
    public TimeSpan OldestSilence { get; init; }

    /// <summary>New attempts in a second, over the last five.</summary>
    public double AttemptsPerSecond { get; init; }

    /// <summary>Attempts since the watch began.</summary>
    public long Attempts { get; init; }

    /// <summary>Attempts that were half-open already when it began. These and <see cref="Attempts"/> are all that are
    /// half-open or have an outcome.</summary>
    public long Found { get; init; }

    /// <summary>Outcomes since the watch began.</summary>
    public WatchOutcomes Outcomes { get; init; }

    /// <summary>Outcomes of the last <see cref="LatelySpan"/>.</summary>
    public WatchOutcomes Lately { get; init; }

    /// <summary>55 to 60 seconds, less at the beginning.</summary>
    public TimeSpan LatelySpan { get; init; }

    /// <summary>See <see cref="WatchOutcomes.DeadShare"/>: of those that ended lately, and of those that have been out
    /// for three seconds or more; 0 to 1, null: nothing to judge by.</summary>
    public double? DeadShare { get; init; }

    /// <summary>More happened than could be read: counts are too low.</summary>
    public bool HasLost { get; init; }
}

/// <summary>The kernel's table of tracked connections (NAT). Immutable.</summary>
/// <param name="Max">Null: not told.</param>
public sealed record WatchTable(long Count, long? Max);

/// <summary>One program's row. Immutable. Times and outcomes as in <see cref="WatchTotals"/>.</summary>
public sealed record WatchProgram
{
    /// <summary>The same in all frames of a watch, and never used again; 0: the sum of all others.</summary>
    public required long Id { get; init; }

    /// <summary>Short: its executable without folders, and what it interprets.</summary>
    public required string Name { get; init; }

    /// <summary>As the guard calls it: with folders and unit.</summary>
    public string FullName { get; init; } = "";

    /// <summary>"user ann", "docker 3f2a9c1b7d0e", or empty where it is not known.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Unit or container, or empty.</summary>
    public string Unit { get; init; } = "";

    /// <summary>The processes that were seen last, at most eight, the newest first.</summary>
    public IReadOnlyList<uint> ProcessIds { get; init; } = [];

    /// <summary>There were more than <see cref="ProcessIds"/> names.</summary>
    public bool MoreProcesses { get; init; }

    public int HalfOpen { get; init; }

    public TimeSpan OldestSilence { get; init; }

    public double AttemptsPerSecond { get; init; }

    public long Attempts { get; init; }

    public long Found { get; init; }

    public WatchOutcomes Outcomes { get; init; }

    /// <summary>Since the watch began.</summary>
    public double? DeadShare { get; init; }

    /// <summary>Slots that it holds of a guard; 0 without one.</summary>
    public int Slots { get; init; }

    /// <summary>Its attempts that wait for a guard's slot.</summary>
    public int Waiting { get; init; }

    /// <summary>How long the longest of them waits.</summary>
    public TimeSpan LongestWait { get; init; }

    /// <summary>Why, in words; empty when nothing waits.</summary>
    public string WhyItWaits { get; init; } = "";

    /// <summary>Those with the most half-open attempts first, at most ten.</summary>
    public IReadOnlyList<WatchDestination> Destinations { get; init; } = [];

    /// <summary>Destinations that are known and not in <see cref="Destinations"/>.</summary>
    public int DestinationsLeftOut { get; init; }
}

/// <summary>One address and port that a program tries. Immutable.</summary>
public sealed record WatchDestination(string Address, int Port, int HalfOpen, long Attempts, WatchOutcomes Outcomes);
