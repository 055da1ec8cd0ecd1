using System.Text;
using System.Text.Json;
using HalfOpen.Core;

namespace HalfOpen.Simulation.Scenarios;

/// <summary>
/// One value of a scenario replaced from the command line, as <c>durationSeconds=60</c>, <c>nat.capacity=4096</c> or,
/// by the name of a program, <c>swarm.concurrent=1000000</c>. It is put into the file's tree before the fields are
/// read, so it is checked like any other.
/// </summary>
internal static class ScenarioOverride
{
    /// <param name="text">PATH=VALUE; the value is JSON, or a bare word for a text.</param>
    public static void Apply(JsonNode root, string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var path = equals > 0 ? text[..equals].Split('.') : [];
        if (path.Length is < 1 or > 2 || root.Kind != JsonValueKind.Object)
        {
            throw new ScenarioException(
                $"'{JsonNode.Printable(text)}': not understood; FIELD=VALUE, PROGRAM.FIELD=VALUE or nat.FIELD=VALUE is, such as "
                + $"swarm.concurrent=1000.");
        }

        var source = $"'{JsonNode.Printable(text)}'";
        var owner = path.Length == 1 ? root : Program(root, path[0]) ?? root.Fields.Find(f => f.Name == path[0]).Value;
        if (owner is not { Kind: JsonValueKind.Object })
        {
            throw new ScenarioException(
                $"'{JsonNode.Printable(text)}': the scenario has no program and no object '{JsonNode.Printable(path[0])}'.");
        }

        owner.Fields.RemoveAll(f => f.Name == path[^1]);
        owner.Fields.Add((path[^1], Value(text[(equals + 1)..], source)));
    }

    private static JsonNode? Program(JsonNode root, string name) =>
        root.Fields.Find(f => f.Name == "programs").Value?.Items.Find(p => NameOf(p) == name);

    private static string? NameOf(JsonNode program) =>
        program.Fields.Find(f => f.Name == "name").Value?.Text ?? program.Fields.Find(f => f.Name == "kind").Value?.Text;

    private static JsonNode Value(string text, string source)
    {
        try
        {
            var node = JsonNode.Parse(Encoding.UTF8.GetBytes(text), source);

            // Numbers of JSON may also have a sign, an exponent and spaces around them; none on a command line has.
            return node.Kind == JsonValueKind.Number && NumberText.Real(text) is null ? JsonNode.Parse(Quoted(text), source) : node;
        }
        catch (ScenarioException)
        {
            return JsonNode.Parse(Quoted(text), source);
        }
    }

    private static byte[] Quoted(string text)
    {
        using var room = new MemoryStream();
        using (var writer = new Utf8JsonWriter(room))
        {
            writer.WriteStringValue(text);
        }

        return room.ToArray();
    }
}
