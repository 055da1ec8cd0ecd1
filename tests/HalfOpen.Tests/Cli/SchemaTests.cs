using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using HalfOpen.Cli.Doctor;
using HalfOpen.Diagnosis.Facts;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>
/// The documents that other programs read, as docs/schemas describes them: the structure there is that of the types
/// here, and every field has a description.
/// </summary>
public sealed class SchemaTests
{
    private static readonly JsonSchemaExporterOptions Export = new() { TreatNullObliviousAsNonNullable = true };

    [Fact]
    public void Doctors_opinion() => Hold("doctor.schema.json", OpinionJsonContext.Readable.Options, typeof(OpinionDocument));

    [Fact]
    public void Saved_facts() => Hold("facts.schema.json", FactsJsonContext.Readable.Options, typeof(MachineFacts));

    private static void Hold(string file, JsonSerializerOptions options, Type type)
    {
        var path = Path.Combine(Repository.Root, "docs", "schemas", file);
        var wanted = options.GetJsonSchemaAsNode(type, Export);
        var there = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))! : new JsonObject();
        var bare = Bare(there.DeepClone());
        Assert.True(JsonNode.DeepEquals(wanted, bare), $"docs/schemas/{file} should be, with descriptions: {wanted.ToJsonString()}");
        Assert.Empty(Undescribed(there, ""));
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
