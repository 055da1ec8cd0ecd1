using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;
using HalfOpen.Simulation.Checking;

namespace HalfOpen.Simulation.Experiments;

/// <summary>One run to make: a policy with its options, a limit and a seed. Immutable, thread-safe.</summary>
public sealed record RunRequest
{
    /// <summary>
    /// The scenario without what fills the slots (swarm, worm, crawler), under no limit: what the others are compared
    /// with.
    /// </summary>
    public const string Idle = "idle";

    /// <summary>
    /// Room for waiting attempts: more than any scenario wishes, so that a full queue never blurs a comparison.
    /// </summary>
    private const int MaxQueued = 8_000_000;

    /// <summary>No program of a scenario is ever forgotten: the world interns each of them once.</summary>
    private const int MaxPrograms = 1 << 22;

    /// <summary>The rule that decides, with its options.</summary>
    public required PolicyOptions Policy { get; init; }

    /// <summary>Leave out what fills the slots; default false. See <see cref="Idle"/>.</summary>
    public bool WithoutLoad { get; init; }

    /// <summary>The limit, at least 1; null where the policy has none.</summary>
    public int? Limit { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>The policy's name, or <see cref="Idle"/>.</summary>
    public string PolicyName => WithoutLoad ? Idle : Policy.Name;

    /// <summary>As in tables: the policy with what is switched on.</summary>
    public string Label => WithoutLoad ? Idle : Policy.Label;

    internal PolicyUnderTest UnderTest
    {
        get
        {
            var options = new EngineOptions
                { Limit = Limit ?? LimitSweep.Most, Policy = Policy, MaxQueued = MaxQueued, MaxPrograms = MaxPrograms };
            return new PolicyUnderTest(Label + (Limit is { } limit ? $" at {limit}" : ""), () => new EngineLimiter(options),
                Policy.Promises);
        }
    }
}
