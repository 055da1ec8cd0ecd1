using HalfOpen.Simulation.Results;

namespace HalfOpen.Lab.Runs;

/// <summary>Page times in seconds. A page that never came has the time its reader waited for it.</summary>
/// <param name="P50">Median.</param>
/// <param name="P99">99 of 100 pages took no longer.</param>
/// <param name="Count">Pages whose times are counted: loaded, failed, and one that was not there at the end when it
/// took longer than most.</param>
/// <param name="Failed">Of those: pages with a failed request.</param>
/// <param name="Loaded">Of those: whole pages.</param>
public sealed record PageFigures(double P50, double P99, int Count, int Failed, int Loaded)
{
    /// <param name="pages">Seconds of whole pages.</param>
    /// <param name="failed">Seconds until the reader gave up, of pages with a failed request.</param>
    /// <param name="unfinished">How long the page has been loading that was not there at the end; it counts, with the
    /// time so far, when that is longer than half of the others took: then it can only be too short.</param>
    public static PageFigures Of(IEnumerable<double> pages, IReadOnlyCollection<double> failed, double? unfinished)
    {
        var all = pages.ToList();
        var loaded = all.Count;
        all.AddRange(failed);
        if (unfinished is { } waiting && (all.Count == 0 || Quantiles.Of(all, 0.5) < waiting))
        {
            all.Add(waiting);
        }

        return new PageFigures(Quantiles.Of(all, 0.5), Quantiles.Of(all, 0.99), all.Count, failed.Count, loaded);
    }
}

/// <summary>The figures of one run, seen from outside the guard. Immutable.</summary>
public sealed record LabFigures
{
    public required PageFigures Pages { get; init; }

    /// <summary>Peers that answered the swarm, a minute.</summary>
    public double LivePeersPerMinute { get; init; }

    /// <summary>
    /// The most half-open attempts to destinations not known to answer: their SYN on the wire, unanswered, the socket
    /// in SYN-SENT. Under windows-xp and without a limit: the most such destinations, as Windows counts.
    /// </summary>
    public int MaxCounted { get; init; }

    /// <summary>The most half-open attempts of any kind.</summary>
    public int MaxHalfOpen { get; init; }

    public int MaxRouterEntries { get; init; }

    public double ScannerContactsPerSecond { get; init; }
}

/// <summary>One run: what was measured on sockets, and what the simulator says of the same. Immutable.</summary>
public sealed record LabRunResult(LabPlan Plan, LabFigures Measured, LabFigures Simulated)
{
    /// <summary>Seconds of the whole pages, in order.</summary>
    public IReadOnlyList<double> Pages { get; init; } = [];

    /// <summary>Logins that broke or could not be made.</summary>
    public int LostSessions { get; init; }

    /// <summary>SYNs that found the router's table full.</summary>
    public long RouterDropped { get; init; }
}
