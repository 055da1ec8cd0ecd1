namespace HalfOpen.Simulation.Scenarios;

/// <summary>What kind of program it is: sets the defaults of <see cref="ProgramSpec"/>.</summary>
public enum ProgramKind
{
    /// <summary>A P2P client: very many destinations, most of them dead.</summary>
    Swarm,

    /// <summary>Pages of many connections to a few new hosts; somebody waits for them.</summary>
    Browser,

    /// <summary>One attempt a second to hosts that answer.</summary>
    Innocent,

    /// <summary>Mail or SSH: a few long connections to the same hosts, opened again when they end.</summary>
    KeepOpen,

    /// <summary>Many hosts, several connections each; most answer, some slowly.</summary>
    Crawler,

    /// <summary>Random addresses as fast as it can; nearly all silent.</summary>
    Worm,
}

/// <summary>
/// One program of a scenario. Durations are virtual seconds. Immutable, thread-safe.
/// </summary>
public sealed record ProgramSpec
{
    /// <summary>Name in tables.</summary>
    public required string Name { get; init; }

    public required ProgramKind Kind { get; init; }

    /// <summary>
    /// What the policy sees as the program; two programs with one key are one program to it (a LAN host behind a
    /// router). Default: the name.
    /// </summary>
    public required string Key { get; init; }

    /// <summary>
    /// Whom it belongs to (a user): policies may share slots between owners first. Null (default): it is one by itself.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>How many of it run at once, as name-1, name-2, ... Default 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>When it begins.</summary>
    public double StartSeconds { get; init; }

    /// <summary>Priority given to the engine, 0 to 3; higher goes first within the program. Default 0.</summary>
    public int Priority { get; init; }

    /// <summary>
    /// Attempts wished at any time, each ended one replaced at once; 0: by <see cref="RatePerSecond"/> instead.
    /// </summary>
    public int Concurrent { get; init; }

    /// <summary>Attempts wished a second, evenly spaced; 0: by <see cref="Concurrent"/> instead.</summary>
    public double RatePerSecond { get; init; }

    /// <summary>
    /// With a rate: a wish is dropped while this many attempts are open (sockets the program has). Default no bound.
    /// </summary>
    public int MaxOutstanding { get; init; } = int.MaxValue;

    /// <summary>Share of destinations that never answer.</summary>
    public double Silent { get; init; }

    /// <summary>Share that answers with RST.</summary>
    public double Refused { get; init; }

    /// <summary>
    /// Share that answers after <see cref="SlowSeconds"/>. What is left over answers after <see cref="AnswerSeconds"/>.
    /// </summary>
    public double Slow { get; init; }

    /// <summary>Time to the answer, uniform between two ends.</summary>
    public Span AnswerSeconds { get; init; } = new(0.05, 0.05);

    /// <summary>Time to the answer of slow hosts, uniform between two ends.</summary>
    public Span SlowSeconds { get; init; } = new(0.5, 3);

    /// <summary>How long an established connection stays open.</summary>
    public double OpenSeconds { get; init; } = 5;

    /// <summary>Destination ports, uniform between two ends.</summary>
    public int PortFrom { get; init; } = 443;

    public int PortTo { get; init; } = 443;

    /// <summary>
    /// The program itself gives an attempt up this long after asking for it (libtorrent: 15); 0: leaves it to the
    /// system.
    /// </summary>
    public double TimeoutSeconds { get; init; }

    /// <summary>
    /// The wish is void when the attempt has not started this long after it: the engine is told so and drops it from
    /// the queue. Shorter than
    /// <see cref="TimeoutSeconds"/>, it keeps attempts from being started with no patience left. 0: none.
    /// </summary>
    public double DeadlineSeconds { get; init; }

    /// <summary>Connections to each new host. A browser: 6.</summary>
    public int PerHost { get; init; } = 1;

    /// <summary>Hosts that are used again and again; 0: every host is new.</summary>
    public int Pool { get; init; }

    /// <summary>Browser: new hosts a page.</summary>
    public int Hosts { get; init; } = 5;

    /// <summary>Browser: from the last handshake of a page to the next page.</summary>
    public double PauseSeconds { get; init; } = 10;
}

/// <summary>A closed range of seconds.</summary>
public readonly record struct Span(double From, double To);
