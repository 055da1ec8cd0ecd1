using HalfOpen.Core;

namespace HalfOpen.Guard;

/// <summary>
/// What a guard is doing: one consistent picture, taken between two events. Immutable. Durations in seconds or
/// milliseconds as named.
/// </summary>
public sealed record GuardStatus
{
    /// <summary>Of this shape: raised when a member changes its meaning or goes.</summary>
    public int Version { get; init; } = 1;

    /// <summary>When guarding began (UTC).</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Name of the rule in force.</summary>
    public string Policy { get; init; } = "";

    public int Limit { get; init; }

    /// <summary>Attempts that are out and not answered, whether they take a slot or not.</summary>
    public int HalfOpen { get; init; }

    /// <summary>Attempts that take a slot.</summary>
    public int Counted { get; init; }

    /// <summary>Attempts whose SYN is held.</summary>
    public int Waiting { get; init; }

    /// <summary>"bpf" or "nflog".</summary>
    public string OutcomeSource { get; init; } = "";

    /// <summary>
    /// What that source cannot tell, or why there is no better one, in words; empty where nothing is missing.
    /// </summary>
    public string OutcomeProblem { get; init; } = "";

    /// <summary>"owner" or "program": between whom slots are shared.</summary>
    public string ShareBy { get; init; } = "";

    /// <summary>
    /// Owners whose programs hold a slot or wait, the biggest first; at most 64, <see cref="OtherOwners"/> says how
    /// many more. Empty where slots are shared between programs alone.
    /// </summary>
    public IReadOnlyList<OwnerStatus> Owners { get; init; } = [];

    public int OtherOwners { get; init; }

    /// <summary>
    /// Programs that hold a slot or wait, the biggest first, those of an owner together, in the order of
    /// <see cref="Owners"/>; at most 64, <see cref="OtherPrograms"/> says how many more. Of each of those owners the
    /// biggest is there, whatever the others have.
    /// </summary>
    public IReadOnlyList<ProgramStatus> Programs { get; init; } = [];

    public int OtherPrograms { get; init; }

    public OutcomeTotals Totals { get; init; }

    public GuardCounters Counters { get; init; } = new();

    public ReconciliationStatus Reconciliation { get; init; } = new();

    public RulesStatus Rules { get; init; } = new();

    public LeaseStatus Lease { get; init; } = new();

    /// <summary>How long attempts waited for their slot.</summary>
    public DurationSummary Waits { get; init; } = new();

    /// <summary>From the start of an attempt to its outcome.</summary>
    public DurationSummary Holds { get; init; } = new();

    /// <summary>Event 4226-like warnings so far: the limit was reached while something waited.</summary>
    public long LimitWarnings { get; init; }

    /// <summary>Why recording (<see cref="GuardOptions.RecordFile"/>) ended early; empty otherwise.</summary>
    public string RecordProblem { get; init; } = "";
}

/// <summary>One owner's part: the sum of its programs.</summary>
/// <param name="Name">"user NAME", "docker ID" and the like for a container, "pod ID", "host ADDRESS".</param>
/// <param name="HalfOpen">Attempts that are out and not answered, whether they take a slot or not.</param>
/// <param name="Counted">Slots held.</param>
/// <param name="Waiting">Attempts held.</param>
/// <param name="LongestWaitSeconds">Age of the oldest waiting attempt, 0 when nothing waits.</param>
/// <param name="Started">Attempts let out so far, of programs that are still known.</param>
/// <param name="Programs">How many programs hold a slot or wait.</param>
public sealed record OwnerStatus(
    string Name, int HalfOpen, int Counted, int Waiting, double LongestWaitSeconds, long Started, int Programs);

/// <summary>One program's part.</summary>
/// <param name="Name">Executable with what it runs and its unit, "unknown program", or a source address.</param>
/// <param name="HalfOpen">Its attempts that are out and not answered, whether they take a slot or not.</param>
/// <param name="Counted">Slots that it holds.</param>
/// <param name="Waiting">Attempts held.</param>
/// <param name="Reason">Why it waits, in words; empty when nothing waits.</param>
/// <param name="LongestWaitSeconds">Age of its oldest waiting attempt, 0 when nothing waits.</param>
/// <param name="Started">Attempts let out so far.</param>
public sealed record ProgramStatus(
    string Name, int HalfOpen, int Counted, int Waiting, string Reason, double LongestWaitSeconds, long Started)
{
    /// <summary>Its owner's name; empty where slots are shared between programs alone.</summary>
    public string Owner { get; init; } = "";
}

/// <summary>What happened to packets beside the ordinary.</summary>
public sealed record GuardCounters
{
    /// <summary>SYNs that came out of the queue.</summary>
    public long Syns { get; init; }

    /// <summary>Packets that the kernel dropped because its queue was full.</summary>
    public long QueueDropped { get; init; }

