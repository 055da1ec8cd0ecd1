using HalfOpen.Core;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Results;
using HalfOpen.Simulation.Scenarios;

namespace HalfOpen.Simulation.Plots;

/// <summary>
/// The pictures that <c>halfopen simulate --plot</c> draws: what a limit costs and gives, or how far a worm gets.
/// </summary>
public static class ScenarioPlots
{
    private const int MostPanels = 4; // of one kind

    /// <summary>Figures over the limit, one line a policy. Policies without a limit are drawn as level lines.</summary>
    /// <param name="scenario">What was simulated.</param>
    /// <param name="summaries">Its results.</param>
    /// <param name="seeds">Which seeds, in words.</param>
    /// <param name="madeBy">The command that makes this picture, as a shell takes it.</param>
    public static string Sweep(Scenario scenario, IReadOnlyList<Summary> summaries, string seeds, string madeBy)
    {
        var limits = summaries.Where(s => s.Limit is not null).Select(s => (double)s.Limit!.Value).Distinct().Order().ToList();
        var labels = summaries.Select(s => s.Label).Distinct().ToList();
        var panels = new List<Panel>();
        void Add(string title, string y, Func<Summary, double?> value, bool logY,
            params (string Suffix, bool Dashed, Func<Summary, double?> Value)[] more)
        {
            var series = new List<Series>();
            for (var i = 0; i < labels.Count; i++)
            {
                series.Add(Line(labels[i], i, "", false, value));
                foreach (var (suffix, dashed, other) in more)
                {
                    series.Add(Line(labels[i], i, suffix, dashed, other));
                }
            }

            if (series.Exists(s => s.Points.Any(p => double.IsFinite(p.Y))))
            {
                panels.Add(
                    new Panel
                        { Title = title, X = "limit (slots)", Y = y, LogX = true, LogY = logY, Series = series, XTicks = XTicks(limits) });
            }
        }

        Series Line(string label, int color, string suffix, bool dashed, Func<Summary, double?> value)
        {
            var points = Points(summaries, limits, label, value);
            var missing = summaries.Where(s => s.Label == label && value(s) is double.PositiveInfinity)
                .ToDictionary(s => (double)(s.Limit ?? 0), s => s.PageSeconds!.UnfinishedSeconds!.Value);
            return new Series(label + suffix, color, dashed,
                [.. points.Select(p => (p.Item1, double.IsInfinity(p.Item2) ? SoFar(p.Item1) : p.Item2))])
            {
                AtLeast = points.Where(p => double.IsInfinity(p.Item2)).Select(p => p.Item1).ToHashSet(),
            };

            double SoFar(double limit) => missing.GetValueOrDefault(limit, missing.GetValueOrDefault(0)); // 0: no limit
        }

        if (summaries.Any(s => s.PageSeconds is { Count: > 0 } or { Unfinished: > 0 }))
        {
            Add("Time until a page is there (dashed: 99 of 100 pages)", "seconds", s => s.PageSeconds?.P50, true,
                (", p99", true, s => s.PageSeconds?.P99));
        }

        var isOpen = summaries.Any(s => s.PageSeconds is { } p && (double.IsInfinity(p.P50) || double.IsInfinity(p.P99)));
        if (isOpen)
        {
            Add("Pages still missing at the end", "pages", s => s.PageSeconds?.Unfinished, false);
        }

        if (scenario.Programs.Any(p => p.Kind is ProgramKind.Swarm or ProgramKind.Crawler))
        {
            Add("Live peers found", "a minute", s => s.Policy == RunRequest.Idle ? null : s.LivePeersPerMinute, false);
        }

        foreach (var program in scenario.Programs.Where(p => p.Kind == ProgramKind.Worm && p.Count == 1).Take(MostPanels))
        {
            Add($"First contacts of the {program.Name}", "a second",
                s => s.AttemptsPerSecond.TryGetValue(program.Name, out var v) ? v : null, true);
        }

        var waiting = scenario.Programs.Where(p => p.Kind is ProgramKind.Innocent or ProgramKind.KeepOpen && p.Count == 1).ToList();
        foreach (var program in waiting.Take(MostPanels))
        {
            Add($"Wait of {program.Name} before its SYN leaves, p99", "seconds",
                s => s.WaitP99Seconds.TryGetValue(program.Name, out var v) ? v : null, false);
        }

        Add("Most attempts half-open to unknown hosts", "attempts", s => s.Policy == RunRequest.Idle ? null : s.MaxUnknownHalfOpen, true);
        if (scenario.Nat is not null)
        {
            Add("Most entries in the router's table", "entries", s => s.MaxNatEntries, false);
        }

        return Chart.Render($"What the limit gives and costs: {scenario.Name}",
            $"{Words(scenario)} Simulated, {scenario.DurationSeconds:0} virtual seconds, {seeds}."
            + (isOpen ? " An arrow: at least so long, since a page was still missing at the end." : "")
            + (waiting.Count > MostPanels ? $" {waiting.Count - MostPanels} more programs wait and are not drawn." : ""), panels, madeBy);
    }

    /// <summary>Infected share over time, one line a run.</summary>
    public static string Outbreak(Scenario scenario, IReadOnlyList<RunResult> results, string seeds, string madeBy)
    {
        var shown = results.GroupBy(r => (r.Label, r.Limit)).Select(g => g.First()).ToList();
        var series =
            shown.Select(
                (r, i) =>
                    new Series(Name(r), i, r.Policy == PolicyTable.Shipped.Default.Name,
                        [.. r.Outbreak!.Curve.Where(p => p.Seconds > 0)
                            .Select(p => (p.Seconds / 3600, 100.0 * p.Infected / r.Outbreak!.Hosts))])).ToList();
        var panel = new Panel
            { Title = "Share of the population that is infected", X = "hours since the first infections", Y = "% of the hosts", LogX = true,
                Series = series };
        return Chart.Render("How the limit slows a worm",
            $"{scenario.Outbreak!.Hosts:#,0} hosts in {scenario.Outbreak.Addresses:#,0} addresses, each infected host tries "
            + $"{scenario.Outbreak.ScanPerSecond:0.##} a second. Simulated, {seeds}.", [panel], madeBy);
    }

    private static string Name(RunResult r) => r.Label + (r.Limit is { } limit ? $", limit {limit}" : "");

    private static string Words(Scenario scenario) => scenario.Title is "-" or "" ? "" : scenario.Title;

    private static List<(double, double)> Points(IReadOnlyList<Summary> summaries, List<double> limits, string label, Func<Summary,
        double?> value)
    {
        var mine = summaries.Where(s => s.Label == label).ToList();
        if (mine is [{ Limit: null } only])
        {
            return value(only) is { } level ? [.. limits.Select(l => (l, level))] : [];
        }

        return [.. mine.Where(s => s.Limit is not null && value(s) is not null).OrderBy(s => s.Limit)
            .Select(s => ((double)s.Limit!.Value, value(s)!.Value))];
    }

    private static List<double> XTicks(List<double> limits) =>
        limits.Count <= 1
            ? limits
            : [.. new[]
                { 1.0, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000,
                    100_000 }.Where(t => t >= limits[0] && t <= limits[^1])];
}
