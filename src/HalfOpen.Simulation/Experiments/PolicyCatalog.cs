using HalfOpen.Hosting.Decisions;
using HalfOpen.Core;
using HalfOpen.Simulation.Checking;

namespace HalfOpen.Simulation.Experiments;

/// <summary>The policies by the names that people type: what engine to make of them, and what promises to hold each to.</summary>
public static class PolicyCatalog
{
    /// <summary>Room for waiting attempts: more than any scenario wishes, so that a full queue never blurs a comparison.</summary>
    private const int MaxQueued = 8_000_000;

    /// <summary>No program of a scenario is ever forgotten: the world interns each of them once.</summary>
    private const int MaxPrograms = 1 << 22;

    /// <summary>What <c>--policy</c> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = ["unlimited", "fifo", "windows-xp", "fair"];

    /// <summary>The policy has a limit.</summary>
    public static bool IsLimited(string policy) => policy is not ("unlimited" or RunRequest.Idle);

    /// <summary>The policy knows the learned deadline and the NAT budget.</summary>
    public static bool HasOptions(string policy) => policy == "fair";

    internal static Func<ILimiter> Factory(RunRequest request)
    {
        var limit = request.Limit ?? LimitSweep.Most;
        return () => new EngineLimiter(new EngineOptions { Limit = limit, Policy = Options(request), MaxQueued = MaxQueued, MaxPrograms = MaxPrograms });
    }

    internal static CheckProfile Profile(RunRequest request)
    {
        var name = request.Label + (request.Limit is { } limit ? $" at {limit}" : "");
        return request.Policy switch
        {
            "fifo" => new CheckProfile { Policy = name, BoundPerWaiting = 1, BoundPerProgram = 1 },
            "windows-xp" => new CheckProfile { Policy = name, CountsAfterEnd = true, BoundPerWaiting = 128, BoundPerProgram = 1 },
            "fair" => new CheckProfile
            {
                Policy = name,
                LateCounting = true,
                BoundsUnknown = true,
                FifoWithinProgram = false,
                BoundPerProgram = 64,
                NatBudget = request.NatBudget,
            },
            _ => new CheckProfile { Policy = name, Limited = false },
        };
    }

    private static PolicyOptions Options(RunRequest request) => request.Policy switch
    {
        "fifo" => new FifoOptions(),
        "windows-xp" => new WindowsXpOptions(),
        "fair" => new FairOptions { GiveUp = request.GiveUp, NatBudget = request.NatBudget is { } entries ? new NatBudget(entries) { SilentHold = request.NatSilentHold, ClosedHold = request.NatClosedHold } : null },
        _ => new UnlimitedOptions(),
    };
}
