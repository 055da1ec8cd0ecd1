using System.Globalization;
using System.Text;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Simulation.Results;

namespace HalfOpen.Cli.Simulate;

/// <summary>One line a run; what is kept by program has a column a program.</summary>
internal static class SimulateCsv
{
    public static string Write(string scenario, IReadOnlyList<RunResult> runs)
    {
        var programs = runs.SelectMany(r => r.AttemptsPerSecond.Keys).Distinct().ToList();
        var text =
            new StringBuilder(
                "scenario,policy,limit,giveUp,natBudget,seed,pageP50,pageP99,pages,pagesUnfinished,unfinishedSeconds,livePeersPerMinute,"
                + "maxCounted,maxHalfOpen,maxUnknownHalfOpen,"
                + "maxNatEntries,jain,events,infected,secondsTo1,secondsTo10,secondsTo50,secondsTo90,options");
        foreach (var p in programs)
        {
            text.Append(CultureInfo.InvariantCulture,
                $",{Quote("attemptsPerSecond " + p)},{Quote("maxWaitSeconds " + p)},{Quote("waitP99Seconds " + p)}");
        }

        text.Append('\n');
        foreach (var r in runs)
        {
            var pages = r.PageSeconds;
            var to = r.Outbreak?.SecondsTo;
            object?[] cells =
            [
                Quote(scenario), r.Policy, r.Limit, r.Options.ContainsKey("give-up") ? "true" : "false",
                    r.Options.GetValueOrDefault("nat-budget"), r.Seed, Known(pages?.P50), Known(pages?.P99), pages?.Count,
                pages?.Unfinished, pages?.UnfinishedSeconds, r.LivePeersPerMinute,
                r.MaxCounted, r.MaxHalfOpen, r.MaxUnknownHalfOpen, r.MaxNatEntries, r.Jain, r.Events,
                r.Outbreak?.Infected, to?["1%"], to?["10%"], to?["50%"], to?["90%"],
                    Quote(string.Join('+', r.Options.Select(o => $"{o.Key}={o.Value}"))),
                .. programs.SelectMany(p => new object?[] { Of(r.AttemptsPerSecond, p), Of(r.MaxWaitSeconds, p), Of(r.WaitP99Seconds, p) }),
            ];
            text.AppendJoin(',', cells.Select(c => Convert.ToString(c is double d ? Rounded.ToThousandths(d) : c,
                CultureInfo.InvariantCulture))).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Empty where no page was asked for, or too few came: then it is more than unfinishedSeconds.</summary>
    private static double? Known(double? quantile) => quantile is { } q && double.IsFinite(q) ? q : null;

    private static object? Of(IReadOnlyDictionary<string, double> values, string program) =>
        values.TryGetValue(program, out var v) ? v : null;

    private static string Quote(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
