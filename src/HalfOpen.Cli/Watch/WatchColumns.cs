using HalfOpen.Watch.Model;

namespace HalfOpen.Cli.Watch;

/// <summary>One column of the table. Immutable.</summary>
/// <param name="Title">At most as wide as <paramref name="Width"/>.</param>
/// <param name="Width">Columns of the terminal; 0: what is left.</param>
/// <param name="From">The narrowest terminal that shows it.</param>
/// <param name="Text">Of a program.</param>
/// <param name="Order">The biggest first, unless it is turned round.</param>
internal sealed record WatchColumn(string Title, int Width, int From, Func<WatchProgram, string> Text, Comparison<WatchProgram> Order)
{
    public bool IsLeft { get; init; }

    /// <summary>Only where a guard runs.</summary>
    public bool NeedsGuard { get; init; }
}

/// <summary>The columns, in their order on the screen.</summary>
internal static class WatchColumns
{
    /// <summary>The table is sorted by this one at first.</summary>
    public const string First = "HALF";

    public static IReadOnlyList<WatchColumn> All { get; } =
    [
        Text("PROGRAM", 0, 0, p => p.Name),
        Text("OWNER", 14, 90, p => p.Owner),
        Text("UNIT", 18, 140, p => p.Unit),
        new("PID", 8, 80, WatchWords.Processes, (a, b) => Newest(a.ProcessIds).CompareTo(Newest(b.ProcessIds))),
        new("HALF", 6, 0, p => WatchWords.Count(p.HalfOpen), (a, b) => b.HalfOpen.CompareTo(a.HalfOpen)),
        new("OLDEST", 6, 0, p => WatchWords.Age(p.OldestSilence), (a, b) => b.OldestSilence.CompareTo(a.OldestSilence)),
        new("NEW/S", 6, 0, p => WatchWords.Rate(p.AttemptsPerSecond), (a, b) => b.AttemptsPerSecond.CompareTo(a.AttemptsPerSecond)),
        new("TRIED", 6, 110, p => WatchWords.Count(p.Attempts), (a, b) => b.Attempts.CompareTo(a.Attempts)),
        Outcome("ANSWER", 6, 76, o => o.Answered),
        Outcome("REFUSE", 6, 100, o => o.Refused),
        Outcome("UNREA", 6, 150, o => o.Unreachable),
        Outcome("TIMEO", 6, 120, o => o.TimedOut),
        Outcome("ABAND", 6, 130, o => o.Abandoned),
        new("DEAD", 5, 0, p => WatchWords.Share(p.DeadShare), (a, b) => (b.DeadShare ?? -1).CompareTo(a.DeadShare ?? -1)),
        new("SLOTS", 5, 0, p => p.Slots.ToString(), (a, b) => b.Slots.CompareTo(a.Slots)) { NeedsGuard = true },
        new("WAITS", 6, 66, p => p.Waiting > 0 ? WatchWords.Count(p.Waiting) : "-", (a, b) => b.Waiting.CompareTo(a.Waiting))
            { NeedsGuard = true },
        new("SINCE", 6, 72, p => WatchWords.Age(p.LongestWait), (a, b) => b.LongestWait.CompareTo(a.LongestWait)) { NeedsGuard = true },
        Text("BUSIEST DESTINATION", 24, 170, p => p.Destinations.Count > 0 ? WatchWords.EndPoint(p.Destinations[0]) : ""),
    ];

    /// <summary>Those that fit, with the width of each.</summary>
    public static IReadOnlyList<(WatchColumn Column, int Width)> For(int columns, bool hasGuard)
    {
        var shown = All.Where(c => columns >= c.From && (hasGuard || !c.NeedsGuard)).ToArray();
        var rest = Math.Max(8, columns - shown.Sum(c => c.Width) - (shown.Length - 1));
        return [.. shown.Select(c => (c, c.Width == 0 ? rest : c.Width))];
    }

    private static WatchColumn Text(string title, int width, int from, Func<WatchProgram, string> text) =>
        new(title, width, from, text, (a, b) => string.Compare(text(a), text(b), StringComparison.OrdinalIgnoreCase)) { IsLeft = true };

    private static WatchColumn Outcome(string title, int width, int from, Func<WatchOutcomes, long> count) =>
        new(title, width, from, p => WatchWords.Count(count(p.Outcomes)), (a, b) => count(b.Outcomes).CompareTo(count(a.Outcomes)));

    private static uint Newest(IReadOnlyList<uint> processes) => processes.Count > 0 ? processes[0] : uint.MaxValue;
}
