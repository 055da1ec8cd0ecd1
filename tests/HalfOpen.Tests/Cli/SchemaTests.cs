using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Doctor;
using HalfOpen.Cli.Drivers;
using HalfOpen.Cli.Guard;
using HalfOpen.Cli.Lab;
using HalfOpen.Cli.Simulate;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Guard;
using HalfOpen.Guard.Control;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>
/// The documents that other programs read, as docs/schemas describes them: the structure there is that of the types
/// here, and every field has a description.
/// </summary>
public sealed class SchemaTests
{
    private static readonly JsonSchemaExporterOptions Export = new() { TreatNullObliviousAsNonNullable = true };

    /// <summary>What is serialized from a type: its file.</summary>
    public static TheoryData<string> Files() => [.. Types.Keys];

    private static readonly Dictionary<string, (JsonSerializerOptions Options, Type Type)> Types = new()
    {
        ["doctor"] = (OpinionJsonContext.Readable.Options, typeof(OpinionDocument)),
        ["facts"] = (FactsJsonContext.Readable.Options, typeof(MachineFacts)),
        ["simulate"] = (SimulateJsonContext.Default.Options, typeof(SimulateDocument)),
        ["simulate-list"] = (VerbJsonContext.Readable.Options, typeof(ScenariosDocument)),
        ["simulate-replay"] = (VerbJsonContext.Readable.Options, typeof(TraceDocument)),
        ["lab"] = (LabJsonContext.Default.Options, typeof(LabDocument)),
        ["lab-real"] = (VerbJsonContext.Readable.Options, typeof(RealDocument)),
        ["inspect"] = (DriversJsonContext.Readable.Options, typeof(InspectDocument)),
        ["patch"] = (DriversJsonContext.Readable.Options, typeof(PatchDocument)),
        ["restore"] = (DriversJsonContext.Readable.Options, typeof(RestoreDocument)),
        ["status"] = (ControlJson.Default.Options, typeof(GuardStatus)),
        ["limit"] = (VerbJsonContext.Readable.Options, typeof(LimitDocument)),
        ["reload"] = (VerbJsonContext.Readable.Options, typeof(ReloadDocument)),
        ["guard-dry-run"] = (VerbJsonContext.Readable.Options, typeof(GuardPlanDocument)),
        ["text"] = (VerbJsonContext.Readable.Options, typeof(TextDocument)),
        ["names"] = (VerbJsonContext.Readable.Options, typeof(NamesDocument)),
        ["error"] = (VerbJsonContext.Readable.Options, typeof(ErrorDocument)),
    };

    /// <summary>
    /// A new member shows as a difference; HALFOPEN_UPDATE_SCHEMAS=1 takes it over, and leaves a description to write.
    /// </summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void A_schema_is_the_shape_of_its_type_with_words(string name)
    {
        var file = name + ".schema.json";
        var (options, type) = Types[name];
        var path = Path.Combine(Repository.Root, "docs", "schemas", file);
        var wanted = options.GetJsonSchemaAsNode(type, Export);
        var there = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))! : new JsonObject();
        if (Environment.GetEnvironmentVariable("HALFOPEN_UPDATE_SCHEMAS") == "1")
        {
            there = Described(wanted, there);
            File.WriteAllText(path, there.ToJsonString(Written) + "\n");
        }

        var bare = Bare(there.DeepClone());
        Assert.True(JsonNode.DeepEquals(wanted, bare), $"docs/schemas/{file} should be, with descriptions: {wanted.ToJsonString()}");
        Assert.Empty(Undescribed(there, ""));
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", (string?)there["$schema"]);
        Assert.EndsWith(", version 1", (string)there["title"]!, StringComparison.Ordinal);
    }

    private static readonly JsonSerializerOptions Written =
        new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The new structure with the old words.</summary>
    private static JsonNode Described(JsonNode wanted, JsonNode there)
    {
        if (wanted is not JsonObject o)
        {
            return wanted.DeepClone();
        }

        var result = new JsonObject();
        foreach (var name in (string[])["$schema", "title", "description"])
        {
            if (there is JsonObject && there[name] is JsonValue words)
            {
                result[name] = words.DeepClone();
            }
        }

        foreach (var (key, value) in o)
        {
            var old = there is JsonObject && there[key] is { } found ? found : new JsonObject();
            result[key] = value is null ? null : Described(value, old);
        }

        return result;
    }

    /// <summary>Without what is for people.</summary>
    private static JsonNode Bare(JsonNode node)
    {
        if (node is JsonObject o)
        {
            foreach (var name in (string[])["$schema", "title", "description"])
            {
                if (o[name] is JsonValue)
                {
                    o.Remove(name);
                }
            }

            foreach (var (_, child) in o)
            {
                _ = child is null ? null : Bare(child);
            }
        }

        return node;
    }

    private static IEnumerable<string> Undescribed(JsonNode node, string path)
    {
        if (node is not JsonObject o)
        {
            return [];
        }

        var own = o["properties"] is JsonObject properties
            ? properties.Where(p => p.Value is JsonObject value && value["description"] is null && value["$ref"] is null)
                .Select(p => $"{path}/{p.Key}")
            : [];
        return own.Concat(o.Where(p => p.Value is JsonObject).SelectMany(p => Undescribed(p.Value!, $"{path}/{p.Key}")));
    }
}
