using HalfOpen.Simulation.Results;

namespace HalfOpen.Simulation.Experiments;

/// <summary>
/// Runs that differ in nothing but the seed, taken together: pages pooled, rates averaged, extremes kept.
/// </summary>
public sealed record Summary
{
    public required string Label { get; init; }

    public required string Policy { get; init; }

    public required int? Limit { get; init; }

    public required int Runs { get; init; }

    public PageTimes? PageSeconds { get; init; }

    public double LivePeersPerMinute { get; init; }

    public double? BoundLivePeersPerMinute { get; init; }

    public required IReadOnlyDictionary<string, double> AttemptsPerSecond { get; init; }

    /// <summary>The mean over runs of each run's p99.</summary>
    public required IReadOnlyDictionary<string, double> WaitP99Seconds { get; init; }

    /// <summary>The mean over runs of each run's median.</summary>
    public required IReadOnlyDictionary<string, double> WaitP50Seconds { get; init; }

    public required IReadOnlyDictionary<string, double> MaxWaitSeconds { get; init; }

    public int MaxCounted { get; init; }

    public int MaxHalfOpen { get; init; }

    public int MaxUnknownHalfOpen { get; init; }

    public int? MaxNatEntries { get; init; }

    public double NatDropped { get; init; }

    /// <summary>The worst of the runs.</summary>
    public double? Jain { get; init; }

    public double? ContactsPerSecond { get; init; }

    /// <summary>Outbreaks: mean seconds to a share of the hosts; null where a run did not get there.</summary>
    public IReadOnlyDictionary<string, double?> SecondsTo { get; init; } = new Dictionary<string, double?>();

    /// <summary>Groups results by everything but the seed, in order of first appearance.</summary>
    public static IReadOnlyList<Summary> Of(IEnumerable<RunResult> results) =>
        [.. results.GroupBy(r => (r.Label, r.Limit)).Select(g => Of([.. g]))];

    private static Summary Of(List<RunResult> runs)
    {
        var first = runs[0];
        var pages = runs.SelectMany(r => r.Pages).ToList();
        return new Summary
        {
            Label = first.Label,
            Policy = first.Policy,
            Limit = first.Limit,
            Runs = runs.Count,
            PageSeconds = first.PageSeconds is null ? null : PageTimes.Of(pages, [.. runs.SelectMany(r => r.UnfinishedPages)]),
            LivePeersPerMinute = runs.Average(r => r.LivePeersPerMinute),
            BoundLivePeersPerMinute = runs.Average(r => r.BoundLivePeersPerMinute),
            AttemptsPerSecond = Fold(runs, r => r.AttemptsPerSecond, values => values.Average()),
            WaitP99Seconds = Fold(runs, r => r.WaitP99Seconds, values => values.Average()),
            WaitP50Seconds = Fold(runs, r => r.WaitP50Seconds, values => values.Average()),
            MaxWaitSeconds = Fold(runs, r => r.MaxWaitSeconds, values => values.Max()),
            MaxCounted = runs.Max(r => r.MaxCounted),
            MaxHalfOpen = runs.Max(r => r.MaxHalfOpen),
            MaxUnknownHalfOpen = runs.Max(r => r.MaxUnknownHalfOpen),
            MaxNatEntries = runs.Max(r => r.MaxNatEntries),
            NatDropped = runs.Average(r => (double)r.NatDropped),
            Jain = runs.Min(r => r.Jain),
            ContactsPerSecond = first.Outbreak is null ? null : runs.Average(r => r.Outbreak!.ContactsPerSecond),
            SecondsTo = first.Outbreak is null
                ? new Dictionary<string, double?>()
                : first.Outbreak.SecondsTo.Keys.ToDictionary(k => k, k => runs.TrueForAll(r => r.Outbreak!.SecondsTo[k] is not null)
                    ? runs.Average(r => r.Outbreak!.SecondsTo[k]) : null, StringComparer.Ordinal),
        };
    }

    private static Dictionary<string, double> Fold(
        List<RunResult> runs, Func<RunResult, IReadOnlyDictionary<string, double>> of, Func<IEnumerable<double>, double> fold) =>
        of(runs[0]).Keys.ToDictionary(k => k, k => fold(runs.Select(r => of(r).GetValueOrDefault(k))), StringComparer.Ordinal);
}
