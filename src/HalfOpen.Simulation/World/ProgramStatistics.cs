using HalfOpen.Simulation.Results;

namespace HalfOpen.Simulation.World;

/// <summary>What one program asked for and got, counted by the world (not by the engine under test).</summary>
internal sealed class ProgramStatistics
{
    public long Submitted { get; set; }

    public long Started { get; set; }

    public long Established { get; set; }

    public long Refused { get; set; }

    public long TimedOut { get; set; }

    public long Cancelled { get; set; }

    /// <summary>Given up because the policy asked for it.</summary>
    public long GivenUp { get; set; }

    public long Rejected { get; set; }

    /// <summary>Wishes the program dropped because it had no socket left.</summary>
    public long Dropped { get; set; }

    /// <summary>At the end of the run: how long the oldest attempt that never started has waited, in ticks.</summary>
    public long LongestStillWaitingTicks { get; set; }

    /// <summary>Ticks that its started attempts were half-open, summed.</summary>
    public long HalfOpenTicks { get; set; }

    /// <summary>From submission to start.</summary>
    public DurationHistogram Waits { get; } = new();
}