    /// <summary>Packets that the kernel could not hand to us (socket buffer full).</summary>
    public long UserDropped { get; init; }

    /// <summary>Let out over the limit at the hold cap or because too many were held.</summary>
    public long Passed { get; init; }

    /// <summary>Refused at the hold cap or because too many were held.</summary>
    public long Refused { get; init; }

    /// <summary>Sockets closed while their SYN was held: the SYN was dropped.</summary>
    public long ClosedWhileHeld { get; init; }

    /// <summary>Retransmissions of SYNs that were out already: passed at once.</summary>
    public long Retransmissions { get; init; }

    /// <summary>Copies of a held forwarded SYN: dropped, one is kept.</summary>
    public long CopiesDropped { get; init; }

    /// <summary>Attempts given up because they stayed silent for too long.</summary>
    public long GivenUp { get; init; }

    /// <summary>Attempts that were half-open already when the guard came.</summary>
    public long Adopted { get; init; }

    /// <summary>Passed because exempt (as far as the guard saw them).</summary>
    public long Exempt { get; init; }

    /// <summary>SYNs of this machine that no TCP socket sent (raw sockets): passed.</summary>
    public long WithoutSocket { get; init; }

    /// <summary>
    /// Attempts that a program of this machine answered in their destination's place: a transparent proxy. They say
    /// nothing about the destination.
    /// </summary>
    public long AnsweredHere { get; init; }

    /// <summary>
    /// Local SYNs that came again although held: the kernel had lost them, or Fast Open. The new one is held.
    /// </summary>
    public long HeldAgain { get; init; }

    /// <summary>Held SYNs that the kernel had lost when their turn came: the slot went to others.</summary>
    public long Lost { get; init; }

    /// <summary>MPTCP SYNs let out over the limit, so that the kernel does not switch MPTCP off.</summary>
    public long MultipathPassed { get; init; }

    /// <summary>
    /// Starts and ends of attempts that the kernel could not tell us, because too many came at once: a comparison with
    /// its sockets makes good for them.
    /// </summary>
    public long EventsLost { get; init; }

    /// <summary>Packets that were no whole TCP SYN: passed.</summary>
    public long Malformed { get; init; }
}

/// <summary>The comparison with the kernel's own list of SYN-SENT sockets.</summary>
public sealed record ReconciliationStatus
{
    public long Runs { get; init; }

    /// <summary>Seconds since the last one; 0 before the first.</summary>
    public double LastSecondsAgo { get; init; }

    /// <summary>Slots whose socket was gone though nobody had told: given back.</summary>
    public long SlotsRecovered { get; init; }

    /// <summary>Held SYNs whose socket was gone though nobody had told: dropped.</summary>
    public long HeldRecovered { get; init; }

    /// <summary>SYN-SENT sockets that the last dump saw.</summary>
    public int KernelSynSent { get; init; }

    /// <summary>Attempts (out or held) that the guard knew at that moment.</summary>
    public int Known { get; init; }

    /// <summary>
    /// Sockets of the dump that are not exempt and whose SYN the guard has not seen, 256 at most: rules of others drop
    /// or take it on its way, or the guard's rules are gone.
    /// </summary>
    public int Unseen { get; init; }
}

/// <summary>The guard's rules in the packet filter, as far as others leave them alone.</summary>
public sealed record RulesStatus
{
    /// <summary>Where they stand, in words.</summary>
    public string Where { get; init; } = "";

    /// <summary>Why they do not stand where they would best stand; empty: they do.</summary>
    public string Problem { get; init; } = "";

    /// <summary>
    /// They were there when last looked at, at most a second ago. False: connections pass without a limit.
    /// </summary>
    public bool InPlace { get; init; } = true;

    /// <summary>How often somebody had removed or changed them and they were put back.</summary>
    public long PutBack { get; init; }

    /// <summary>They were removed again and again, and are not put back any more until a reload or a restart.</summary>
    public bool GaveWay { get; init; }
}

/// <summary>Slots that the kernel gives out by itself while they are plenty.</summary>
public sealed record LeaseStatus
{
    /// <summary>Whether it does at all.</summary>
    public bool InUse { get; init; }

    /// <summary>Why it does not, in words; empty where it does.</summary>
    public string Problem { get; init; } = "";

    /// <summary>Slots that it may give out now; 0 while attempts wait.</summary>
    public int Free { get; init; }

    /// <summary>
    /// Attempts that are half-open on a slot of the kernel's now. One that has been out for a second is the guard's
    /// from then on, as if it had been asked for.
    /// </summary>
    public int Out { get; init; }

    /// <summary>Attempts so far that started on a slot of the kernel's.</summary>
    public long Started { get; init; }
}

/// <summary>A distribution in short. All in milliseconds.</summary>
public sealed record DurationSummary(long Count = 0, double P50Ms = 0, double P99Ms = 0, double MaxMs = 0);
