namespace HalfOpen.Core;

/// <summary>
/// What a policy keeps to, whatever happens. Checkers hold it to this in every simulated run. Immutable, thread-safe.
/// </summary>
public sealed record PolicyPromises
{
    /// <summary>Attempts that hold a slot are bounded by the limit at all. Default true; false: unlimited.</summary>
    public bool Limited { get; init; } = true;

    /// <summary>A slot may stay taken after its attempt has ended. Default false.</summary>
    public bool CountsAfterEnd { get; init; }

    /// <summary>
    /// Half-open attempts to destinations that never answered are at most this for each slot: 1: they stay within the
    /// limit. 0 (default): no such promise.
    /// </summary>
    public int UnknownPerSlot { get; init; }

    /// <summary>
    /// Half-open attempts that hold no slot (their destinations answered lately) are at most this for each slot, or
    /// <see cref="BeyondAtLeast"/>, whichever is more; after the limit was lowered, none starts until that holds again.
    /// 0 (default): no such promise.
    /// </summary>
    public int BeyondPerSlot { get; init; }

    /// <summary>See <see cref="BeyondPerSlot"/>.</summary>
    public int BeyondAtLeast { get; init; }

    /// <summary>Attempts of one program start in the order of submission. Default true.</summary>
    public bool FifoWithinProgram { get; init; } = true;

    /// <summary>Attempts of one program to one destination start in the order of submission. Default true.</summary>
    public bool FifoWithinDestination { get; init; } = true;

    /// <summary>
    /// The most starts (to unknown destinations) of other programs that may pass while a program has an attempt waiting
    /// and starts none for longer than an attempt can be half-open: this x (attempts waiting when its wait began + 1) +
    /// <see cref="BoundPerProgram"/> x programs. Both 0 (default): nothing is promised.
    /// </summary>
    public int BoundPerWaiting { get; init; }

    /// <summary>See <see cref="BoundPerWaiting"/>.</summary>
    public int BoundPerProgram { get; init; }

    /// <summary>Entries of a NAT device's table that are never exceeded; null (default): no such promise.</summary>
    public int? NatBudget { get; init; }
}
