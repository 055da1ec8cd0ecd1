using System.Text.Json;
using System.Text.Json.Serialization;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Core;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Results;

namespace HalfOpen.Cli.Simulate;

/// <summary>What <c>simulate --json</c> prints. The names are a contract with scripts: add, never rename.</summary>
/// <param name="Assertions">What --assert asked of each row; null: nothing.</param>
internal sealed record SimulateDocument(string Scenario, IReadOnlyList<ulong> Seeds, IReadOnlyList<RunDocument> Runs,
    IReadOnlyList<AssertionDocument>? Assertions)
{
    public int Version { get; init; } = 1;

    public static string Write(string scenario, IReadOnlyList<ulong> seeds, IReadOnlyList<RunResult> runs,
        IReadOnlyList<(Assertion Assertion, Summary Row)> checks) =>
        JsonSerializer.Serialize(
            new SimulateDocument(scenario, seeds, [.. runs.Select(RunDocument.Of)],
                checks.Count == 0 ? null : [.. checks.Select(c => AssertionDocument.Of(c.Assertion, c.Row))]),
            SimulateJsonContext.Default.SimulateDocument);
}

/// <summary>
/// Row is a line of the table. Seen is null where there is nothing to compare, or where a page is still waited for.
/// </summary>
internal sealed record AssertionDocument(string Assertion, string Row, double? Seen, bool Holds)
{
    public static AssertionDocument Of(Assertion assertion, Summary row) => new(assertion.Text, Assertions.Name(row),
        assertion.Seen(row) is { } seen && double.IsFinite(seen) ? Rounded.ToThousandths(seen) : null, assertion.Holds(row));
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

    /// <summary>SYNs lost in the router since its table was full; null: no router.</summary>
    public long? NatDropped { get; init; }

    public required IReadOnlyDictionary<string, double> MaxWaitSeconds { get; init; }

    public required IReadOnlyDictionary<string, double> WaitP50Seconds { get; init; }

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
        NatBudget = r.Options.TryGetValue("nat-budget", out var budget) ? NumberText.Int(budget) : null,
        Options = r.Options,
        PageSeconds = r.PageSeconds is { } p
            ? new PageDocument(Known(p.P50), Known(p.P99), p.Count, p.Unfinished, Rounded.ToThousandths(p.UnfinishedSeconds)) : null,
        LivePeersPerMinute = Rounded.ToThousandths(r.LivePeersPerMinute),
        BoundLivePeersPerMinute = Rounded.ToThousandths(r.BoundLivePeersPerMinute),
        AttemptsPerSecond = Rounded.ToThousandths(r.AttemptsPerSecond),
        MaxCounted = r.MaxCounted,
        MaxHalfOpen = r.MaxHalfOpen,
        MaxUnknownHalfOpen = r.MaxUnknownHalfOpen,
        MaxNatEntries = r.MaxNatEntries,
        NatDropped = r.MaxNatEntries is null ? null : r.NatDropped,
        MaxWaitSeconds = Rounded.ToThousandths(r.MaxWaitSeconds),
        WaitP50Seconds = Rounded.ToThousandths(r.WaitP50Seconds),
        WaitP99Seconds = Rounded.ToThousandths(r.WaitP99Seconds),
        Jain = Rounded.ToThousandths(r.Jain),
        GivenUp = r.GivenUp,
        Rejected = r.Rejected,
        Warnings = r.Warnings,
        Events = r.Events,
        Outbreak = r.Outbreak is { } o ? new OutbreakDocument(o.Hosts, o.Infected, Rounded.ToThousandths(o.ContactsPerSecond),
            Rounded.ToThousandths(o.SecondsTo)) : null,
    };

    private static double? Known(double quantile) => double.IsFinite(quantile) ? Rounded.ToThousandths(quantile) : null;
}

/// <summary>
/// P50 and P99 are null where too few pages came: then they are more than UnfinishedSeconds. Unfinished pages were
/// still missing at the end; the oldest had been waited for so long.
/// </summary>
internal sealed record PageDocument(double? P50, double? P99, int Count, int Unfinished, double? UnfinishedSeconds);

internal sealed record OutbreakDocument(int Hosts, int Infected, double ContactsPerSecond, IReadOnlyDictionary<string, double?> SecondsTo);

/// <summary>What <c>simulate --list --json</c> prints.</summary>
internal sealed record ScenariosDocument(IReadOnlyList<ScenarioDocument> Scenarios)
{
    public int Version { get; init; } = 1;
}

internal sealed record ScenarioDocument(string Name, string Title);

/// <summary>What <c>simulate --replay FILE --json</c> prints.</summary>
/// <param name="Lines">Events read.</param>
/// <param name="Submitted">Attempts that asked for a slot.</param>
/// <param name="Seconds">Instant of the last line.</param>
internal sealed record TraceDocument(string Policy, int? Limit, long Lines, double Seconds, long Submitted, long Started, int MaxCounted,
    int MaxWaiting)
{
    public int Version { get; init; } = 1;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SimulateDocument))]
internal sealed partial class SimulateJsonContext : JsonSerializerContext;
