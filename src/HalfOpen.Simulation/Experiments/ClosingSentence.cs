using System.Globalization;
using HalfOpen.Simulation.Results;
using HalfOpen.Simulation.Scenarios;

namespace HalfOpen.Simulation.Experiments;

/// <summary>What somebody should take home from a table of results, in a sentence or two. Pure, thread-safe.</summary>
public static class ClosingSentence
{
    private const string WindowsXp = "windows-xp";
    private const string Fair = "fair";
    private const double Same = 1.15; // below this factor nobody would notice

    /// <param name="scenario">What was simulated.</param>
    /// <param name="rows">Its results, at least one, in the order of the table.</param>
    public static string Of(Scenario scenario, IReadOnlyList<Summary> rows)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(rows);
        var text = scenario.Outbreak is not null ? Outbreak(rows)
            : scenario.Programs.Any(p => p.Kind == ProgramKind.Browser) ? Pages(scenario, rows)
            : Waiting(scenario) is { } patient ? Waits(patient, rows)
            : Peers(rows);
        return text + Router(scenario, rows);
    }

    private static string Pages(Scenario scenario, IReadOnlyList<Summary> rows)
    {
        var asked = rows.Where(r => r.PageSeconds is { Count: > 0 } or { Unfinished: > 0 }).ToList();
        if (asked.Count == 0)
        {
            return "Nobody asked for a page in that time.";
        }

        return (Freeze(scenario, asked) ?? FastAndSlow(asked)) + Missing(asked);
    }

    /// <summary>The comparison that the project is about, in the words of the lab; null: not in this table.</summary>
    private static string? Freeze(Scenario scenario, List<Summary> rows)
    {
        var old = rows.Where(r => r is { Policy: WindowsXp, Limit: not null }).MinBy(r => r.Limit);
        var now = old is null ? null : rows.Find(r => r.Label == Fair && r.Limit == old.Limit);
        if (old is null || now is null)
        {
            return null;
        }

        var lifted = rows.Where(r => r.Policy == WindowsXp && r.Limit > old.Limit).MaxBy(r => r.Limit);
        var idle = rows.Find(r => r.Policy == RunRequest.Idle);
        var (then, today) = (old.PageSeconds!, now.PageSeconds!);
        return Invariant($"{While(scenario)}, a web page took {Median(then)} under Windows XP's limit of {old.Limit}, ")
            + (lifted is null ? "" : Invariant($"{Median(lifted.PageSeconds!)} with the limit lifted to {lifted.Limit}, "))
            + Invariant($"and {Median(today)} with halfopen's fair policy at the same {old.Limit}")
            + Faster(then, today)
            + (idle?.PageSeconds is not { } quiet || quiet.Count == 0 ? "."
                : today.P50 < 1.5 * quiet.P50 ? ", as on an idle machine." : $", where an idle machine takes {Median(quiet)}.");
    }

    private static string Faster(PageTimes then, PageTimes now) =>
        double.IsInfinity(now.P50) || then.P50 / now.P50 < Same
            ? ""
            : double.IsInfinity(then.P50) ? Invariant($": more than {then.UnfinishedSeconds / now.P50:#,0} times faster")
            : Invariant($": {Times(then.P50 / now.P50)} times faster");

    private static string FastAndSlow(List<Summary> rows)
    {
        var fast = rows.MinBy(r => (r.PageSeconds!.P99, r.PageSeconds.P50))!;
        var slow = rows.MaxBy(r => (r.PageSeconds!.P99, r.PageSeconds.P50))!;
        var first = $"{Upper(With(fast))}, half of the pages took {Took(fast.PageSeconds!.P50, fast.PageSeconds)}, and 99 of 100 "
            + $"{Took(fast.PageSeconds.P99, fast.PageSeconds)}";
        return fast == slow ? first + "."
            : $"{first}; {With(slow)}, {Took(slow.PageSeconds!.P50, slow.PageSeconds)} and {Took(slow.PageSeconds.P99, slow.PageSeconds)}.";
    }

    /// <summary>Said where it matters: what is missing has taken longer than what came.</summary>
    private static string Missing(List<Summary> rows)
    {
        var worst = rows
            .Where(r => r.PageSeconds!.UnfinishedSeconds is { } s && (double.IsInfinity(r.PageSeconds.P99) || s > r.PageSeconds.P99))
            .MaxBy(r => r.PageSeconds!.UnfinishedSeconds);
        return worst?.PageSeconds is not { } pages ? "" : Invariant($" {pages.Unfinished} {(pages.Unfinished == 1 ? "page" : "pages")} ")
            + $"had still not come at the end {With(worst)}, waited for up to {ResultTable.Seconds(pages.UnfinishedSeconds)}.";
    }

    private static string Waits(string program, IReadOnlyList<Summary> rows)
    {
        var (least, most) = (rows.MinBy(Wait)!, rows.MaxBy(Wait)!);
        var first = Wait(least) == 0 ? $"99 of 100 of {program}'s attempts did not wait" : $"99 of 100 of {program}'s attempts waited "
            + $"at most {ResultTable.Seconds(Wait(least))}";
        return Wait(most) == Wait(least) ? $"{first}{(rows.Count > 1 ? " in any row" : "")}."
            : $"{first} {With(least)}; {With(most)}, they waited up to {ResultTable.Seconds(Wait(most))}.";

        double Wait(Summary row) => row.WaitP99Seconds.GetValueOrDefault(program);
    }

    private static string Outbreak(IReadOnlyList<Summary> rows)
    {
        var slow = rows.MaxBy(Half)!;
        var fast = rows.MinBy(Half)!;
        return Half(fast) == Half(slow) ? $"Half of the hosts were infected {After(fast)} in every row."
            : $"Half of the hosts were infected {After(fast)} {With(fast)}, and {After(slow)} {With(slow)}.";

        static double Half(Summary row) => row.SecondsTo.GetValueOrDefault("50%") ?? double.PositiveInfinity;
        static string After(Summary row) =>
            double.IsInfinity(Half(row)) ? "not at all in that time" : "after " + ResultTable.Seconds(Half(row));
    }

    private static string Peers(IReadOnlyList<Summary> rows)
    {
        var (most, least) = (rows.MaxBy(r => r.LivePeersPerMinute)!, rows.MinBy(r => r.LivePeersPerMinute)!);
        var first = $"{Upper(With(most))}, {ResultTable.Rate(most.LivePeersPerMinute)} hosts answered a minute";
        return most.LivePeersPerMinute == least.LivePeersPerMinute
            ? $"{ResultTable.Rate(most.LivePeersPerMinute)} hosts answered a minute{(rows.Count > 1 ? " in every row" : "")}."
            : $"{first}; {With(least)}, {ResultTable.Rate(least.LivePeersPerMinute)}.";
    }

    private static string Router(Scenario scenario, IReadOnlyList<Summary> rows)
    {
        if (scenario.Nat is not { } nat || rows.All(r => r.MaxNatEntries is null))
        {
            return "";
        }

        var (full, spare) = (rows.MaxBy(r => r.MaxNatEntries)!, rows.MinBy(r => r.MaxNatEntries)!);
        var most = full.MaxNatEntries >= nat.Capacity
            ? Invariant($" The router's table was full ({nat.Capacity:#,0} entries) {With(full)}")
            : Invariant($" The router's table held at most {full.MaxNatEntries:#,0} of {nat.Capacity:#,0} entries {With(full)}");
        return full.MaxNatEntries == spare.MaxNatEntries ? most + "."
            : most + Invariant($", and held at most {spare.MaxNatEntries:#,0} {With(spare)}.");
    }

    private static string While(Scenario scenario)
    {
        var kinds = scenario.Programs.Select(p => p.Kind).ToHashSet();
        return kinds.Contains(ProgramKind.Worm) ? "While a worm tried random addresses"
            : kinds.Contains(ProgramKind.Swarm) ? "While a P2P program kept trying dead peers"
            : kinds.Contains(ProgramKind.Crawler) ? "While a crawler ran" : "Beside the other programs";
    }

    /// <summary>Whose attempts somebody waits for, where nobody reads pages.</summary>
    private static string? Waiting(Scenario scenario) =>
        scenario.Programs.FirstOrDefault(p => p.Count == 1 && p.Kind is ProgramKind.Innocent or ProgramKind.KeepOpen)?.Name;

    private static string With(Summary row) =>
        row.Policy == RunRequest.Idle ? "on an idle machine"
        : row.Limit is not { } limit ? "without a limit"
        : row.Policy == WindowsXp ? Invariant($"under Windows XP's rule at {limit}")
        : Invariant($"with {row.Label} at {limit}");

    private static string Median(PageTimes pages) => Took(pages.P50, pages);

    private static string Took(double seconds, PageTimes pages) =>
        double.IsInfinity(seconds) ? "more than " + ResultTable.Seconds(pages.UnfinishedSeconds) : ResultTable.Seconds(seconds);

    private static string Times(double factor) => factor.ToString(factor < 10 ? "0.0" : "#,0", CultureInfo.InvariantCulture);

    private static string Upper(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
