namespace HalfOpen.Simulation.Checking;

/// <summary>What a policy promises, so that the checkers know what to hold it to. One for each policy, made by the policy catalogue.</summary>
internal sealed record CheckProfile
{
    /// <summary>Policy, limit and options in a few words, for messages.</summary>
    public required string Policy { get; init; }

    /// <summary>Counted attempts are bounded by the limit at all. False: unlimited.</summary>
    public bool Limited { get; init; } = true;

    /// <summary>
    /// Counted attempts may pass the limit without a start: an attempt to a destination known to answer that stays silent takes a
    /// slot after all. Then no attempt to an unknown destination starts until it fits.
    /// </summary>
    public bool LateCounting { get; init; }

    /// <summary>A slot may stay taken after its attempt has ended (the abort penalty of windows-xp).</summary>
    public bool CountsAfterEnd { get; init; }

    /// <summary>Half-open attempts to destinations that never answered, counted by the world, stay within the limit.</summary>
    public bool BoundsUnknown { get; init; }

    /// <summary>Attempts of one program start in the order of submission.</summary>
    public bool FifoWithinProgram { get; init; } = true;

    /// <summary>Attempts of one program to one destination start in the order of submission.</summary>
    public bool FifoWithinDestination { get; init; } = true;

    /// <summary>
    /// The most starts (to unknown destinations) of other programs that may pass while a program has an attempt waiting and starts none for longer
    /// than an attempt can be half-open: <see cref="BoundPerWaiting"/> x (attempts waiting when its wait began + 1) + <see cref="BoundPerProgram"/> x programs.
    /// </summary>
    public int BoundPerWaiting { get; init; }

    /// <summary>See <see cref="BoundPerWaiting"/>.</summary>
    public int BoundPerProgram { get; init; }

    /// <summary>The policy keeps the entries of the router's table under this; null: it knows of none.</summary>
    public int? NatBudget { get; init; }
}
