namespace HalfOpen.TestDrivers;

/// <summary>One thing that is wrong with a driver; everything else about it is right.</summary>
public enum Decoy
{
    None,

    // evidence 1
    InitRenamed,
    InitNotDiscardable,
    InitNotExecutable,
    NotNative,
    OtherMachine,

    // evidence 2
    NoInitStore,
    TooManyStores,
    ThresholdMisaligned,
    ThresholdInReadOnlySection,
    ThresholdInDiscardableSection,

    // evidence 3
    ImmediateUnderRelocation,
    StoreOperandNotRelocated,
    ComparisonOperandNotRelocated,
    RelocationsStripped,

    // evidence 4
    UnsignedJump,
    UnsignedJumps,
    OnlyOneComparison,
    ComparedWithAnotherCounter,
    ComparisonsOnlyInInit,
    OtherRegisterCompared,

    NoLimiter,

    // evidence 5
    CounterNeverAtomic,
    CounterChangedPlainly,
    CounterOnlyIncremented,
    CounterOnlyDecremented,
    CounterChangedTwice,

    // evidence 6
    ThresholdWrittenOutsideInit,
    ThresholdIncrementedOutsideInit,
    CounterWrittenPlainly,

    // evidence 7
    NoPendingTest,
    TwoPendingCounters,

    // evidence 8
    DrainBoundMissing,
    DrainBoundOther,
    DrainBoundSigned,
    DrainBoundTooFar,

    // evidence 9
    EventAbsent,
    EventTwice,

    // ambiguous
    TwoInitStores,
    TwoCandidates,

    // unreadable
    SectionsOverlapInFile,
    SectionsOverlapInImage,
    SectionPastEnd,
}
