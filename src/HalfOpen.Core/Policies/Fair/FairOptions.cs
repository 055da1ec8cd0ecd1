namespace HalfOpen.Core;

/// <summary>
/// <c>fair</c>: shares the slots themselves, not only the queue (docs/concepts/fair.md). Nothing needs to be
/// configured; every part can be switched alone so that it can be measured alone. Immutable, thread-safe.
/// </summary>
public sealed partial record FairOptions : PolicyOptions
{
    /// <summary>
    /// Most slots that programs with silent peers must leave to others: 0 to limit - 1. Null (default): a twentieth of
    /// the limit, at least 1 (none at limit 1).
    /// </summary>
    public int? MaxHeadroom { get; init; }

    /// <summary>
    /// Size the headroom by what short-lived handshakes needed in the last minutes, up to <see cref="MaxHeadroom"/>;
    /// false: always that many. Default true.
    /// </summary>
    public bool LearnHeadroom { get; init; } = true;

    /// <summary>
    /// Lend the headroom to programs with silent peers while no newcomer is expected: the pause between bursts of brief
    /// handshakes is learned (the shortest in the last minutes), and so is the stack's own timeout, which says when a
    /// lent slot is made good. Irregular newcomers make for short pauses, and then hardly anything is lent. Default
    /// true.
    /// </summary>
    public bool LendHeadroom { get; init; } = true;

    /// <summary>
    /// Where the headroom is a tenth of the limit or more, a slot is also lent when another slot comes back within this
    /// time. A newcomer may have to wait so long: 0 (never) to 1 s; default 100 ms.
    /// </summary>
    public TimeSpan LendBefore { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Do not start what is about to be given up by its own program anyway while fresher attempts wait: the program's
    /// patience is learned, and the last tenth of it is too late. Default true.
    /// </summary>
    public bool LearnPatience { get; init; } = true;

    /// <summary>Start attempts to destinations that answered lately at once and without a slot. Default true.</summary>
    public bool KnownDestinations { get; init; } = true;

    /// <summary>How long an answer is remembered: 1 ms to a day; default 5 minutes.</summary>
    public TimeSpan KnownFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How many destinations are remembered: 16 to 10,000,000; default 65,536. The longest unused are forgotten first.
    /// </summary>
    public int MaxKnownDestinations { get; init; } = 1 << 16;

    /// <summary>
    /// Tell the destination ports of one program apart, so that a browser and a swarm behind one key do not share one
    /// reputation. Default true.
    /// </summary>
    public bool PortClasses { get; init; } = true;

    /// <summary>
    /// Ask the host to abort attempts that stay silent for longer than handshakes take
    /// (<see cref="DecisionKind.GiveUp"/>). Default false.
    /// </summary>
    public bool GiveUp { get; init; }

    /// <summary>
    /// The learned deadline is never below this: 1 s to a day; default 3.5 s, two SYN retries of a Linux stack (1 s and
    /// 3 s, RFC 6298) and an answer.
    /// </summary>
    public TimeSpan MinGiveUpAfter { get; init; } = TimeSpan.FromSeconds(3.5);

    /// <summary>
    /// Give-ups are paid for with successes (Schechter, Jung and Berger 2004), so that who only scans gains nothing.
    /// Default true.
    /// </summary>
    public bool Credit { get; init; } = true;

    /// <summary>
    /// Give-ups that one success pays for: 1 to 100; default 5. At 5 a program needs one live peer in six.
    /// </summary>
    public int CreditPerSuccess { get; init; } = 5;

    /// <summary>
    /// A second limit, on the entries that a NAT device between this machine and the world is believed to hold:
    /// half-open attempts, open connections and remains of both together stay at or below this. 2 to 10,000,000; null
    /// (default): none.
    /// </summary>
    public int? NatBudget { get; init; }

    /// <summary>
    /// How long the entry of an attempt that nobody answered outlives its last SYN: 0 to 900 s; default 120 s (Linux
    /// conntrack, nf_conntrack_tcp_timeout_syn_sent).
    /// </summary>
    public TimeSpan NatSilentHold { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>
    /// How long that of a refused attempt or a closed connection does: 0 to 900 s; default 10 s
    /// (nf_conntrack_tcp_timeout_close).
    /// </summary>
    public TimeSpan NatClosedHold { get; init; } = TimeSpan.FromSeconds(10);

    internal override Policies.Policy Create(EngineState state) => new Policies.Fair.FairPolicy(state, this);
}

/// <summary>What <c>fair</c> knows; immutable, thread-safe.</summary>
/// <param name="KnownDestinations">Destinations it remembers.</param>
/// <param name="Headroom">Slots that programs with silent peers must leave.</param>
/// <param name="GiveUpAfter">The learned deadline; null where give-up is off.</param>
/// <param name="NatEntries">Entries a NAT device is believed to hold; 0 without a budget.</param>
public sealed record FairStatistics(int KnownDestinations, int Headroom, TimeSpan? GiveUpAfter, int NatEntries) : PolicyStatistics;
