using HalfOpen.Core;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HalfOpen.Hosting.Replay;

/// <summary>
/// Reads one line of a replay file (docs/guides/replay.md). Strict: a name that is not known is an error, not a
/// surprise later. Thread-safe.
/// </summary>
public static class ReplayParser
{
    /// <summary>About 31 years; keeps instants in 100 ns units far from overflow.</summary>
    public const decimal MaxMilliseconds = 1_000_000_000_000m;

    /// <summary>Characters of a program's name: an executable's path (4,096) and its unit fit.</summary>
    public const int MaxProgramLength = 8192;

    internal const string Form = "an event is one object a line, such as "
        + "{\"t\":0,\"submit\":1,\"program\":\"firefox\",\"destination\":\"10.0.0.1:443\"}";

    private const string Kinds = "submit, adopt, outcome, close, limit, or t alone";
    private static readonly string[] KindNames = ["submit", "adopt", "outcome", "close", "limit"];

    /// <exception cref="ReplayFormatException">The line is not an event.</exception>
    public static ReplayEvent Parse(string line)
    {
        using var document = ReadObject(line);
        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (!fields.TryAdd(property.Name, property.Value))
            {
                throw new ReplayFormatException($"\"{Shown(property.Name)}\" stands twice");
            }
        }

        if (!fields.Remove("t", out var time))
        {
            throw new ReplayFormatException("\"t\" is missing: the time in ms");
        }

        var at = Milliseconds(time, "t");
        var kinds = KindNames.Where(fields.ContainsKey).ToList();
        if (kinds.Count > 1)
        {
            throw new ReplayFormatException($"one event a line, not {string.Join(" and ", kinds)}");
        }

        var result = kinds.Count == 0 ? new ReplayEvent(ReplayEventKind.Time, at, 0) : Event(kinds[0], at, fields);
        if (fields.Count > 0)
        {
            var allowed = kinds.Count == 0 ? Kinds : string.Join(", ", AllowedWith(kinds[0]));
            throw new ReplayFormatException(
                $"\"{Shown(fields.Keys.First())}\" is not known here; allowed: {(allowed.Length == 0 ? "nothing more" : allowed)}");
        }

