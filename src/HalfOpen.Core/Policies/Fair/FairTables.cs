using System.Runtime.CompilerServices;
using HalfOpen.Core.Queueing;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>One list for each priority.</summary>
[InlineArray(AttemptRequest.MaxPriority + 1)]
internal struct PriorityLists
{
    private AttemptList _first;
}

/// <summary>The attempts of one program to one destination port, or to all its ports that have no class of their own: what is expected to behave alike.</summary>
internal struct FairClass
{
    public int Program;
    public int NextOfProgram; // -1: last
    public ushort Port;
    public bool IsLive;

    /// <summary>Its silent share is small: it gives a slot back within a round trip.</summary>
    public bool Brief;

    /// <summary>Waits, and may use the headroom.</summary>
    public bool Privileged;

    public PriorityLists Queues;

    /// <summary>Those that have used up nearly all of their program's patience.</summary>
    public AttemptList Stale;

    /// <summary>After how long its program withdraws what waits.</summary>
    public SteadyTime Patience;
    public int Waiting;
    public int Parked;

    /// <summary>Slots held.</summary>
    public int Held;

    /// <summary>Of these, how many are not late yet.</summary>
    public int Pending;

    /// <summary>Slots held by attempts that are late.</summary>
    public int LateHeld;

    /// <summary>What it adds to the slots held for long: all it holds, or only what is late while it is brief.</summary>
    public int LongPart;
    public int Samples;
    public double LateShare;
    public long LastServed;
    public int Picks;
}

internal struct FairProgram
{
    public bool IsLive;
    public int FirstClass;
    public int OtherClass;
    public int ServiceClasses;
    public int HighClasses;
    public bool Overflowed;

    /// <summary>Attempts in the queues of its classes; parked ones are not.</summary>
    public int Queued;
    public int Privileged;

    /// <summary>Its silent share over all ports is small; what its classes are taken for until they have shown more.</summary>
    public bool Brief;
    public int Pending;
    public int Samples;
    public double LateShare;
    public int Credit;

    /// <summary>Silent beyond the deadline, for want of credit.</summary>
    public AttemptList Unpaid;

    /// <summary>Number of the start it was served by; who has the lowest waits longest.</summary>
    public long Served;
    public long ServedAt;

    /// <summary>Links of the programs that wait, longest unserved first.</summary>
    public int NextInLine;
    public int PreviousInLine;
    public bool InLine;
}
