namespace HalfOpen.Core;

/// <summary>What an engine is made with. Immutable, thread-safe.</summary>
public sealed record EngineOptions
{
    /// <summary>
    /// Slots: 1 to 1,000,000; default 10, as Windows XP SP2. For no limit use <see cref="UnlimitedOptions"/>.
    /// </summary>
    public int Limit { get; init; } = 10;

    /// <summary>The rule that decides; default <c>fair</c>.</summary>
    public PolicyOptions Policy { get; init; } = new FairOptions();

    /// <summary>
    /// Longest backlog of all programs together: 0 or more; default 1,048,576. What comes on top is rejected as
    /// <see cref="RejectReason.QueueFull"/>.
    /// </summary>
    public int MaxQueued { get; init; } = 1 << 20;

    /// <summary>
    /// Programs that are remembered: 16 or more; default 65,536. Above, programs without attempts are forgotten; those
    /// with attempts never.
    /// </summary>
    public int MaxPrograms { get; init; } = 1 << 16;

    /// <summary>Emit <see cref="DecisionKind.Freed"/> for every slot that comes back; default false.</summary>
    public bool ReportFreed { get; init; }

    /// <summary>
    /// Seeds the hash of addresses, against peers who choose theirs to collide. It changes no decision. Default 0.
    /// </summary>
    public ulong HashSeed { get; init; }

    internal void Validate()
    {
        CheckLimit(Limit);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxQueued);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPrograms, 16);
        ArgumentNullException.ThrowIfNull(Policy);
        CheckPolicy(Policy);
    }

    internal static void CheckPolicy(PolicyOptions policy)
    {
        if (policy.Problem() is { } problem)
        {
            throw new ArgumentOutOfRangeException(nameof(policy), problem);
        }
    }

    internal static void CheckLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1_000_000);
    }
}
