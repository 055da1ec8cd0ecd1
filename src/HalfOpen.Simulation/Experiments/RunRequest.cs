namespace HalfOpen.Simulation.Experiments;

/// <summary>One run to make: a policy with its options, a limit and a seed.</summary>
public sealed record RunRequest
{
    /// <summary>The scenario without what fills the slots (swarm, worm, crawler), under no limit: what the others are compared with.</summary>
    public const string Idle = "idle";

    /// <summary>unlimited, fifo, windows-xp, fair, or <see cref="Idle"/>.</summary>
    public required string Policy { get; init; }

    /// <summary>The limit, at least 1; null where the policy has none.</summary>
    public int? Limit { get; init; }

    /// <summary>fair: give silent attempts up after the learned deadline.</summary>
    public bool GiveUp { get; init; }

    /// <summary>fair: entries of the router's table to stay under; null: no budget.</summary>
    public int? NatBudget { get; init; }

    /// <summary>How long the policy believes that entries of silent attempts stay. Default 120 s.</summary>
    public TimeSpan NatSilentHold { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long it believes that entries of ended connections stay. Default 10 s.</summary>
    public TimeSpan NatClosedHold { get; init; } = TimeSpan.FromSeconds(10);

    public required ulong Seed { get; init; }

    /// <summary>As in tables: the policy with what is switched on.</summary>
    public string Label => Policy + (GiveUp ? " + give-up" : "") + (NatBudget is { } n ? $" + NAT {n}" : "");
}
