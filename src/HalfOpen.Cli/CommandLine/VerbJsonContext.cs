using System.Text.Json;
using System.Text.Json.Serialization;
using HalfOpen.Cli.Guard;
using HalfOpen.Cli.Lab;
using HalfOpen.Cli.Simulate;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// What a verb prints that is one text, with --json. Version: raised when a member changes its meaning.
/// </summary>
/// <param name="Name">Which: bash, zsh or fish; a manual page; guard.conf.</param>
/// <param name="Text">The text itself, lines ended by a line feed.</param>
internal sealed record TextDocument(string Name, string Text)
{
    public int Version { get; init; } = 1;
}

/// <summary>What a verb prints that is a list of names, with --json.</summary>
internal sealed record NamesDocument(IReadOnlyList<string> Names)
{
    public int Version { get; init; } = 1;
}

/// <summary>Shapes of small documents. Names are a contract with scripts; docs/schemas describes them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(TextDocument))]
[JsonSerializable(typeof(NamesDocument))]
[JsonSerializable(typeof(LimitDocument))]
[JsonSerializable(typeof(ReloadDocument))]
[JsonSerializable(typeof(GuardPlanDocument))]
[JsonSerializable(typeof(ScenariosDocument))]
[JsonSerializable(typeof(TraceDocument))]
[JsonSerializable(typeof(RealDocument))]
internal sealed partial class VerbJsonContext : JsonSerializerContext
{
    /// <summary>For people who look at it, with letters of all scripts and nothing that steers a terminal.</summary>
    public static VerbJsonContext Readable { get; } = new(new JsonSerializerOptions
        { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true, Encoder = PlainJson.Encoder });
}
