namespace HalfOpen.Core;

/// <summary>What a host is asked to do, or told.</summary>
public enum DecisionKind : byte
{
    /// <summary>Let the attempt go: send the SYN.</summary>
    Start,

    /// <summary>Hold it; a later <see cref="Start"/> or <see cref="Rejected"/> follows.</summary>
    Queued,

    /// <summary>Refuse it now; its id is stale from here on.</summary>
    Rejected,

    /// <summary>
    /// It is silent for longer than handshakes take: abort it, then report <see cref="Outcome.Cancelled"/> or
    /// <see cref="Outcome.TimedOut"/>. Until then it keeps its slot.
    /// </summary>
    GiveUp,

    /// <summary>What Windows would write as event 4226; only under <c>windows-xp</c>.</summary>
    LimitWarning,

    /// <summary>
    /// A slot came back. Only with <see cref="EngineOptions.ReportFreed"/>; the attempt's id is already stale.
    /// </summary>
    Freed,
}

/// <summary>Why an attempt was rejected.</summary>
public enum RejectReason : byte
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>As many attempts wait as <see cref="EngineOptions.MaxQueued"/> allows.</summary>
    QueueFull,

    /// <summary>It waited until its deadline.</summary>
    Expired,

    /// <summary>The host denied this program (<see cref="ProgramTable.SetDenied"/>).</summary>
    Denied,
}

/// <summary>One decision, in the order in which they were taken.</summary>
/// <param name="Kind">What.</param>
/// <param name="Attempt">Which.</param>
/// <param name="Tag">The host's word for it.</param>
/// <param name="Reason">Why, when rejected.</param>
/// <param name="RetryAfter">When it may be worth trying again, when rejected; an estimate from the recent rate of
/// starts, 1 s to 60 s. Zero otherwise.</param>
public readonly record struct Decision(DecisionKind Kind, AttemptId Attempt, ulong Tag, RejectReason Reason, TimeSpan RetryAfter);
