using System.Text.Json;
using Xunit;

namespace HalfOpen.Tests.Watch;

/// <summary>
/// Holds a frame against docs/schemas/watch.schema.json: as a validator of JSON Schema does for the words that stand
/// there, and stricter, since a member that is not described is an error.
/// </summary>
internal static class FrameSchema
{
    private static readonly JsonElement Root = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(FindRoot(), "docs", "schemas", "watch.schema.json"))).RootElement;

    /// <summary>Words of JSON Schema that are understood here; another one in the file fails.</summary>
    private static readonly string[] Known = ["$schema", "title", "description", "type", "properties", "required", "items", "enum", "const",
        "format", "minimum", "maximum", "maxItems", "anyOf", "$ref", "$defs"];

    public static void Hold(string frame)
    {
        using var json = JsonDocument.Parse(frame);
        Assert.Empty(Problems(Root, json.RootElement, "").Take(5));
    }

    internal static IEnumerable<string> Problems(JsonElement schema, JsonElement value, string at)
    {
        foreach (var word in schema.EnumerateObject().Where(w => !Known.Contains(w.Name, StringComparer.Ordinal)))
        {
            yield return $"{at}: the schema's word {word.Name} is not understood";
        }

        var found = schema.EnumerateObject().SelectMany(word => word.Name switch
        {
            "$ref" => Problems(Root.GetProperty("$defs").GetProperty(word.Value.GetString()!["#/$defs/".Length..]), value, at),
            "anyOf" => word.Value.EnumerateArray().Any(s => !Problems(s, value, at).Any()) ? [] : [$"{at}: none of anyOf"],
            "type" => If(!Types(word.Value).Any(t => IsOf(t, value)), $"{at}: {value.ValueKind} is not {word.Value}"),
            "const" => If(word.Value.GetRawText() != value.GetRawText(), $"{at}: not {word.Value}"),
            "enum" => If(word.Value.EnumerateArray().All(e => e.GetRawText() != value.GetRawText()), $"{at}: {value} is not one of them"),
            "format" => If(!value.TryGetDateTimeOffset(out _), $"{at}: {value} is no time"),
            "minimum" when value.ValueKind == JsonValueKind.Number =>
                If(value.GetDouble() < word.Value.GetDouble(), $"{at}: {value} is too small"),
            "maximum" when value.ValueKind == JsonValueKind.Number =>
                If(value.GetDouble() > word.Value.GetDouble(), $"{at}: {value} is too big"),
            "maxItems" => If(value.GetArrayLength() > word.Value.GetInt32(), $"{at}: too many"),
            "items" when value.ValueKind == JsonValueKind.Array =>
                value.EnumerateArray().SelectMany((v, i) => Problems(word.Value, v, $"{at}/{i}")),
            "required" when value.ValueKind == JsonValueKind.Object =>
                word.Value.EnumerateArray().Where(n => !value.TryGetProperty(n.GetString()!, out _)).Select(n => $"{at}/{n}: missing"),
            "properties" when value.ValueKind == JsonValueKind.Object => value.EnumerateObject().SelectMany(member =>
                word.Value.TryGetProperty(member.Name, out var inner) ? Problems(inner, member.Value, $"{at}/{member.Name}")
                : [$"{at}/{member.Name}: not described"]),
            _ => [],
        });
        foreach (var problem in found)
        {
            yield return problem;
        }
    }

    private static IEnumerable<string> Types(JsonElement word) => word.ValueKind == JsonValueKind.Array
        ? word.EnumerateArray().Select(t => t.GetString()!) : [word.GetString()!];

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => string.Equals(type, value.ValueKind.ToString(), StringComparison.OrdinalIgnoreCase),
    };

    /// <summary>Two test projects have this file.</summary>
    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "HalfOpen.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no HalfOpen.slnx above the tests");
        }

        return folder;
    }

    private static IEnumerable<string> If(bool isSo, string problem) => isSo ? [problem] : [];
}