        return result;
    }

    /// <summary>
    /// A program's name that is a number, in decimal or 0x form: the 32-bit process address of <c>windows-xp</c>.
    /// </summary>
    public static bool TryProgramNumber(string name, out ulong number) =>
        name.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(name.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : ulong.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static string[] AllowedWith(string kind) => kind switch
    {
        "submit" => ["program", "owner", "destination", "priority", "deadline"],
        "adopt" => ["program", "owner", "destination"],
        "outcome" => ["as"],
        _ => [],
    };

    private static ReplayEvent Event(string kind, decimal at, Dictionary<string, JsonElement> fields)
    {
        fields.Remove(kind, out var number);
        if (kind == "limit")
        {
            return new ReplayEvent(ReplayEventKind.Limit, at, Whole(number, "limit", 1, 1_000_000));
        }

        var id = Whole(number, kind, 0, long.MaxValue);
        switch (kind)
        {
            case "close":
                return new ReplayEvent(ReplayEventKind.Close, at, id);
            case "outcome":
                var word = Text(fields, "as", string.Join(", ", OutcomeWords.All));
                return OutcomeWords.TryRead(word, out var outcome)
                    ? new ReplayEvent(ReplayEventKind.Outcome, at, id) { Outcome = outcome }
                    : throw new ReplayFormatException($"\"as\" is \"{Shown(word)}\"; allowed: {string.Join(", ", OutcomeWords.All)}");
            default:
                return Attempt(kind == "adopt" ? ReplayEventKind.Adopt : ReplayEventKind.Submit, at, id, fields);
        }
    }

    private static ReplayEvent Attempt(ReplayEventKind kind, decimal at, long id, Dictionary<string, JsonElement> fields)
    {
        var (number, name) = Program(fields);
        var owner = Owner(fields, number is not null);
        const string form = "ADDRESS:PORT, such as 10.0.0.1:6881 or [2001:db8::1]:443";
        var text = Text(fields, "destination", form);
        if (!Destination.TryParse(text, out var destination))
        {
            throw new ReplayFormatException($"\"destination\" is \"{Shown(text)}\"; allowed: {form}");
        }

        var result = new ReplayEvent(kind, at, id) { ProgramNumber = number, ProgramName = name, Owner = owner, Destination = destination };
        if (kind == ReplayEventKind.Submit)
        {
            if (fields.Remove("priority", out var priority))
            {
                result = result with { Priority = (int)Whole(priority, "priority", 0, AttemptRequest.MaxPriority) };
            }

            if (fields.Remove("deadline", out var deadline))
            {
                result = result with { Deadline = Milliseconds(deadline, "deadline") };
            }
        }

        return result;
    }

    private static (ulong? Number, string? Name) Program(Dictionary<string, JsonElement> fields)
    {
        const string allowed = "a name, or a process address such as \"0x80123450\" or 2148676688";
        if (!fields.Remove("program", out var program))
        {
            throw new ReplayFormatException($"\"program\" is missing: {allowed}");
        }

        if (program.ValueKind == JsonValueKind.Number)
        {
            return program.TryGetDecimal(out var address) && address == decimal.Truncate(address) && address is >= 0 and <= ulong.MaxValue
                ? ((ulong)address, null)
                : throw new ReplayFormatException($"\"program\" must be {allowed}; a number is a whole one from 0 to {ulong.MaxValue}");
        }

        var name = program.ValueKind == JsonValueKind.String ? StringOf(program, "program") : "";
        if (name.Length is 0 or > MaxProgramLength)
        {
            throw new ReplayFormatException($"\"program\" must be {allowed}, at most {MaxProgramLength} characters");
        }

        return TryProgramNumber(name, out var number) ? (number, null) : (null, name);
    }

    private static string? Owner(Dictionary<string, JsonElement> fields, bool ofNumber)
    {
        if (!fields.Remove("owner", out var value))
        {
            return null;
        }

        var owner = value.ValueKind == JsonValueKind.String ? StringOf(value, "owner") : "";
        return owner.Length is 0 or > MaxProgramLength
            ? throw new ReplayFormatException($"\"owner\" must be a name, at most {MaxProgramLength} characters")
            : ofNumber ? throw new ReplayFormatException("\"owner\" goes with a program's name, not with a process address") : owner;
    }

    private static JsonDocument ReadObject(string line)
    {
        JsonDocument document;
        try
        {
            // Lone surrogates cannot be written as UTF-8; they are not JSON either.
            document = JsonDocument.Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(line),
                new JsonDocumentOptions { MaxDepth = 4 });
        }
        catch (Exception e) when (e is JsonException or EncoderFallbackException)
        {
            throw new ReplayFormatException(
                "not JSON; " + Form);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        throw new ReplayFormatException("not an object; an event is one JSON object a line, such as {\"t\":100}");
    }

    private static string Text(Dictionary<string, JsonElement> fields, string name, string allowed)
    {
        if (!fields.Remove(name, out var value))
        {
            throw new ReplayFormatException($"\"{name}\" is missing; allowed: {allowed}");
        }

        return value.ValueKind == JsonValueKind.String
            ? StringOf(value, name)
            : throw new ReplayFormatException($"\"{name}\" must be a string; allowed: {allowed}");
    }

    private static string StringOf(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new ReplayFormatException($"\"{name}\" holds half a surrogate pair, which is not text");
        }
    }

    /// <summary>Also 1.0 and 1e3: languages whose only numbers are floating ones write them so.</summary>
    private static long Whole(JsonElement value, string name, long min, long max) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && number == decimal.Truncate(number)
            && number >= min && number <= max
            ? (long)number
            : throw new ReplayFormatException($"\"{name}\" must be a whole number from {min} to {max}");

    private static decimal Milliseconds(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var ms) && ms >= 0 && ms <= MaxMilliseconds
            ? ms
            : throw new ReplayFormatException($"\"{name}\" must be a number of ms from 0 to {MaxMilliseconds}");

    /// <summary>What the file said, short and on one line.</summary>
    private static string Shown(string text)
    {
        var shown = new StringBuilder();
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, 40)))
        {
            shown.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        }

        return text.Length > 40 ? shown.Append("...").ToString() : shown.ToString();
    }
}
