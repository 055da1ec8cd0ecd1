using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HalfOpen.Diagnosis.Facts;

/// <summary>Saved facts cannot be used; the message is one sentence for people.</summary>
public sealed class FactsProblemException(string message) : Exception(message);

/// <summary>
/// The document of saved facts: <see cref="MachineFacts"/> with its names in camelCase. Reading takes documents of
/// strangers: bounded in length, depth, numbers and elements, so that nothing later overflows. Thread-safe: no state.
/// </summary>
public static class FactsJson
{
    /// <summary>Bytes of a document that is read.</summary>
    public const int MaxLength = 64 << 20;

    private const int MaxDepth = 12;
    private const int MaxElements = 500_000;
    private const int MaxText = 4096;
    private const double MaxNumber = 1e12;

    /// <summary>The document, indented, UTF-8.</summary>
    public static byte[] Write(MachineFacts facts) => JsonSerializer.SerializeToUtf8Bytes(facts, FactsJsonContext.Readable.MachineFacts);

    /// <exception cref="FactsProblemException">It is no such document, or of a later version.</exception>
    public static MachineFacts Read(ReadOnlySpan<byte> document)
    {
        if (document.Length > MaxLength)
        {
            throw new FactsProblemException($"facts of more than {MaxLength >> 20} MiB are not read.");
        }

        if (document.StartsWith("\uFEFF"u8))
        {
            document = document[3..];
        }

        try
        {
            CheckBounds(document);
            var facts = JsonSerializer.Deserialize(document, FactsJsonContext.Readable.MachineFacts)
                ?? throw new FactsProblemException("these are no saved facts: the document is null.");
            return facts.Version is > 0 and <= MachineFacts.CurrentVersion
                ? Complete(facts)
                : throw new FactsProblemException($"facts of version {facts.Version} are not read by this version of Halfopen.");
        }
        catch (JsonException e)
        {
            var line = e.LineNumber is { } l ? $" (line {l + 1})" : "";
            throw new FactsProblemException(IsCutOff(document)
                ? "the file ends in the middle: it is cut off. Have it saved or sent again."
                : $"these are no saved facts of 'halfopen doctor'{line}.");
        }
    }

    /// <summary>An object with no wrong byte in it, of which more would have to follow.</summary>
    private static bool IsCutOff(ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document, isFinalBlock: false,
            new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
        try
        {
            while (reader.Read())
            {
            }

            return reader.CurrentDepth > 0 || reader.TokenType == JsonTokenType.StartObject; // a start is not counted yet
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Generated readers leave null in what a document does not name, whatever the type's own
    /// default.</summary>
    private static MachineFacts Complete(MachineFacts f) => f with
    {
        Source = f.Source ?? FactsSource.Linux,
        Notes = f.Notes ?? [],
        Programs = f.Programs ?? [],
        Peers = f.Peers ?? [],
        Counters = f.Counters ?? [],
        Settings = f.Settings ?? [],
        Resolver = f.Resolver is { } r ? r with { SilentServers = r.SilentServers ?? [] } : null,
        Guard = f.Guard is { } g ? g with { BiggestHolder = g.BiggestHolder ?? "" } : null,
        Windows = f.Windows is { } w ? w with { System = w.System ?? "", Copies = w.Copies ?? [] } : null,
    };

    /// <summary>
    /// Everything that types do not say: no null where an element stands, no number beyond what sums can take.
    /// </summary>
    private static void CheckBounds(ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = MaxDepth });
        var arrays = new Stack<bool>();
        var values = 0;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    arrays.Push(reader.TokenType == JsonTokenType.StartArray);
                    Demand(++values <= MaxElements, "there are too many elements");
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    arrays.Pop();
                    break;
                case JsonTokenType.Null:
                    Demand(!(arrays.TryPeek(out var inArray) && inArray), "an element is null");
                    break;
                case JsonTokenType.Number:
                    Demand(reader.TryGetDouble(out var number) && number is >= -1 and <= MaxNumber, "a number is out of range");
                    Demand(++values <= MaxElements * 24, "there are too many numbers");
                    break;
                case JsonTokenType.String or JsonTokenType.PropertyName:
                    Demand(reader.ValueSpan.Length <= MaxText, "a text is too long");
                    Demand(++values <= MaxElements * 24, "there are too many texts");
                    break;
                default:
                    break;
            }
        }
    }

    private static void Demand(bool holds, string problem)
    {
        if (!holds)
        {
            throw new FactsProblemException($"these facts cannot be used: {problem}.");
        }
    }
}

[JsonSerializable(typeof(MachineFacts))]
internal sealed partial class FactsJsonContext : JsonSerializerContext
{
    /// <summary>
    /// Names and sentences as they are: this is no HTML. Control characters stay escaped. No null where none may stand.
    /// </summary>
    public static FactsJsonContext Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new JsonStringEnumConverter<ViewKind>(JsonNamingPolicy.KebabCaseLower),
            new JsonStringEnumConverter<NameOrigin>(JsonNamingPolicy.KebabCaseLower),
            new JsonStringEnumConverter<WindowsLimiter>(JsonNamingPolicy.KebabCaseLower),
        },
    });
}
