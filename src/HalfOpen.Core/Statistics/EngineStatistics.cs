namespace HalfOpen.Core;

/// <summary>Why a program has attempts that wait.</summary>
public enum WaitReason : byte
{
    /// <summary>It has none.</summary>
    None,

    /// <summary>Every slot is held.</summary>
    SlotsTaken,

    /// <summary>Slots are free, but kept for newcomers: this program's attempts were silent too often.</summary>
    Headroom,

    /// <summary>Other programs that hold less come first.</summary>
    Share,

    /// <summary>Another attempt to the same destination is half-open; its outcome decides.</summary>
    SameDestination,

    /// <summary>The NAT device's budget is used up.</summary>
    NatBudget,

    /// <summary>The policy takes queued attempts in turns, and its turn has not come.</summary>
    Turn,
}

/// <summary>Totals since the engine was made.</summary>
/// <param name="Submitted">Attempts submitted or adopted.</param>
/// <param name="Started">Attempts started or adopted.</param>
/// <param name="Rejected">Attempts refused or expired.</param>
/// <param name="Established">Ended so; likewise the others. Cancelled ones include those that never started.</param>
public readonly record struct OutcomeTotals(
    long Submitted, long Started, long Rejected, long Established, long Refused, long Reset, long TimedOut, long Unreachable,
        long Cancelled);

/// <summary>One program in a snapshot.</summary>
/// <param name="Program">Its handle.</param>
/// <param name="Name">What it was interned as.</param>
/// <param name="Owner">Its owner's name; null: it is one by itself.</param>
/// <param name="Counted">Slots it holds.</param>
/// <param name="HalfOpen">Its half-open attempts, whether they hold a slot or not.</param>
/// <param name="Waiting">Its backlog.</param>
/// <param name="Reason">Why it waits.</param>
/// <param name="Totals">Since it was interned.</param>
/// <param name="MeanWait">Of its started attempts.</param>
/// <param name="MaxWait">Of its started attempts.</param>
public sealed record ProgramStatistics(
    ProgramId Program, string Name, string? Owner, int Counted, int HalfOpen, int Waiting, WaitReason Reason, OutcomeTotals Totals,
        TimeSpan MeanWait,
        TimeSpan MaxWait);

/// <summary>A snapshot; immutable, thread-safe.</summary>
/// <param name="Limit">Slots.</param>
/// <param name="Counted">Slots held.</param>
/// <param name="HalfOpen">Half-open attempts, whether they hold a slot or not.</param>
/// <param name="Waiting">Backlog.</param>
/// <param name="Policy">What only the policy in force knows; null where it knows nothing more.</param>
/// <param name="Warnings">Events like Windows' 4226.</param>
/// <param name="GivenUp">Attempts the host was asked to abort.</param>
/// <param name="Totals">By outcome.</param>
/// <param name="Waits">From submission to start, of all started attempts.</param>
/// <param name="Holds">From start to outcome.</param>
/// <param name="Programs">Those with attempts now or earlier, in the order of their handles.</param>
public sealed record EngineStatistics(
    int Limit,
    int Counted,
    int HalfOpen,
    int Waiting,
    PolicyStatistics? Policy,
    long Warnings,
    long GivenUp,
    OutcomeTotals Totals,
    DurationHistogram Waits,
    DurationHistogram Holds,
    IReadOnlyList<ProgramStatistics> Programs);

/// <summary>What only one policy knows; the type says which. Immutable, thread-safe.</summary>
public abstract record PolicyStatistics
{
    private protected PolicyStatistics()
    {
    }
}
