using System.Net;

namespace HalfOpen.Guard.Service;

/// <summary>What a guard's command line and configuration file say, together. Immutable, thread-safe.</summary>
public sealed record GuardSettings
{
    /// <summary>For the session.</summary>
    public GuardOptions Options { get; init; } = new();

    /// <summary>Where Prometheus may scrape; null (default): nowhere.</summary>
    public IPEndPoint? Metrics { get; init; }

    /// <summary>Let <see cref="Metrics"/> be an address that others can reach. Default no: only loopback is taken.</summary>
    public bool MetricsAnywhere { get; init; }

    /// <summary>What is set and does nothing, in words for a user, or null.</summary>
    public string? Useless() => Options.Policy == GuardPolicy.Fair ? null : (Options.NatBudget, Options.GiveUp) switch
    {
        (null, false) => null,
        (null, true) => $"give-up does nothing under policy {SettingTable.Word(Options.Policy)}: only fair gives up",
        (_, false) => $"nat-budget does nothing under policy {SettingTable.Word(Options.Policy)}: only fair keeps one",
        (_, true) => $"nat-budget and give-up do nothing under policy {SettingTable.Word(Options.Policy)}: only fair has them",
    };

    /// <summary>The first thing that is wrong, in words for a user, or null.</summary>
    public string? Problem() => Options.Problem()
        ?? (Metrics is { } at && !MetricsAnywhere && !IPAddress.IsLoopback(at.Address) ? $"metrics address {at} is not loopback: anybody could read which programs run here; set metrics-anywhere if that is meant" : null);
}
