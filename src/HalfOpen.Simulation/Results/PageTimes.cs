namespace HalfOpen.Simulation.Results;

/// <summary>
/// How long pages took, in seconds. A page that was still missing at the end counts with what is known of it: that it
/// takes longer than it has been waited for. Immutable.
/// </summary>
public sealed record PageTimes
{
    /// <summary>
    /// Half of the pages did not take longer. Infinite: more than <see cref="UnfinishedSeconds"/>, and nobody knows how
    /// much more. NaN: no page was asked for.
    /// </summary>
    public required double P50 { get; init; }

    /// <summary>99 of 100 pages did not take longer; infinite or NaN as <see cref="P50"/>.</summary>
    public required double P99 { get; init; }

    /// <summary>Pages that came.</summary>
    public required int Count { get; init; }

    /// <summary>Pages that were still missing at the end.</summary>
    public required int Unfinished { get; init; }

    /// <summary>
    /// How long somebody had been waiting, at the most, for a page that was not there at the end; null: nobody was.
    /// </summary>
    public double? UnfinishedSeconds { get; init; }

    /// <param name="pages">Times of pages that came, in any order.</param>
    /// <param name="unfinished">How long each page that did not come had been waited for.</param>
    public static PageTimes Of(IReadOnlyList<double> pages, IReadOnlyList<double> unfinished) => new()
    {
        P50 = Quantiles.Of(pages, unfinished, 0.5),
        P99 = Quantiles.Of(pages, unfinished, 0.99),
        Count = pages.Count,
        Unfinished = unfinished.Count,
        UnfinishedSeconds = unfinished.Count > 0 ? unfinished.Max() : null,
    };
}
