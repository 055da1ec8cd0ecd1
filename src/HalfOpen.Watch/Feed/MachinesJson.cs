using System.Buffers;
using System.Text.Json;
using HalfOpen.Hosting;
using HalfOpen.Watch.Model;

namespace HalfOpen.Watch.Feed;

/// <summary>
/// Several machines as one JSON object in one line: what the overview of <c>lab --web</c> reads. As safe to show as
/// <see cref="FrameJson"/>. Thread-safe: no state.
/// </summary>
public static class MachinesJson
{
    /// <summary>Raised when a member changes its meaning or goes.</summary>
    public const int Version = 1;

    private static readonly JsonWriterOptions Options = new() { Encoder = PlainJson.Encoder };

    /// <summary>UTF-8 without an end of line.</summary>
    public static void Write(IBufferWriter<byte> output, MachinesFrame frame)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteNumber("number", frame.Number);
        json.WriteString("time", frame.Time.UtcDateTime);
        json.WriteString("doing", frame.Doing);
        json.WriteNumber("share", Math.Round(frame.Share, 3));
        json.WriteBoolean("isOver", frame.IsOver);
        json.WriteStartArray("machines");
        foreach (var machine in frame.Machines)
        {
            json.WriteStartObject();
            json.WriteString("name", machine.Name);
            json.WriteNumber("pages", machine.Pages);
            json.WritePropertyName("now");
            Now(json, machine.Frame);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Now(Utf8JsonWriter json, WatchFrame? frame)
    {
        if (frame is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteNumber("halfOpen", frame.Totals.HalfOpen);
        json.WriteNumber("oldestSilenceSeconds", Math.Round(frame.Totals.OldestSilence.TotalSeconds, 3));
        json.WriteNumber("attemptsPerSecond", Math.Round(frame.Totals.AttemptsPerSecond, 1));
        json.WritePropertyName("deadShare");
        if (frame.Totals.DeadShare is { } dead)
        {
            json.WriteNumberValue(Math.Round(dead, 3));
        }
        else
        {
            json.WriteNullValue();
        }

        json.WritePropertyName("guard");
        if (frame.Guard is { } guard)
        {
            json.WriteStartObject();
            json.WriteString("policy", guard.Policy);
            json.WriteNumber("limit", guard.Limit);
            json.WriteNumber("slotsTaken", guard.SlotsTaken);
            json.WriteNumber("waiting", guard.Waiting);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNullValue();
        }

        var top = frame.Programs.MaxBy(p => p.HalfOpen);
        json.WriteString("mostBy", top is { HalfOpen: > 0 } ? top.Name : "");
        json.WriteNumber("mostByHalfOpen", top?.HalfOpen ?? 0);
        json.WriteEndObject();
    }
}
