using System.Text.Json;
using HalfOpen.Core;

namespace HalfOpen.Simulation.Scenarios;

/// <summary>
/// Takes the fields of one JSON object by name, each with what is allowed, and refuses what is left over. Every
/// complaint names file, line, field, what stands there and what may stand there.
/// </summary>
internal sealed class FieldReader
{
    private readonly JsonNode _node;
    private readonly string _file;
    private readonly string _path;
    private readonly List<string> _known = [];

    public FieldReader(JsonNode node, string file, string path)
    {
        _node = node;
        _file = file;
        _path = path;
        if (node.Kind != JsonValueKind.Object)
        {
            throw Wrong(node, path.Length == 0 ? "the file" : path, "an object { ... }");
        }
    }

    public bool Has(string name) => _node.Fields.Exists(f => f.Name == name);

    public double Number(string name, double from, double to, double otherwise) =>
        Take(name) is { } node ? Number(node, Path(name), from, to) : otherwise;

    public int Integer(string name, int from, int to, int otherwise) => (int)Long(name, from, to, otherwise);

    public long Long(string name, long from, long to, long otherwise) =>
        Take(name) is { } node ? Long(node, Path(name), from, to) : otherwise;

    public bool Flag(string name, bool otherwise)
    {
        var node = Take(name);
        return node?.Kind switch
        {
            null => otherwise,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(node, Path(name), "true or false"),
        };
    }

    public string Text(string name, int maxLength, string? otherwise)
    {
        var node = Take(name);
        if (node is null)
        {
            return otherwise ?? throw Missing(name);
        }

        return node.Kind == JsonValueKind.String && node.Text.Length > 0 && node.Text.Length <= maxLength && !node.Text.Any(char.IsControl)
            ? node.Text
            : throw Wrong(node, Path(name), $"a text of 1 to {maxLength} characters");
    }

    public TEnum OneOf<TEnum>(string name, IReadOnlyDictionary<string, TEnum> allowed, TEnum? otherwise)
        where TEnum : struct
    {
        var node = Take(name);
        if (node is null)
        {
            return otherwise ?? throw Missing(name, string.Join(", ", allowed.Keys));
        }

        return node.Kind == JsonValueKind.String && allowed.TryGetValue(node.Text, out var value)
            ? value
            : throw Wrong(node, Path(name), "one of " + string.Join(", ", allowed.Keys));
    }

    /// <summary>A number, or two in an array: the ends of a range.</summary>
    public Span Range(string name, double from, double to, Span otherwise)
    {
        var node = Take(name);
        if (node is null)
        {
            return otherwise;
        }

        if (node.Kind == JsonValueKind.Array && node.Items.Count == 2)
        {
            var range = new Span(Number(node.Items[0], Path(name), from, to), Number(node.Items[1], Path(name), from, to));
            return range.From <= range.To
                ? range : throw Wrong(node.Items[0], Path(name), "a range whose first end is not above the second");
        }

        if (node.Kind == JsonValueKind.Number)
        {
            var value = Number(node, Path(name), from, to);
            return new Span(value, value);
        }

        throw Wrong(node, Path(name), $"a number, or two as [from, to], from {from} to {to}");
    }

    public IReadOnlyList<int> Integers(string name, int from, int to, int maxCount, IReadOnlyList<int> otherwise) =>
        Take(name) is { } node ? [.. Array(node, Path(name), maxCount).Select(i => (int)Long(i, Path(name), from, to))] : otherwise;

    /// <param name="problem">What is wrong with a word, or null.</param>
    public IReadOnlyList<string> Words(string name, Func<string, string?> problem, IReadOnlyList<string> otherwise) =>
        Take(name) is { } node ? [.. Array(node, Path(name), 16).Select(i => Word(i, Path(name), problem))] : otherwise;

    public FieldReader? Object(string name) => Take(name) is { } node ? new FieldReader(node, _file, Path(name)) : null;

    public IEnumerable<FieldReader> Objects(string name, int maxCount)
    {
        if (Take(name) is not { } node)
        {
            return [];
        }

        return [.. Array(node, Path(name), maxCount).Select((item, i) => new FieldReader(item, _file, $"{Path(name)}[{i}]"))];
    }

    /// <summary>A rule that spans fields is broken.</summary>
    public ScenarioException Wrong(string name, string rule)
    {
        var line = _node.Fields.Find(f => f.Name == name).Value?.Line ?? _node.Line;
        return new ScenarioException($"{_file}:{line}: {Path(name)}: {rule}");
    }

    /// <summary>Refuses fields that nothing has asked for.</summary>
    public void Finish()
    {
        foreach (var (name, value) in _node.Fields)
        {
            if (!_known.Contains(name))
            {
                throw new ScenarioException(
                    $"{_file}:{value.Line}: {Path(JsonNode.Printable(name))}: no such field{Resemblance.Hint(name, _known)}; allowed here: "
                    + $"{string.Join(", ", _known)}.");
            }
        }
    }

    private JsonNode? Take(string name)
    {
        _known.Add(name);
        return _node.Fields.Find(f => f.Name == name).Value;
    }

    private double Number(JsonNode node, string path, double from, double to) =>
        node.Kind == JsonValueKind.Number && node.Number >= from && node.Number <= to
            ? node.Number
            : throw Wrong(node, path, $"a number from {from} to {to}");

    private long Long(JsonNode node, string path, long from, long to) =>
        node.Kind == JsonValueKind.Number && NumberText.Whole(node.Text, from, to) is { } value
            ? value
            : throw Wrong(node, path, $"a whole number from {from} to {to}");

    private List<JsonNode> Array(JsonNode node, string path, int maxCount) =>
        node.Kind == JsonValueKind.Array && node.Items.Count is > 0 && node.Items.Count <= maxCount
            ? node.Items
            : throw Wrong(node, path, $"an array [ ... ] of 1 to {maxCount} entries");

    private string Word(JsonNode node, string path, Func<string, string?> problem)
    {
        if (node.Kind != JsonValueKind.String)
        {
            throw Wrong(node, path, "a text");
        }

        return problem(node.Text) is { } wrong ? throw new ScenarioException($"{_file}:{node.Line}: {path}: {wrong}.") : node.Text;
    }

    private ScenarioException Wrong(JsonNode node, string path, string allowed)
    {
        var what = node.Kind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => $"an array of {node.Items.Count}",
            JsonValueKind.String => $"\"{JsonNode.Printable(node.Text)}\"",
            _ => JsonNode.Printable(node.Text),
        };
        return new ScenarioException($"{_file}:{node.Line}: {path}: {what} is not allowed; {allowed} is.");
    }

    private ScenarioException Missing(string name, string allowed = "a text") =>
        new($"{_file}:{_node.Line}: {Path(name)}: missing; allowed: {allowed}.");

    private string Path(string name) => _path.Length == 0 ? name : $"{_path}.{name}";
}
