using HalfOpen.Guard.Rules;

namespace HalfOpen.Cli.Guard;

/// <summary>What <c>limit --json</c> prints.</summary>
/// <param name="Limit">Slots from now on.</param>
internal sealed record LimitDocument(int Limit)
{
    public int Version { get; init; } = 1;
}

/// <summary>What <c>reload --json</c> prints.</summary>
/// <param name="NeedRestart">What keeps its old value until a restart.</param>
internal sealed record ReloadDocument(IReadOnlyList<string> NeedRestart)
{
    public int Version { get; init; } = 1;
}

/// <summary>What <c>guard --dry-run --json</c> prints: two scripts for sh.</summary>
/// <param name="Rules">nft, iptables or iptableslegacy.</param>
/// <param name="IsCertain">This kernel was asked; false: only root can find out.</param>
/// <param name="SetUp">What is done at the start.</param>
/// <param name="Removal">What is done at the end.</param>
internal sealed record GuardPlanDocument(string Rules, bool IsCertain, string SetUp, string Removal)
{
    public int Version { get; init; } = 1;

    public static GuardPlanDocument Of(RulePlan plan, bool isCertain) => new(plan.Backend.ToString().ToLowerInvariant(), isCertain,
        Script("set-up: what the guard does at its start", plan.Install),
        Script("removal: what the guard does at its end", plan.Remove));

    /// <summary>Runs by itself: sh FILE, or through a pipe. It ends at the first command that fails.</summary>
    private static string Script(string what, IReadOnlyList<RuleScript> scripts) =>
        $"#!/bin/sh\n# {what}\nset -e\n{string.Concat(scripts)}";
}
