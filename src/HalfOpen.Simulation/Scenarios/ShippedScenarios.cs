using System.Text;

namespace HalfOpen.Simulation.Scenarios;

/// <summary>The scenarios that come with the tool. They live inside the assembly, so a name works from any folder.</summary>
public static class ShippedScenarios
{
    private const string Prefix = "scenarios/";
    private const string Suffix = ".json";
    private const string Schema = "scenario.schema";

    /// <summary>Names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(ShippedScenarios).Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => n[Prefix.Length..^Suffix.Length])
            .Where(n => n != Schema)
            .Order(StringComparer.Ordinal)];

    /// <summary>The JSON schema of scenario files.</summary>
    public static string SchemaJson => Text(Schema);

    /// <summary>The file of a shipped scenario as written, to begin one's own with; null: no such name.</summary>
    public static string? Json(string name) => Names.Contains(name) ? Text(name) : null;

    /// <summary>A shipped scenario; null: no such name.</summary>
    public static Scenario? Find(string name, IReadOnlyList<string>? overrides = null) =>
        Json(name) is { } json ? ScenarioReader.Read(json, name + Suffix, overrides) : null;

    private static string Text(string name)
    {
        using var stream = typeof(ShippedScenarios).Assembly.GetManifestResourceStream(Prefix + name + Suffix)
            ?? throw new InvalidOperationException($"The resource {name} is missing from the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
