using HalfOpen.Watch.Model;

namespace HalfOpen.Tests.Web;

/// <summary>Frames that are made up: many programs, one of which holds most, with or without a guard.</summary>
internal static class MadeFrames
{
    /// <summary>A name that would steer a terminal, turn the direction of writing and be markup.</summary>
    public const string Evil = "evil\u202egnp\e[2J<img src=x onerror=alert(1)>\u200b";

    public static WatchFrame Of(long number, int programs = 12, bool hasGuard = true, string first = "transmission")
    {
        var rows = Enumerable.Range(1, programs).Select(i => Row(i, i == 1 ? first : i == 2 ? Evil : $"program-{i}",
            i == 1 ? 190 + (int)(number % 7) : Math.Max(0, 14 - i), hasGuard)).ToArray();
        var halfOpen = rows.Sum(r => r.HalfOpen);
        return new WatchFrame
        {
            Number = number,
            Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddSeconds(number),
            SinceStart = TimeSpan.FromSeconds(number),
            Source = new WatchSource(WatchKind.Events, "events of a test"),
            Totals = new WatchTotals
            {
                HalfOpen = halfOpen,
                OldestSilence = TimeSpan.FromSeconds(90),
                AttemptsPerSecond = 12.5,
                Attempts = 100 * number,
                Outcomes = new WatchOutcomes(20 * number, 3 * number, number, 30 * number, 5 * number, 2 * number, 0),
                DeadShare = 0.7,
            },
            Table = new WatchTable(1000 + 13 * (number % 20), 4096),
            Guard = hasGuard ? new WatchGuard("fair", 10, 9, 34,
                [new WatchGuardRow("user ann", "", 6, 30, TimeSpan.FromSeconds(12), ""),
                    new WatchGuardRow("user bob", "", 3, 4, TimeSpan.FromSeconds(2), "")], []) : null,
            Programs = rows,
        };
    }

    private static WatchProgram Row(int id, string name, int halfOpen, bool hasGuard) => new()
    {
        Id = id,
        Name = name,
        FullName = "/usr/bin/" + name,
        Owner = id % 3 == 0 ? "user bob" : "user ann",
        Unit = id % 2 == 0 ? "session-1.scope" : "",
        ProcessIds = [(uint)(1000 + id)],
        HalfOpen = halfOpen,
        OldestSilence = TimeSpan.FromSeconds(halfOpen),
        AttemptsPerSecond = halfOpen / 10.0,
        Attempts = halfOpen * 5,
        Outcomes = new WatchOutcomes(halfOpen, 1, 0, halfOpen * 2, 1, 0, 0),
        DeadShare = halfOpen == 0 ? null : Math.Round(0.66, 2),
        Slots = hasGuard && id < 4 ? 3 : 0,
        Waiting = hasGuard && halfOpen > 3 ? halfOpen - 3 : 0,
        LongestWait = TimeSpan.FromSeconds(halfOpen),
        WhyItWaits = hasGuard && halfOpen > 3 ? "its own attempts hold its share of the slots" : "",
        Destinations = [.. Enumerable.Range(1, 3)
            .Select(i => new WatchDestination($"203.0.113.{i}", 6880 + id % 9, halfOpen / 3, halfOpen, default)),
            new WatchDestination("2001:db8::1", 443, 0, 2, new WatchOutcomes(2, 0, 0, 0, 0, 0, 0))],
        DestinationsLeftOut = id == 1 ? 12_345 : 0,
    };
}
