namespace HalfOpen.Core;

/// <summary>What an engine is made with. Immutable, thread-safe.</summary>
public sealed record EngineOptions
{
    /// <summary>Slots: 1 to 1,000,000; default 10, as Windows XP SP2. For no limit use <see cref="UnlimitedOptions"/>.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>The rule that decides; default <c>fair</c>.</summary>
    public PolicyOptions Policy { get; init; } = new FairOptions();

    /// <summary>Longest backlog of all programs together: 0 or more; default 1,048,576. What comes on top is rejected as <see cref="RejectReason.QueueFull"/>.</summary>
    public int MaxQueued { get; init; } = 1 << 20;

    /// <summary>Programs that are remembered: 16 or more; default 65,536. Above, programs without attempts are forgotten; those with attempts never.</summary>
    public int MaxPrograms { get; init; } = 1 << 16;

    /// <summary>Emit <see cref="DecisionKind.Freed"/> for every slot that comes back; default false.</summary>
    public bool ReportFreed { get; init; }

    /// <summary>Seeds the hash of addresses, against peers who choose theirs to collide. It changes no decision. Default 0.</summary>
    public ulong HashSeed { get; init; }

    internal void Validate()
    {
        CheckLimit(Limit);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxQueued);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPrograms, 16);
        ArgumentNullException.ThrowIfNull(Policy);
        Policy.Validate();
    }

    internal static void CheckLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1_000_000);
    }
}

/// <summary>Options of one policy; the type chooses the policy. Immutable, thread-safe.</summary>
public abstract record PolicyOptions
{
    private protected PolicyOptions()
    {
    }

    /// <summary>What users may write, in the order in which help texts list it.</summary>
    public static IReadOnlyList<string> Names { get; } = ["fair", "windows-xp", "fifo", "unlimited"];

    /// <summary>As users write it: one of <see cref="Names"/>.</summary>
    public abstract string Name { get; }

    /// <summary>The policy of that name with its default options; null when there is none.</summary>
    public static PolicyOptions? FromName(string name) => name switch
    {
        "fair" => new FairOptions(),
        "windows-xp" => new WindowsXpOptions(),
        "fifo" => new FifoOptions(),
        "unlimited" => new UnlimitedOptions(),
        _ => null,
    };

    internal abstract Policies.Policy Create(EngineState state);

    internal virtual void Validate()
    {
    }
}
