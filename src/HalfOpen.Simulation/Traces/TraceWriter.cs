using System.Globalization;
using HalfOpen.Core;
using HalfOpen.Simulation.Time;

namespace HalfOpen.Simulation.Traces;

/// <summary>
/// Writes what the limiter was told as the JSON Lines that <c>halfopen replay</c> reads: <c>t</c> in milliseconds (to the tick of
/// 100 ns), submissions, outcomes, closes, changes of the limit and the passing of time. Not thread-safe.
/// </summary>
internal sealed class TraceWriter(TextWriter output)
{
    public long Lines { get; private set; }

    /// <summary>Why the trace is not the whole story, if so: the format has no word for it.</summary>
    public string? Incomplete { get; private set; }

    public void Submit(long now, long serial, string program, in Destination destination, int priority)
    {
        var rest = priority == 0 ? "}" : string.Create(CultureInfo.InvariantCulture, $",\"priority\":{priority}}}");
        Write(string.Create(CultureInfo.InvariantCulture, $"{{\"t\":{Ms(now)},\"submit\":{serial},\"program\":{Quote(program)},\"destination\":\"{destination}\"{rest}"));
    }

    public void Outcome(long now, long serial, Outcome outcome) =>
        Write(string.Create(CultureInfo.InvariantCulture, $"{{\"t\":{Ms(now)},\"outcome\":{serial},\"as\":\"{NameOf(outcome)}\"}}"));

    public void Close(long now, long serial) =>
        Write(string.Create(CultureInfo.InvariantCulture, $"{{\"t\":{Ms(now)},\"close\":{serial}}}"));

    public void Limit(long now, int limit) => Write(string.Create(CultureInfo.InvariantCulture, $"{{\"t\":{Ms(now)},\"limit\":{limit}}}"));

    public void Advance(long now) => Write($"{{\"t\":{Ms(now)}}}");

    public void NotRecordable(string what) => Incomplete ??= what;

    internal static string NameOf(Outcome outcome) => outcome switch
    {
        Core.Outcome.Established => "established",
        Core.Outcome.Refused => "refused",
        Core.Outcome.Reset => "reset",
        Core.Outcome.TimedOut => "timed-out",
        Core.Outcome.Unreachable => "unreachable",
        _ => "cancelled",
    };

    private static string Ms(long ticks) => ((decimal)ticks / Ticks.PerMillisecond).ToString("0.####", CultureInfo.InvariantCulture);

    private static string Quote(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private void Write(string line)
    {
        output.WriteLine(line);
        Lines++;
    }
}
