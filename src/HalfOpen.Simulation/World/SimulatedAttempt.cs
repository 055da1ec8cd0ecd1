using HalfOpen.Core;

namespace HalfOpen.Simulation.World;

internal enum SimulatedState : byte
{
    Free,
    Waiting,
    HalfOpen,
    Open,
}

/// <summary>
/// One attempt, later connection, in the world's slab. Events that name it carry its generation and are void when it
/// has moved on.
/// </summary>
internal struct SimulatedAttempt
{
    public AttemptId Id;

    /// <summary>Number of the submission in this run, from 1.</summary>
    public long Serial;
    public long Submitted;
    public long Started;
    public int Generation;
    public int Program;
    public int Host;

    /// <summary>A word of the program's own: a browser's page number.</summary>
    public int Word;

    public SimulatedState State;

    /// <summary>When the first SYN got through the router, which has an entry for it since.</summary>
    public long NatSince;
    public bool HasNatEntry;

    /// <summary>Its destination had never answered when it was started.</summary>
    public bool ToUnknown;

    /// <summary>No other attempt to its destination was half-open when it was started: what policies count.</summary>
    public bool FirstToHost;
}

internal enum EventKind : byte
{
    /// <summary>The host's answer arrives.</summary>
    Answer,

    /// <summary>The system, or the program itself, gives the attempt up.</summary>
    GiveUp,

    /// <summary>The SYN is sent again.</summary>
    Resend,

    /// <summary>A connection ends.</summary>
    Close,

    /// <summary>A program asked to be woken.</summary>
    Wake,

    NatExpire,
    FaultBegins,
    FaultEnds,
}

internal readonly record struct WorldEvent(EventKind Kind, int Index, int Generation);

/// <summary>A started attempt in hindsight, in ticks. No outcome: still half-open at the end of the run.</summary>
internal readonly record struct AttemptSpan(int Program, long Submitted, long Started, long Ended, bool TakesSlot, Outcome? Outcome);
