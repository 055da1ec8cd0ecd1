namespace HalfOpen.Core;

/// <summary>
/// <c>windows-xp</c>: the limiter of Windows XP SP2's TCP/IP driver, decision for decision, as read from the driver by
/// static analysis (docs/concepts/windows-xp.md). SYN timing (3 + 6 + 12 s) belongs to the world around the engine, not
/// to this policy.
/// </summary>
public sealed record WindowsXpOptions : PolicyOptions
{
    internal static PolicyRow TableRow { get; } = new("windows-xp", "does what Windows XP SP2 did", new WindowsXpOptions());

    /// <inheritdoc/>
    public override PolicyRow Row => TableRow;

    /// <summary>The abort penalty keeps slots beyond the end; the cursor passes each of the 128 lists.</summary>
    public override PolicyPromises Promises => new() { CountsAfterEnd = true, BoundPerWaiting = 128, BoundPerProgram = 1 };

    internal override Policies.Policy Create(EngineState state) => new Policies.WindowsXp.WindowsXpPolicy(state);
}

/// <summary>What <c>windows-xp</c> knows; immutable, thread-safe.</summary>
/// <param name="Routes">Destinations with an attempt or a connection of ours.</param>
public sealed record WindowsXpStatistics(int Routes) : PolicyStatistics;
