using System.Net;
using HalfOpen.Core;
using HalfOpen.Guard.Attribution;

namespace HalfOpen.Guard.Service;

/// <summary>What a guard's command line and configuration file say, together. Immutable, thread-safe.</summary>
public sealed record GuardSettings
{
    /// <summary>For the session.</summary>
    public GuardOptions Options { get; init; } = new();

    /// <summary>Where Prometheus may scrape; null (default): nowhere.</summary>
    public IPEndPoint? Metrics { get; init; }

    /// <summary>
    /// Let <see cref="Metrics"/> be an address that others can reach. Default no: only loopback is taken.
    /// </summary>
    public bool MetricsAnywhere { get; init; }

    /// <summary>
    /// Options of policies that were set, whichever policy is in force: one that is named later takes up what it has.
    /// </summary>
    public IReadOnlyList<PolicySetting> PolicySettings { get; init; } = [];

    /// <summary>What is set and does nothing, in words for a user, or null.</summary>
    public string? Useless()
    {
        var useless = PolicySettings.Where(s => Options.Policy.Row.Find(s.Option.Name) is null && s.ChangesAnything).ToList();
        return useless.Count == 0 ? null
            : $"{string.Join(" and ", useless.Select(s => s.Option))} {(useless.Count == 1 ? "does" : "do")} nothing under policy "
                + $"{Options.Policy.Name}: "
                + $"for policy {string.Join(" and ", useless.Select(s => s.Owner).Distinct())}";
    }

    /// <summary>
    /// What is set and does nothing on this machine as it is now, a line each without a full stop. Reads files.
    /// </summary>
    public IEnumerable<string> Warnings() =>
        ((string[])(Useless() is { } useless ? [useless] : [])).Concat(ExemptionAdvice.Useless(Options.Exemptions));

    /// <summary>The first thing that is wrong, in words for a user, or null.</summary>
    public string? Problem() => Options.Problem()
        ?? (Metrics is { } at && !MetricsAnywhere && !IPAddress.IsLoopback(at.Address)
            ? $"metrics address {at} is not loopback: anybody could read which programs run here; set metrics-anywhere if that is meant"
                : null);

    /// <summary>Another policy, with those of the options set so far that it has.</summary>
    internal GuardSettings WithPolicy(PolicyRow row)
    {
        var policy = row.Default;
        foreach (var setting in PolicySettings)
        {
            policy = row.Find(setting.Option.Name) is { } option ? option.Set(policy, setting.Value)! : policy;
        }

        return With(policy);
    }

    /// <summary>An option of policies: taken up by the one in force if it has it, remembered for the next.</summary>
    internal GuardSettings WithOption(PolicySetting setting)
    {
        var settings = this with { PolicySettings = [.. PolicySettings.Where(s => s.Option.Name != setting.Option.Name), setting] };
        return Options.Policy.Row.Find(setting.Option.Name) is { } option
            ? settings.With(option.Set(Options.Policy, setting.Value)!) : settings;
    }

    private GuardSettings With(PolicyOptions policy) => this with { Options = Options with { Policy = policy } };
}

/// <summary>An option of a policy that somebody set. Immutable, thread-safe.</summary>
/// <param name="Owner">A policy that has it.</param>
/// <param name="Option">Which.</param>
/// <param name="Value">As written; it is allowed.</param>
public sealed record PolicySetting(PolicyRow Owner, PolicyOption Option, string Value)
{
    /// <summary>What says no more than the default is not worth a word.</summary>
    internal bool ChangesAnything => Option.Get(Option.Set(Owner.Default, Value)!) != Option.Get(Owner.Default);
}
