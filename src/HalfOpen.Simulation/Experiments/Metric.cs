namespace HalfOpen.Simulation.Experiments;

/// <summary>
/// A figure of a row that can be named. The names are those of <c>simulate --json</c>; <c>page</c> is short for
/// <c>pageSeconds</c>.
/// </summary>
/// <param name="Name">With PROGRAM at its end where each program has its own.</param>
/// <param name="IsDuration">It is in seconds.</param>
/// <param name="Of">The figure; null: this row has none. The text is the program's name.</param>
internal sealed record Metric(string Name, bool IsDuration, Func<Summary, string, double?> Of)
{
    private const string EachProgram = ".PROGRAM";

    private static readonly Metric[] All =
    [
        new("page.p50", true, (s, _) => s.PageSeconds?.P50),
        new("page.p99", true, (s, _) => s.PageSeconds?.P99),
        new("page.count", false, (s, _) => s.PageSeconds?.Count),
        new("page.unfinished", false, (s, _) => s.PageSeconds?.Unfinished),
        new("page.unfinishedSeconds", true, (s, _) => s.PageSeconds is { } p ? p.UnfinishedSeconds ?? 0 : null),
        new("livePeersPerMinute", false, (s, _) => s.LivePeersPerMinute),
        new("maxCounted", false, (s, _) => s.MaxCounted),
        new("maxHalfOpen", false, (s, _) => s.MaxHalfOpen),
        new("maxUnknownHalfOpen", false, (s, _) => s.MaxUnknownHalfOpen),
        new("maxNatEntries", false, (s, _) => s.MaxNatEntries),
        new("natDropped", false, (s, _) => s.MaxNatEntries is null ? null : s.NatDropped),
        new("jain", false, (s, _) => s.Jain),
        new("attemptsPerSecond" + EachProgram, false, (s, p) => Each(s.AttemptsPerSecond, p)),
        new("waitP50Seconds" + EachProgram, true, (s, p) => Each(s.WaitP50Seconds, p)),
        new("waitP99Seconds" + EachProgram, true, (s, p) => Each(s.WaitP99Seconds, p)),
        new("maxWaitSeconds" + EachProgram, true, (s, p) => Each(s.MaxWaitSeconds, p)),
        new("outbreak.contactsPerSecond", false, (s, _) => s.ContactsPerSecond),
        new("outbreak.secondsTo.1%", true, (s, _) => To(s, "1%")),
        new("outbreak.secondsTo.10%", true, (s, _) => To(s, "10%")),
        new("outbreak.secondsTo.50%", true, (s, _) => To(s, "50%")),
        new("outbreak.secondsTo.90%", true, (s, _) => To(s, "90%")),
    ];

    /// <summary>As users write them.</summary>
    public static IEnumerable<string> Names => All.Select(m => m.Name);

    /// <param name="program">The program that is named; null: the metric is of the whole run.</param>
    /// <returns>Null: there is no such metric.</returns>
    public static Metric? Find(string name, out string? program)
    {
        program = null;
        var plain = name.StartsWith("pageSeconds.", StringComparison.Ordinal) ? "page" + name["pageSeconds".Length..] : name;
        foreach (var metric in All)
        {
            if (metric.Name == plain && !metric.Name.EndsWith(EachProgram, StringComparison.Ordinal))
            {
                return metric;
            }

            var stem = metric.Name.EndsWith(EachProgram, StringComparison.Ordinal) ? metric.Name[..^(EachProgram.Length - 1)] : null;
            if (stem is not null && plain.Length > stem.Length && plain.StartsWith(stem, StringComparison.Ordinal))
            {
                program = plain[stem.Length..];
                return metric;
            }
        }

        return null;
    }

    private static double? Each(IReadOnlyDictionary<string, double> values, string program) =>
        values.TryGetValue(program, out var value) ? value : null;

    private static double? To(Summary row, string share) =>
        row.ContactsPerSecond is null ? null : row.SecondsTo.GetValueOrDefault(share) ?? double.PositiveInfinity;
}
