using HalfOpen.Core;

namespace HalfOpen.Guard;

/// <summary>What becomes of an attempt that the guard will not hold (any longer).</summary>
public enum HoldEnd
{
    /// <summary>It is let out and counted, though the limit is reached.</summary>
    Pass,

    /// <summary>Its socket is aborted (the program sees ECONNABORTED); a forwarded SYN is dropped.</summary>
    Refuse,
}

/// <summary>Between whom slots are shared.</summary>
public enum ShareBy
{
    /// <summary>
    /// First between owners (users, containers and pods, hosts whose traffic is forwarded), then between the programs
    /// of each.
    /// </summary>
    Owner,

    /// <summary>Between programs, whosever they are.</summary>
    Program,
}

/// <summary>Where the guard learns how an attempt ended.</summary>
public enum OutcomeChoice
{
    /// <summary>BPF where the kernel and our capabilities allow it, else NFLOG.</summary>
    Automatic,

    /// <summary>BPF sock_ops callbacks; starting fails where they cannot be had.</summary>
    Bpf,

    /// <summary>NFLOG of inbound SYN-ACK, RST and ICMP, and frequent dumps of the kernel's SYN-SENT sockets.</summary>
    Nflog,
}

/// <summary>
/// Everything a guard can be told. Immutable and thread-safe; a running guard takes a new one through
/// <see cref="GuardSession.Reload"/>.
/// </summary>
public sealed record GuardOptions
{
    /// <summary>Slots: half-open attempts that may be out at once. 1 to 1,000,000, default 100.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>
    /// The rule that decides which waiting attempt gets the next slot, with its options; default <c>fair</c>.
    /// </summary>
    public PolicyOptions Policy { get; init; } = new FairOptions();

    /// <summary>Between whom slots are shared first; default <see cref="ShareBy.Owner"/>.</summary>
    public ShareBy ShareBy { get; init; }

    /// <summary>
    /// Govern forwarded traffic too, a program being a source address. Needs a restart to change. Default no.
    /// </summary>
    public bool Router { get; init; }

    /// <summary>
    /// Govern what containers on this machine send (it is forwarded traffic as well). Needs a restart to change.
    /// Default no.
    /// </summary>
    public bool Containers { get; init; }

    /// <summary>
    /// What is never held or counted. Loopback and packets that carry <see cref="Mark"/> are always exempt.
    /// </summary>
    public IReadOnlyList<Exemption> Exemptions { get; init; } = [];

    /// <summary>Also govern loopback connections; default no.</summary>
    public bool GuardLoopback { get; init; }

    /// <summary>
    /// How long one SYN is held at most, default 60 s. The kernel's retry ticks fall at about 35 and 67 s after
    /// connect, so a SYN that is lost right after a later release would cost another half minute; the kernel itself
    /// gives up after about 133 s (measured, kernel 6.18).
    /// </summary>
    public TimeSpan HoldCap { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// What happens at <see cref="HoldCap"/>; default <see cref="HoldEnd.Refuse"/>: passing would break the limit
    /// exactly when it matters.
    /// </summary>
    public HoldEnd WhenHeldTooLong { get; init; } = HoldEnd.Refuse;

    /// <summary>
    /// SYNs held at once, all programs together. 1 to 1,000,000, default 65,536 (about 80 MB of kernel memory).
    /// </summary>
    public int MaxHeld { get; init; } = 65_536;

    /// <summary>
    /// SYNs held at once for one program, so that none can fill <see cref="MaxHeld"/> alone. Default 32,768.
    /// </summary>
    public int MaxHeldPerProgram { get; init; } = 32_768;

    /// <summary>
    /// SYNs held at once for one owner: half way between a program's and all, so that neither a program can shut out
    /// its owner's others nor an owner with many programs everybody.
    /// </summary>
    public int MaxHeldPerOwner => (int)(((long)MaxHeldPerProgram + MaxHeld) / 2);

    /// <summary>
    /// What happens to an attempt beyond <see cref="MaxHeld"/> or <see cref="MaxHeldPerProgram"/>; default refuse.
    /// </summary>
    public HoldEnd WhenFull { get; init; } = HoldEnd.Refuse;

    /// <summary>
    /// No connections while the guard is down. Default no: killed or hung, connections work again within one retry
    /// tick.
    /// </summary>
    public bool FailClosed { get; init; }

    /// <summary>NFQUEUE number, default 4226. Needs a restart to change.</summary>
    public ushort QueueNumber { get; init; } = 4226;

    /// <summary>NFLOG group for outcomes seen on the wire, default 4226. Needs a restart to change.</summary>
    public ushort LogGroup { get; init; } = 4226;

    /// <summary>Packets with this firewall mark are ours and pass. Default 0x4226.</summary>
    public uint Mark { get; init; } = 0x4226;

    /// <summary>
    /// Path of the network namespace to govern (such as /run/netns/lab); null (default): the one of the thread that
    /// calls <see cref="GuardSession.Run"/>.
    /// </summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>Where outcomes come from, default automatic. Needs a restart to change.</summary>
    public OutcomeChoice Outcomes { get; init; }

    /// <summary>
    /// Let the kernel give out slots by itself while they are plenty, where it can. Needs a restart to change. Default
    /// yes.
    /// </summary>
    public bool Lease { get; init; } = true;

    /// <summary>
    /// Time between comparisons with the kernel's own list of SYN-SENT sockets. Default 3 s; without BPF it is done
    /// more often.
    /// </summary>
    public TimeSpan ReconcileEvery { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// What is taken for the end of an attempt whose socket was found gone: cancelled (default), since programs mostly
    /// lose patience before the kernel does. Timed out where it is known that they leave that to the kernel. Matters
    /// only without BPF, which tells the two apart.
    /// </summary>
    public Outcome GoneMeans { get; init; } = Outcome.Cancelled;

    /// <summary>
    /// A forwarded attempt that nobody answered gives its slot back after this time. Default 21 s (what Windows' own
    /// SYN retries take). A later retry asks anew.
    /// </summary>
    public TimeSpan ForwardedTimeout { get; init; } = TimeSpan.FromSeconds(21);

    /// <summary>
    /// Write every engine event to this file, for <c>halfopen replay</c>; null (default): no. Needs a restart to
    /// change.
    /// </summary>
    public string? RecordFile { get; init; }

    /// <summary>Whether any forwarded traffic is governed.</summary>
    public bool Forwarded => Router || Containers;

    /// <summary>The first thing that is wrong with these options, in words for a user, or null.</summary>
    public string? Problem() => this switch
    {
        { Limit: < 1 or > 1_000_000 } => $"limit {Limit} is out of range: give 1 to 1,000,000",
        { MaxHeld: < 1 or > 1_000_000 } => $"max-held {MaxHeld} is out of range: give 1 to 1,000,000",
        { MaxHeldPerProgram: < 1 } => $"max-held-per-program {MaxHeldPerProgram} is out of range: give 1 or more",
        { HoldCap.Ticks: < TimeSpan.TicksPerMillisecond } => "the hold cap must be at least 1 ms",
        { ReconcileEvery.Ticks: < 10 * TimeSpan.TicksPerMillisecond } => "the time between reconciliations must be at least 10 ms",
        { ForwardedTimeout.Ticks: < 10 * TimeSpan.TicksPerMillisecond } => "the timeout of forwarded attempts must be at least 10 ms",
        _ => Policy.Problem(),
    };
}
