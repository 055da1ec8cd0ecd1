using System.Globalization;
using HalfOpen.Simulation.Results;
using HalfOpen.Simulation.Scenarios;

namespace HalfOpen.Simulation.Experiments;

/// <summary>
/// Lays summaries out as a table for people (and for golden files): only the columns that the scenario gives a meaning.
/// </summary>
public static class ResultTable
{
    private const int MaxProgramColumns = 4;
    private const int FixedColumns = 3; // policy, limit, live/min: no column yet that says who waits

    /// <summary>Header row first; cells are short texts.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(Scenario scenario, IReadOnlyList<Summary> summaries)
    {
        var columns = scenario.Outbreak is null ? ColumnsOfMachine(scenario, summaries) : ColumnsOfOutbreak();
        return
        [
            [.. columns.Select(c => c.Name)],
            .. summaries.Select(s => (IReadOnlyList<string>)[.. columns.Select(c => c.Cell(s))]),
        ];
    }

    /// <summary>Rows as text: the first column left, the others right, two spaces between.</summary>
    public static string Text(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Count).Select(i => rows.Max(r => r[i].Length)).ToArray();
        var lines =
            rows.Select(
                r => string.Join("  ", r.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))).TrimEnd());
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>A duration for people: 0.05 s, 53 s, 2.3 h.</summary>
    public static string Seconds(double? seconds) => seconds switch
    {
        null => "-",
        0 => "0 s",
        < 0.01 => (seconds.Value * 1000).ToString("0.0", CultureInfo.InvariantCulture) + " ms",
        < 1 => seconds.Value.ToString("0.00", CultureInfo.InvariantCulture) + " s",
        < 10 => seconds.Value.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        < 1000 => seconds.Value.ToString("0", CultureInfo.InvariantCulture) + " s",
        < 7200 => (seconds.Value / 60).ToString("0", CultureInfo.InvariantCulture) + " min",
        < 172_800 => (seconds.Value / 3600).ToString("0.0", CultureInfo.InvariantCulture) + " h",
        _ => (seconds.Value / 86_400).ToString("0.0", CultureInfo.InvariantCulture) + " d",
    };

    /// <summary>A quantile of pages for people: 0.05 s; or > 528 s where the page is still waited for.</summary>
    public static string Page(double quantile, PageTimes pages) =>
        double.IsNaN(quantile) ? "-" : double.IsInfinity(quantile) ? "> " + Seconds(pages.UnfinishedSeconds) : Seconds(quantile);

    /// <summary>How many pages did not come, and for how long at the most: 2 for 528 s.</summary>
    private static string Unfinished(PageTimes? pages) => pages is null ? "-"
        : pages.Unfinished == 0 ? "0"
        : string.Create(CultureInfo.InvariantCulture, $"{pages.Unfinished} for {Seconds(pages.UnfinishedSeconds)}");

    public static string Rate(double value) => value switch
    {
        0 => "0",
        < 10 => value.ToString("0.00", CultureInfo.InvariantCulture),
        < 100 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0", CultureInfo.InvariantCulture),
    };

    private static List<Column> ColumnsOfMachine(Scenario scenario, IReadOnlyList<Summary> summaries)
    {
        var columns = new List<Column>
            { new("policy", s => s.Label), new("limit", s => s.Limit?.ToString(CultureInfo.InvariantCulture) ?? "-") };
        if (scenario.Programs.Any(p => p.Kind == ProgramKind.Browser))
        {
            columns.Add(new("page p50", s => s.PageSeconds is { } p ? Page(p.P50, p) : "-"));
            columns.Add(new("page p99", s => s.PageSeconds is { } p ? Page(p.P99, p) : "-"));
            columns.Add(new("pages", s => s.PageSeconds?.Count.ToString(CultureInfo.InvariantCulture) ?? "-"));
            columns.Add(new("unfinished", s => Unfinished(s.PageSeconds)));
        }

        if (scenario.Programs.Any(p => p.Kind is ProgramKind.Swarm or ProgramKind.Crawler))
        {
            columns.Add(new("live/min", s => s.Policy == RunRequest.Idle ? "-" : Rate(s.LivePeersPerMinute)));
        }

        if (summaries.Any(s => s.BoundLivePeersPerMinute is not null))
        {
            columns.Add(new("at most", s => s.BoundLivePeersPerMinute is { } bound ? Rate(bound) : "-"));
        }

        foreach (
            var program in scenario.Programs.Where(
                p => p.Count == 1 && p.Kind is not (ProgramKind.Browser or ProgramKind.Swarm or ProgramKind.Crawler))
                    .Take(MaxProgramColumns))
        {
            if (program.Kind == ProgramKind.Worm)
            {
                columns.Add(new(program.Name + "/s", s => s.AttemptsPerSecond.TryGetValue(program.Name, out var v) ? Rate(v) : "-"));
            }
            else
            {
                columns.Add(new(program.Name + " wait p99", s => s.WaitP99Seconds.TryGetValue(program.Name, out var v) ? Seconds(v) : "-"));
                columns.Add(new("worst", s => s.MaxWaitSeconds.TryGetValue(program.Name, out var v) ? Seconds(v) : "-"));
            }
        }

        if (columns.Count == FixedColumns)
        {
            foreach (var program in scenario.Programs.Where(p => p.Count == 1).Take(MaxProgramColumns))
            {
                columns.Add(new(program.Name + " wait p50", s => s.WaitP50Seconds.TryGetValue(program.Name, out var v) ? Seconds(v) : "-"));
                columns.Add(new("p99", s => s.WaitP99Seconds.TryGetValue(program.Name, out var v) ? Seconds(v) : "-"));
            }
        }

        if (summaries.Any(s => s.Jain is not null))
        {
            columns.Add(new("Jain", s => s.Jain?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-"));
        }

        columns.Add(new("counted", s => s.MaxCounted.ToString(CultureInfo.InvariantCulture)));
        columns.Add(new("half-open", s => s.MaxHalfOpen.ToString(CultureInfo.InvariantCulture)));
        if (scenario.Nat is not null)
        {
            columns.Add(new("NAT entries", s => s.MaxNatEntries?.ToString(CultureInfo.InvariantCulture) ?? "-"));
            columns.Add(new("SYNs lost there", s => Rate(s.NatDropped)));
        }

        return columns;
    }

    private static List<Column> ColumnsOfOutbreak() =>
    [
        new("policy", s => s.Label),
        new("limit", s => s.Limit?.ToString(CultureInfo.InvariantCulture) ?? "-"),
        new("contacts/s", s => s.ContactsPerSecond is { } c ? Rate(c) : "-"),
        new("1 % after", s => Seconds(s.SecondsTo.GetValueOrDefault("1%"))),
        new("10 %", s => Seconds(s.SecondsTo.GetValueOrDefault("10%"))),
        new("50 %", s => Seconds(s.SecondsTo.GetValueOrDefault("50%"))),
        new("90 %", s => Seconds(s.SecondsTo.GetValueOrDefault("90%"))),
    ];

    private sealed record Column(string Name, Func<Summary, string> Cell);
}
