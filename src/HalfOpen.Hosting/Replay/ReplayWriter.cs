using HalfOpen.Core;
using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace HalfOpen.Hosting.Replay;

/// <summary>
/// Writes the events a host saw as the lines that <c>halfopen replay</c> reads (docs/guides/replay.md), so that what
/// happened on a machine can be played again. Pure: the host owns the file and decides when to write out the buffer.
/// Each call appends one line with its newline. Not thread-safe.
/// </summary>
public sealed class ReplayWriter(IBufferWriter<byte> output, Instant epoch) : IDisposable
{
    private static readonly JsonEncodedText Time = JsonEncodedText.Encode("t");
    private static readonly JsonEncodedText ProgramName = JsonEncodedText.Encode("program");
    private static readonly JsonEncodedText OwnerName = JsonEncodedText.Encode("owner");
    private static readonly JsonEncodedText DestinationName = JsonEncodedText.Encode("destination");
    private static readonly JsonEncodedText PriorityName = JsonEncodedText.Encode("priority");
    private static readonly JsonEncodedText DeadlineName = JsonEncodedText.Encode("deadline");
    private static readonly JsonEncodedText As = JsonEncodedText.Encode("as");
    private readonly Utf8JsonWriter _json = new(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    private long _last = epoch.Ticks;

    /// <summary>Lines written.</summary>
    public long Lines { get; private set; }

    /// <summary>An attempt was submitted.</summary>
    /// <param name="id">The host's number for it, never used again in this file.</param>
    /// <param name="program">What the program is called; a number in decimal or 0x form is the 32-bit process address
    /// of windows-xp.</param>
    /// <param name="owner">Whom the program belongs to; null: it is an owner by itself.</param>
    public void Submit(Instant now, long id, ReadOnlySpan<char> program, in Destination destination, int priority = 0,
        Instant? deadline = null, string? owner = null)
    {
        Begin(now);
        _json.WriteNumber("submit", id);
        WriteProgram(program, owner);
        _json.WriteString(DestinationName, destination.ToString());
        if (priority != 0)
        {
            _json.WriteNumber(PriorityName, priority);
        }

        if (deadline is { } due)
        {
            _json.WritePropertyName(DeadlineName);
            WriteMilliseconds(due.Ticks);
        }

        End();
    }

    /// <summary>An attempt was half-open already when the host found it.</summary>
    public void Adopt(Instant now, long id, ReadOnlySpan<char> program, in Destination destination, string? owner = null)
    {
        Begin(now);
        _json.WriteNumber("adopt", id);
        WriteProgram(program, owner);
        _json.WriteString(DestinationName, destination.ToString());
        End();
    }

    /// <summary>An attempt ended.</summary>
    public void Ended(Instant now, long id, Outcome outcome)
    {
        Begin(now);
        _json.WriteNumber("outcome", id);
        _json.WriteString(As, OutcomeWords.Of(outcome));
        End();
    }

    /// <summary>The connection that an attempt had become ended.</summary>
    public void Closed(Instant now, long id)
    {
        Begin(now);
        _json.WriteNumber("close", id);
        End();
    }

    /// <summary>The limit was changed.</summary>
    public void LimitChanged(Instant now, int limit)
    {
        Begin(now);
        _json.WriteNumber("limit", limit);
        End();
    }

    /// <summary>Time passed and something was due.</summary>
    public void Advanced(Instant now)
    {
        Begin(now);
        End();
    }

    /// <summary>Lets go of the writer; the buffer stays the host's.</summary>
    public void Dispose() => _json.Dispose();

    /// <summary>A name is for show: what the reader would refuse as too long is cut, what has none is said.</summary>
    private static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> program) =>
        program.IsEmpty ? "?" : program.Length > ReplayParser.MaxProgramLength ? program[..ReplayParser.MaxProgramLength] : program;

    private void WriteProgram(ReadOnlySpan<char> program, string? owner)
    {
        _json.WriteString(ProgramName, NameOf(program));
        if (owner is not null)
        {
            _json.WriteString(OwnerName, NameOf(owner));
        }
    }

    private void Begin(Instant now)
    {
        _last = Math.Max(_last, now.Ticks); // a file's times never decrease
        _json.WriteStartObject();
        _json.WritePropertyName(Time);
        WriteMilliseconds(_last);
    }

    /// <summary>Whole milliseconds where they are whole, else up to four decimals: 100 ns.</summary>
    private void WriteMilliseconds(long ticks)
    {
        Span<char> text = stackalloc char[32];
        ((decimal)(ticks - epoch.Ticks) / TimeSpan.TicksPerMillisecond)
            .TryFormat(text, out var length, "0.####", CultureInfo.InvariantCulture);
        _json.WriteRawValue(text[..length]);
    }

    private void End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        output.Write("\n"u8);
        Lines++;
    }
}
