using System.Text.Json;
using System.Text.Json.Serialization;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Lab.Runs;

namespace HalfOpen.Cli.Lab;

/// <summary>What <c>lab --json</c> prints. The names are a contract with scripts: add, never rename.</summary>
internal sealed record LabDocument(IdleDocument Idle, IReadOnlyList<LabRunDocument> Runs)
{
    public int Version { get; init; } = 1;

    public static string Write(LabResult result)
    {
        var idle = result.Runs.First(r => r.Plan.Scenario == LabScenario.Idle).Measured.Pages;
        var document = new LabDocument(
            new IdleDocument(new IdlePagesDocument(Rounded.ToThousandths(idle.P50), Rounded.ToThousandths(idle.P99), idle.Count)),
            [.. result.Runs.Where(r => r.Plan.Scenario != LabScenario.Idle).Select(LabRunDocument.Of)]);
        return JsonSerializer.Serialize(document, LabJsonContext.Default.LabDocument);
    }
}

internal sealed record IdleDocument(IdlePagesDocument PageSeconds);

internal sealed record IdlePagesDocument(double P50, double P99, int Count);

/// <summary>
/// Pages: those that failed and one that was not there at the end count; loaded ones are those that came.
/// </summary>
internal sealed record LabPagesDocument(double P50, double P99, int Count, int Failed, int Loaded)
{
    public static LabPagesDocument Of(PageFigures pages) =>
        new(Rounded.ToThousandths(pages.P50), Rounded.ToThousandths(pages.P99), pages.Count, pages.Failed, pages.Loaded);
}

/// <summary>What <c>lab real --json</c> prints.</summary>
internal sealed record RealDocument(IReadOnlyList<RealRunDocument> Runs)
{
    public int Version { get; init; } = 1;

    public static string Write(IReadOnlyList<RealResult> results) => JsonSerializer.Serialize(
        new RealDocument([.. results.Select(RealRunDocument.Of)]), VerbJsonContext.Readable.RealDocument);
}

/// <param name="Scenario">idle: curl alone; freeze: aria2 beside it.</param>
internal sealed record RealRunDocument(string Scenario, string Policy, int? Limit, LabPagesDocument PageSeconds, long PeersTried,
    long LivePeers, int MaxCounted, int MaxHalfOpen)
{
    public static RealRunDocument Of(RealResult r) => new(r.Plan.Scenario == LabScenario.Idle ? "idle" : "freeze", r.Plan.Policy,
        r.Plan.Limit, LabPagesDocument.Of(r.Pages), r.PeersTried, r.LivePeers, r.MaxCounted, r.MaxHalfOpen);
}

internal sealed record LabRunDocument(
    string Scenario,
    string Policy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Limit,
    bool GiveUp,
    LabPagesDocument PageSeconds,
    double LivePeersPerMinute,
    int MaxCounted,
    int MaxHalfOpen,
    int MaxNatEntries,
    double ScannerContactsPerSecond,
    SimulatedDocument Simulated)
{
    public static LabRunDocument Of(LabRunResult run) => new(
        run.Plan.Scenario switch
        {
            LabScenario.Router => "router",
            LabScenario.GoodHostDies => "good-host-dies",
            _ => "freeze",
        },
        run.Plan.Policy,
        run.Plan.Limit,
        run.Plan.GiveUp,
        Pages(run.Measured),
        Rounded.ToThousandths(run.Measured.LivePeersPerMinute),
        run.Measured.MaxCounted,
        run.Measured.MaxHalfOpen,
        run.Measured.MaxRouterEntries,
        Rounded.ToThousandths(run.Measured.ScannerContactsPerSecond),
        new SimulatedDocument(
            Pages(run.Simulated),
            Rounded.ToThousandths(run.Simulated.LivePeersPerMinute),
            run.Simulated.MaxCounted,
            run.Simulated.MaxHalfOpen,
            run.Simulated.MaxRouterEntries,
            Rounded.ToThousandths(run.Simulated.ScannerContactsPerSecond)));

    private static LabPagesDocument Pages(LabFigures figures) => LabPagesDocument.Of(figures.Pages);
}

internal sealed record SimulatedDocument(LabPagesDocument PageSeconds, double LivePeersPerMinute, int MaxCounted, int MaxHalfOpen,
    int MaxNatEntries, double ScannerContactsPerSecond);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(LabDocument))]
internal sealed partial class LabJsonContext : JsonSerializerContext;
