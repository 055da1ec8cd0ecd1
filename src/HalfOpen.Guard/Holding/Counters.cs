namespace HalfOpen.Guard.Holding;

/// <summary>What <see cref="GuardCounters"/> shows, counted by the guard's thread.</summary>
internal sealed class Counters
{
    public long Syns { get; set; }

    public long OnLease { get; set; }

    public long Passed { get; set; }

    public long Refused { get; set; }

    public long ClosedWhileHeld { get; set; }

    public long Retransmissions { get; set; }

    public long CopiesDropped { get; set; }

    public long GivenUp { get; set; }

    public long Adopted { get; set; }

    public long Exempt { get; set; }

    public long Malformed { get; set; }

    public long WithoutSocket { get; set; }

    public long AnsweredHere { get; set; }

    public long HeldAgain { get; set; }

    public long Lost { get; set; }

    public long MultipathPassed { get; set; }

    public long EventsLost { get; set; }

    public long Warnings { get; set; }

    public long ReconcileRuns { get; set; }

    public long SlotsRecovered { get; set; }

    public long HeldRecovered { get; set; }

    public int KernelSynSent { get; set; }

    public int Known { get; set; }

    public int Unseen { get; set; }
}
