using System.Buffers;
using System.Text.Json;
using HalfOpen.Hosting;
using HalfOpen.Watch.Model;

namespace HalfOpen.Watch.Feed;

/// <summary>
/// A frame as one JSON object in one line; docs/schemas/watch.md describes it. Nothing in it steers a terminal or a
/// browser, whatever programs call themselves. Thread-safe: no state.
/// </summary>
public static class FrameJson
{
    /// <summary>Raised when a member changes its meaning or goes; new members may come without.</summary>
    public const int Version = 1;

    private static readonly JsonWriterOptions Options = new() { Encoder = PlainJson.Encoder };

    /// <summary>UTF-8 without an end of line.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="rows">Programs at most; those beyond are counted in <c>programsLeftOut</c>, and are not in
    /// <c>others</c>.</param>
    public static void Write(IBufferWriter<byte> output, WatchFrame frame, int rows = int.MaxValue)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteNumber("number", frame.Number);
        json.WriteString("time", frame.Time.UtcDateTime);
        Seconds(json, "sinceStartSeconds", frame.SinceStart);
        json.WriteStartObject("source");
        json.WriteString("kind", frame.Source.Kind == WatchKind.Events ? "events" : "samples");
        json.WriteString("words", frame.Source.Words);
        json.WriteString("misses", frame.Source.Misses);
        json.WriteString("why", frame.Source.Why);
        json.WriteEndObject();
        Totals(json, frame.Totals);
        Table(json, frame.Table);
        Guard(json, frame.Guard);
        var shown = Math.Clamp(rows, 0, frame.Programs.Count);
        json.WriteStartArray("programs");
        for (var i = 0; i < shown; i++)
        {
            Program(json, frame.Programs[i]);
        }

        json.WriteEndArray();
        json.WriteNumber("programsLeftOut", frame.ProgramsLeftOut + frame.Programs.Count - shown);
        json.WritePropertyName("others");
        if (frame.Others is { } others)
        {
            Program(json, others);
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteEndObject();
    }

    private static void Totals(Utf8JsonWriter json, WatchTotals t)
    {
        json.WriteStartObject("totals");
        json.WriteNumber("halfOpen", t.HalfOpen);
        Seconds(json, "oldestSilenceSeconds", t.OldestSilence);
        json.WriteNumber("attemptsPerSecond", t.AttemptsPerSecond);
        json.WriteNumber("attempts", t.Attempts);
        json.WriteNumber("found", t.Found);
        Outcomes(json, "outcomes", t.Outcomes);
        Outcomes(json, "lately", t.Lately);
        Seconds(json, "latelySeconds", t.LatelySpan);
        Share(json, t.DeadShare);
        json.WriteBoolean("hasLost", t.HasLost);
        json.WriteEndObject();
    }

    private static void Table(Utf8JsonWriter json, WatchTable? table)
    {
        if (table is null)
        {
            json.WriteNull("table");
            return;
        }

        json.WriteStartObject("table");
        json.WriteNumber("count", table.Count);
        if (table.Max is { } max)
        {
            json.WriteNumber("max", max);
        }
        else
        {
            json.WriteNull("max");
        }

        json.WriteEndObject();
    }

    private static void Guard(Utf8JsonWriter json, WatchGuard? guard)
    {
        if (guard is null)
        {
            json.WriteNull("guard");
            return;
        }

        json.WriteStartObject("guard");
        json.WriteString("policy", guard.Policy);
        json.WriteNumber("limit", guard.Limit);
        json.WriteNumber("slotsTaken", guard.SlotsTaken);
        json.WriteNumber("waiting", guard.Waiting);
        json.WriteNumber("leftOut", guard.LeftOut);
        json.WriteString("problem", guard.Problem);
        GuardRows(json, "owners", guard.Owners);
        GuardRows(json, "programs", guard.Programs);
        json.WriteEndObject();
    }

    private static void GuardRows(Utf8JsonWriter json, string name, IReadOnlyList<WatchGuardRow> rows)
    {
        json.WriteStartArray(name);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteString("owner", row.Owner);
            json.WriteString("program", row.Program);
            json.WriteNumber("slots", row.Slots);
            json.WriteNumber("waiting", row.Waiting);
            Seconds(json, "longestWaitSeconds", row.LongestWait);
            json.WriteString("reason", row.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Program(Utf8JsonWriter json, WatchProgram p)
    {
        json.WriteStartObject();
        json.WriteNumber("id", p.Id);
        json.WriteString("name", p.Name);
        json.WriteString("fullName", p.FullName);
        json.WriteString("owner", p.Owner);
        json.WriteString("unit", p.Unit);
        json.WriteStartArray("processIds");
        foreach (var process in p.ProcessIds)
        {
            json.WriteNumberValue(process);
        }

        json.WriteEndArray();
        json.WriteBoolean("moreProcesses", p.MoreProcesses);
        json.WriteNumber("halfOpen", p.HalfOpen);
        Seconds(json, "oldestSilenceSeconds", p.OldestSilence);
        json.WriteNumber("attemptsPerSecond", p.AttemptsPerSecond);
        json.WriteNumber("attempts", p.Attempts);
        json.WriteNumber("found", p.Found);
        Outcomes(json, "outcomes", p.Outcomes);
        Share(json, p.DeadShare);
        json.WriteNumber("slots", p.Slots);
        json.WriteNumber("waiting", p.Waiting);
        Seconds(json, "longestWaitSeconds", p.LongestWait);
        json.WriteString("whyItWaits", p.WhyItWaits);
        json.WriteStartArray("destinations");
        foreach (var d in p.Destinations)
        {
            json.WriteStartObject();
            json.WriteString("address", d.Address);
            json.WriteNumber("port", d.Port);
            json.WriteNumber("halfOpen", d.HalfOpen);
            json.WriteNumber("attempts", d.Attempts);
            Outcomes(json, "outcomes", d.Outcomes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("destinationsLeftOut", p.DestinationsLeftOut);
        json.WriteEndObject();
    }

    private static void Outcomes(Utf8JsonWriter json, string name, in WatchOutcomes o)
    {
        json.WriteStartObject(name);
        json.WriteNumber("answered", o.Answered);
        json.WriteNumber("refused", o.Refused);
        json.WriteNumber("unreachable", o.Unreachable);
        json.WriteNumber("timedOut", o.TimedOut);
        json.WriteNumber("abandoned", o.Abandoned);
        json.WriteNumber("abandonedSilent", o.AbandonedSilent);
        json.WriteNumber("unseen", o.Unseen);
        json.WriteEndObject();
    }

    private static void Share(Utf8JsonWriter json, double? share)
    {
        if (share is { } known)
        {
            json.WriteNumber("deadShare", Math.Round(known, 3));
        }
        else
        {
            json.WriteNull("deadShare");
        }
    }

    private static void Seconds(Utf8JsonWriter json, string name, TimeSpan span) =>
        json.WriteNumber(name, Math.Round(span.TotalSeconds, 3));
}
