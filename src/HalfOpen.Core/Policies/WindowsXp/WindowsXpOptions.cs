namespace HalfOpen.Core;

/// <summary>
/// <c>windows-xp</c>: the limiter of Windows XP SP2's TCP/IP driver, decision for decision, as read from the driver by static analysis
/// (docs/concepts/windows-xp.md). SYN timing (3 + 6 + 12 s) belongs to the world around the engine, not to this policy.
/// </summary>
public sealed record WindowsXpOptions : PolicyOptions
{
    /// <summary>The driver's clock: what waits is looked at every 100 ms of the host's epoch.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public override string Name => "windows-xp";

    internal override Policies.Policy Create(EngineState state) => new Policies.WindowsXp.WindowsXpPolicy(state);
}
