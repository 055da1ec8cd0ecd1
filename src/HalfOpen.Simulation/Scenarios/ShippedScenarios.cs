using System.Text;
using HalfOpen.Core;

namespace HalfOpen.Simulation.Scenarios;

/// <summary>
/// The scenarios that come with the tool. They live inside the assembly, so a name works from any folder.
/// </summary>
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

    /// <summary>The JSON schema of scenario files that may name these policies.</summary>
    public static string SchemaJson(PolicyTable policies) =>
        Text(Schema).Replace("\"$policies\"", string.Join(", ", policies.Names.Select(n => $"\"{n}\"")), StringComparison.Ordinal);

    /// <summary>The file of a shipped scenario as written, to begin one's own with; null: no such name.</summary>
    public static string? Json(string name) => Names.Contains(name) ? Text(name) : null;

    /// <summary>A shipped scenario; null: no such name.</summary>
    /// <param name="name">As in <see cref="Names"/>.</param>
    /// <param name="overrides">As for <see cref="ScenarioReader"/>.</param>
    /// <param name="policies">As for <see cref="ScenarioReader"/>.</param>
    public static Scenario? Find(string name, IReadOnlyList<string>? overrides = null, PolicyTable? policies = null) =>
        Json(name) is { } json ? ScenarioReader.Read(json, name + Suffix, overrides, policies) : null;

    private static string Text(string name)
    {
        using var stream = typeof(ShippedScenarios).Assembly.GetManifestResourceStream(Prefix + name + Suffix)
            ?? throw new InvalidOperationException($"The resource {name} is missing from the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
