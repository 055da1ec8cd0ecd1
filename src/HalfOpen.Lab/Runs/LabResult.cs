using HalfOpen.Simulation.Results;

namespace HalfOpen.Lab.Runs;

/// <summary>Page times in seconds. A page with a failed request counts as failed and has no time.</summary>
public sealed record PageFigures(double P50, double P99, int Count, int Failed)
{
    /// <param name="pages">Seconds of whole pages.</param>
    /// <param name="failed">Pages with a failed request.</param>
    /// <param name="unfinished">How long the page has been loading that was not there at the end; it counts, with the time so far, when it is longer than every other.</param>
    public static PageFigures Of(IEnumerable<double> pages, int failed, double? unfinished)
    {
        var all = pages.ToList();
        if (unfinished is { } waiting && all.All(p => p < waiting))
        {
            all.Add(waiting);
        }

        return new PageFigures(Quantiles.Of(all, 0.5), Quantiles.Of(all, 0.99), all.Count, failed);
    }
}

/// <summary>The figures of one run, seen from outside the guard. Immutable.</summary>
public sealed record LabFigures
{
    public required PageFigures Pages { get; init; }

    /// <summary>Peers that answered the swarm, a minute.</summary>
    public double LivePeersPerMinute { get; init; }

    /// <summary>The most half-open attempts to destinations not known to answer: their SYN on the wire, unanswered, the socket in SYN-SENT. Under windows-xp and without a limit: the most such destinations, as Windows counts.</summary>
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
