using System.Globalization;
using HalfOpen.Watch.Model;

namespace HalfOpen.Cli.Watch;

/// <summary>Numbers of frames in few characters, and the lines above the table.</summary>
internal static class WatchWords
{
    /// <summary>Whole numbers up to 99,999, then 123k, 12M.</summary>
    public static string Count(long count) => count switch
    {
        < 100_000 => count.ToString(CultureInfo.InvariantCulture),
        < 10_000_000 => $"{count / 1000}k",
        _ => $"{count / 1_000_000}M",
    };

    public static string Rate(double rate) => rate switch
    {
        <= 0 => "-",
        < 10 => rate.ToString("0.0", CultureInfo.InvariantCulture),
        _ => Count((long)Math.Round(rate)),
    };

    public static string Share(double? share) => share is { } known ? $"{known * 100:0}%" : "-";

    public static string Age(TimeSpan age) => age.TotalSeconds switch
    {
        <= 0 => "-",
        < 9.95 => $"{age.TotalSeconds:0.0}s",
        < 600 => $"{age.TotalSeconds:0}s",
        < 36_000 => $"{age.TotalMinutes:0}m",
        _ => $"{age.TotalHours:0}h",
    };

    public static string Processes(WatchProgram program) => program.ProcessIds.Count == 0 ? "-"
        : program.ProcessIds[0].ToString(CultureInfo.InvariantCulture)
            + (program.ProcessIds.Count > 1 || program.MoreProcesses ? "+" : "");

    public static string EndPoint(WatchDestination destination) =>
        destination.Address.Contains(':', StringComparison.Ordinal) ? $"[{destination.Address}]:{destination.Port}"
        : $"{destination.Address}:{destination.Port}";

    /// <summary>What is seen, and what is not, in one or two sentences.</summary>
    public static string Source(WatchSource source) => source.Words
        + (source.Misses.Length > 0 ? $"; misses {source.Misses}" : "") + (source.Why.Length > 0 ? $" ({source.Why})" : "");

    public static string Totals(WatchFrame frame)
    {
        var t = frame.Totals;
        return $"half-open {t.HalfOpen:#,0}" + (t.HalfOpen > 0 ? $", oldest {Age(t.OldestSilence)}" : "")
            + $" | new {Rate(t.AttemptsPerSecond)}/s | dead {Share(t.DeadShare)}"
            + (frame.Table is { } table ? $" | tracked {table.Count:#,0}" + (table.Max is { } max ? $" of {max:#,0}" : "") : "")
            + (t.HasLost ? " | SOME LOST" : "");
    }

    public static string Outcomes(in WatchOutcomes o) =>
        $"{o.Answered:#,0} answered, {o.Refused:#,0} refused, {o.Unreachable:#,0} unreachable, {o.TimedOut:#,0} timed out, "
        + $"{o.Abandoned:#,0} abandoned" + (o.Unseen > 0 ? $", {o.Unseen:#,0} unseen" : "");

    public static string Guard(WatchGuard guard) =>
        $"guard {guard.Policy}: {guard.SlotsTaken:#,0} of {guard.Limit:#,0} slots, {guard.Waiting:#,0} wait"
        + (guard.Problem.Length > 0 ? $" ({guard.Problem})" : "");
}
