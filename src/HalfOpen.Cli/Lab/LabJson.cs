using System.Text.Json;
using System.Text.Json.Serialization;
using HalfOpen.Lab.Runs;

namespace HalfOpen.Cli.Lab;

/// <summary>What <c>lab --json</c> prints. The names are a contract with scripts: add, never rename.</summary>
internal sealed record LabDocument(IdleDocument Idle, IReadOnlyList<LabRunDocument> Runs)
{
    public static string Write(LabResult result)
    {
        var idle = result.Runs.First(r => r.Plan.Scenario == LabScenario.Idle).Measured.Pages;
        var document = new LabDocument(
            new IdleDocument(new IdlePagesDocument(idle.P50, idle.P99, idle.Count)),
            [.. result.Runs.Where(r => r.Plan.Scenario != LabScenario.Idle).Select(LabRunDocument.Of)]);
        return JsonSerializer.Serialize(document, LabJsonContext.Default.LabDocument);
    }
}

internal sealed record IdleDocument(IdlePagesDocument PageSeconds);

internal sealed record IdlePagesDocument(double P50, double P99, int Count);

internal sealed record LabPagesDocument(double P50, double P99, int Count, int Failed, int Loaded);

internal sealed record LabRunDocument(
    string Scenario,
    string Policy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Limit,
    bool GiveUp,
    LabPagesDocument PageSeconds,
    double LivePeersPerMinute,
    int MaxCounted,
    int MaxHalfOpen,
    int MaxRouterEntries,
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
        run.Measured.LivePeersPerMinute,
        run.Measured.MaxCounted,
        run.Measured.MaxHalfOpen,
        run.Measured.MaxRouterEntries,
        run.Measured.ScannerContactsPerSecond,
        new SimulatedDocument(
            Pages(run.Simulated),
            run.Simulated.LivePeersPerMinute,
            run.Simulated.MaxCounted,
            run.Simulated.MaxHalfOpen,
            run.Simulated.MaxRouterEntries,
            run.Simulated.ScannerContactsPerSecond));

    private static LabPagesDocument Pages(LabFigures figures) =>
        new(figures.Pages.P50, figures.Pages.P99, figures.Pages.Count, figures.Pages.Failed, figures.Pages.Loaded);
}

internal sealed record SimulatedDocument(LabPagesDocument PageSeconds, double LivePeersPerMinute, int MaxCounted, int MaxHalfOpen,
    int MaxRouterEntries, double ScannerContactsPerSecond);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(LabDocument))]
internal sealed partial class LabJsonContext : JsonSerializerContext;
