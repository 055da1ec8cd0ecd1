using System.Text.Json;
using HalfOpen.Core;

namespace HalfOpen.Simulation.Scenarios;

/// <summary>
/// A JSON value that remembers its line, which the framework's documents do not: an error must be able to point at it.
/// </summary>
internal sealed class JsonNode
{
    private const int MaxDepth = 16;

    public JsonValueKind Kind { get; private init; }

    /// <summary>1-based.</summary>
    public int Line { get; private init; }

    /// <summary>The text of a string, or of a number as written.</summary>
    public string Text { get; private init; } = "";

    public double Number { get; private init; }

    public List<(string Name, JsonNode Value)> Fields { get; } = [];

    public List<JsonNode> Items { get; } = [];

    public static JsonNode Parse(ReadOnlySpan<byte> utf8, string file)
    {
        if (utf8.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            utf8 = utf8[3..];
        }

        if (EmptyText.Of(utf8) is { } empty)
        {
            throw new ScenarioException($"{file} {empty}: a scenario is a JSON object.");
        }

        var reader = new Utf8JsonReader(utf8,
            new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = MaxDepth });
        var lines = new LineCounter(utf8);
        try
        {
            reader.Read();
            var root = ReadValue(ref reader, ref lines, file);
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            var reason = e.Message.Split(" LineNumber:")[0].Trim();
            if (IsCutOff(utf8))
            {
                throw new ScenarioException($"{file}: the file ends in the middle: it is cut off, or holds comments only.");
            }
            throw new ScenarioException($"{file}:{(e.LineNumber ?? 0) + 1}: not valid JSON: {Printable(reason)}");
        }
        catch (InvalidOperationException)
        {
            throw new ScenarioException($"{file}:{lines.LineAt(reader.TokenStartIndex)}: a text that is not valid UTF-8.");
        }
    }

    /// <summary>No byte of it is wrong, and more would have to follow.</summary>
    private static bool IsCutOff(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, isFinalBlock: false, new JsonReaderState(
            new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = MaxDepth }));
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>What a message may quote: short, one line, no control characters.</summary>
    public static string Printable(string text)
    {
        var clean = string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return clean.Length <= 80 ? clean : clean[..77] + "...";
    }

    private static JsonNode ReadValue(ref Utf8JsonReader reader, ref LineCounter lines, string file)
    {
        var line = lines.LineAt(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var obj = new JsonNode { Kind = JsonValueKind.Object, Line = line };
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var nameLine = lines.LineAt(reader.TokenStartIndex);
                    var name = reader.GetString() ?? "";
                    if (obj.Fields.Exists(f => f.Name == name))
                    {
                        throw new ScenarioException($"{file}:{nameLine}: {Printable(name)}: given twice in one object.");
                    }

                    reader.Read();
                    obj.Fields.Add((name, ReadValue(ref reader, ref lines, file)));
                }

                return obj;
            case JsonTokenType.StartArray:
                var array = new JsonNode { Kind = JsonValueKind.Array, Line = line };
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    array.Items.Add(ReadValue(ref reader, ref lines, file));
                }

                return array;
            case JsonTokenType.String:
                return new JsonNode { Kind = JsonValueKind.String, Line = line, Text = reader.GetString() ?? "" };
            case JsonTokenType.Number:
                _ = reader.TryGetDouble(out var number);
                return new JsonNode
                    { Kind = JsonValueKind.Number, Line = line, Number = number,
                        Text = System.Text.Encoding.UTF8.GetString(reader.ValueSpan) };
            case JsonTokenType.True:
                return new JsonNode { Kind = JsonValueKind.True, Line = line, Text = "true" };
            case JsonTokenType.False:
                return new JsonNode { Kind = JsonValueKind.False, Line = line, Text = "false" };
            default:
                return new JsonNode { Kind = JsonValueKind.Null, Line = line, Text = "null" };
        }
    }

    /// <summary>Offsets only grow while reading, so counting newlines once is enough.</summary>
    private ref struct LineCounter(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _line = 1;
        private int _position;

        public int LineAt(long offset)
        {
            for (; _position < offset && _position < _text.Length; _position++)
            {
                _line += _text[_position] == (byte)'\n' ? 1 : 0;
            }

            return _line;
        }
    }
}
