using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using HalfOpen.Simulation.Results;

namespace HalfOpen.Cli.Simulate;

/// <summary>What <c>simulate --json</c> prints. The names are a contract with scripts: add, never rename.</summary>
internal sealed record SimulateDocument(string Scenario, IReadOnlyList<ulong> Seeds, IReadOnlyList<RunDocument> Runs)
{
    public static string Write(string scenario, IReadOnlyList<ulong> seeds, IReadOnlyList<RunResult> runs) =>
        JsonSerializer.Serialize(new SimulateDocument(scenario, seeds, [.. runs.Select(RunDocument.Of)]),
            SimulateJsonContext.Default.SimulateDocument);
}

internal sealed record RunDocument
{
    public required string Policy { get; init; }

    public int? Limit { get; init; }

    public required ulong Seed { get; init; }

    public required bool GiveUp { get; init; }

    public int? NatBudget { get; init; }

    /// <summary>Options of the policy that differ from their defaults.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    public PageDocument? PageSeconds { get; init; }

    public required double LivePeersPerMinute { get; init; }

    public double? BoundLivePeersPerMinute { get; init; }

    public required IReadOnlyDictionary<string, double> AttemptsPerSecond { get; init; }

    public required int MaxCounted { get; init; }

    public required int MaxHalfOpen { get; init; }

    public required int MaxUnknownHalfOpen { get; init; }

    public int? MaxNatEntries { get; init; }

    public required IReadOnlyDictionary<string, double> MaxWaitSeconds { get; init; }

    public required IReadOnlyDictionary<string, double> WaitP99Seconds { get; init; }

    public double? Jain { get; init; }

    public required IReadOnlyDictionary<string, long> GivenUp { get; init; }

    public required IReadOnlyDictionary<string, long> Rejected { get; init; }

    public required long Warnings { get; init; }

    public required long Events { get; init; }

    public OutbreakDocument? Outbreak { get; init; }

    public static RunDocument Of(RunResult r) => new()
    {
        Policy = r.Policy,
        Limit = r.Limit,
        Seed = r.Seed,
        GiveUp = r.Options.ContainsKey("give-up"),
        NatBudget = r.Options.TryGetValue("nat-budget", out var budget) ? int.Parse(budget, CultureInfo.InvariantCulture) : null,
        Options = r.Options,
        PageSeconds = r.PageSeconds is { } p
            ? new PageDocument(p.Count > 0 ? p.P50 : null, p.Count > 0 ? p.P99 : null, p.Count, p.UnfinishedSeconds) : null,
        LivePeersPerMinute = r.LivePeersPerMinute,
        BoundLivePeersPerMinute = r.BoundLivePeersPerMinute,
        AttemptsPerSecond = r.AttemptsPerSecond,
        MaxCounted = r.MaxCounted,
        MaxHalfOpen = r.MaxHalfOpen,
        MaxUnknownHalfOpen = r.MaxUnknownHalfOpen,
        MaxNatEntries = r.MaxNatEntries,
        MaxWaitSeconds = r.MaxWaitSeconds,
        WaitP99Seconds = r.WaitP99Seconds,
        Jain = r.Jain,
        GivenUp = r.GivenUp,
        Rejected = r.Rejected,
        Warnings = r.Warnings,
        Events = r.Events,
        Outbreak = r.Outbreak is { } o ? new OutbreakDocument(o.Hosts, o.Infected, o.ContactsPerSecond, o.SecondsTo) : null,
    };
}

/// <summary>P50 and P99 are null when no page was ever there.</summary>
internal sealed record PageDocument(double? P50, double? P99, int Count, double? UnfinishedSeconds);

internal sealed record OutbreakDocument(int Hosts, int Infected, double ContactsPerSecond, IReadOnlyDictionary<string, double?> SecondsTo);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SimulateDocument))]
internal sealed partial class SimulateJsonContext : JsonSerializerContext;
