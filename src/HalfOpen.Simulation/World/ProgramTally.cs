using HalfOpen.Core;

namespace HalfOpen.Simulation.World;

/// <summary>What one program asked for and got, counted by the world (not by the engine under test).</summary>
internal sealed class ProgramTally
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

    /// <summary>Ticks that its started attempts were half-open, summed.</summary>
    public long HalfOpenTicks { get; set; }

    /// <summary>
    /// From submission to start; of attempts that still wait at the end of the run, their wait so far.
    /// </summary>
    public DurationHistogram Waits { get; } = new(bits: 6);
}
