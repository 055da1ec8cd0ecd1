namespace HalfOpen.Simulation.Scenarios;

/// <summary>
/// A world to simulate: who opens connections, to what kind of hosts, through what, and what goes wrong on the way.
/// Read from a small JSON file by <see cref="ScenarioReader"/>; the fields are those of scenario.schema.json.
/// Immutable, thread-safe.
/// </summary>
public sealed record Scenario
{
    /// <summary>Short name, as in tables and JSON.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence for people.</summary>
    public string Title { get; init; } = "";

    /// <summary>Virtual seconds simulated, above 0. Default 600.</summary>
    public double DurationSeconds { get; init; } = 600;

    /// <summary>How this machine's TCP sends SYNs.</summary>
    public StackSpec Stack { get; init; } = new();

    /// <summary>Probability 0..1 that a packet is lost, each way. Default 0.</summary>
    public double Loss { get; init; }

    /// <summary>The router between this machine and the world; null: none.</summary>
    public NatSpec? Nat { get; init; }

    /// <summary>Budget of NAT entries handed to the policies that know one; null: none.</summary>
    public int? NatBudget { get; init; }

    /// <summary>Limits to try when the command line names none.</summary>
    public IReadOnlyList<int> Limits { get; init; } = [10, 100];

    /// <summary>Policies to try when the command line names none.</summary>
    public IReadOnlyList<string> Policies { get; init; } = ["windows-xp", "fair"];

    /// <summary>Who opens connections.</summary>
    public IReadOnlyList<ProgramSpec> Programs { get; init; } = [];

    /// <summary>What goes wrong, in order of time.</summary>
    public IReadOnlyList<FaultSpec> Faults { get; init; } = [];

    /// <summary>A population with a worm in it instead of one machine; null: one machine.</summary>
    public OutbreakSpec? Outbreak { get; init; }
}

/// <summary>The operating system whose SYN timing the machine has.</summary>
public enum StackSystem
{
    /// <summary>SYN at 0, 3 and 9 s, given up 21 s after the first.</summary>
    Windows,

    /// <summary>
    /// SYN at about 0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s after connect(), given up at 133 s; the clock runs while the
    /// SYN is held.
    /// </summary>
    Linux,
}

/// <summary>SYN timing of the machine.</summary>
public sealed record StackSpec
{
    public StackSystem System { get; init; } = StackSystem.Windows;

    /// <summary>
    /// How often a refused attempt (RST) is tried again, 0.5 s apart, before the program hears of it. Windows: 2.
    /// Default 0.
    /// </summary>
    public int RefusedRetries { get; init; }

    /// <summary>
    /// Seconds after which the system gives a silent attempt up, counted from where <see cref="System"/> counts; 0
    /// (default): the system's own 21 or 133.
    /// </summary>
    public double GiveUpSeconds { get; init; }
}

/// <summary>A NAT device with a bounded table.</summary>
public sealed record NatSpec
{
    /// <summary>Entries the table holds, 1 to 1,000,000; a SYN that finds it full is lost. Default 65,536.</summary>
    public int Capacity { get; init; } = 65_536;

    /// <summary>Seconds an entry of an unanswered SYN stays. Default 120 (Linux conntrack).</summary>
    public double SynSentSeconds { get; init; } = 120;

    /// <summary>
    /// Every retransmitted SYN starts those seconds anew. Default false: they count from the first SYN, as in Linux,
    /// whose conntrack does not renew an entry on a SYN retransmission (nf_conntrack_proto_tcp.c).
    /// </summary>
    public bool Renew { get; init; }

    /// <summary>Seconds an entry stays after a connection was closed or refused. Default 10.</summary>
    public double ClosingSeconds { get; init; } = 10;
}

/// <summary>Something that goes wrong (or is changed) at an instant.</summary>
public sealed record FaultSpec
{
    public required FaultKind Kind { get; init; }

    /// <summary>Virtual seconds from the start.</summary>
    public required double At { get; init; }

    /// <summary>
    /// How long it lasts, for <see cref="FaultKind.Loss"/>, <see cref="FaultKind.Outage"/> and
    /// <see cref="FaultKind.Silence"/> (there 0: for good).
    /// </summary>
    public double Seconds { get; init; }

    /// <summary>The new limit, for <see cref="FaultKind.Limit"/>.</summary>
    public int Limit { get; init; }

    /// <summary>The loss probability, for <see cref="FaultKind.Loss"/>.</summary>
    public double Loss { get; init; }

    /// <summary>Whose hosts fall silent, for <see cref="FaultKind.Silence"/>.</summary>
    public string Program { get; init; } = "";
}

public enum FaultKind
{
    /// <summary>The limit is changed while running.</summary>
    Limit,

    /// <summary>Packets are lost for a while.</summary>
    Loss,

    /// <summary>
    /// The hosts that a program uses again and again (its pool) answered until now, and answer no more.
    /// </summary>
    Silence,

    /// <summary>Every remote host restarts: connections end, and nothing answers for a while.</summary>
    Outage,

    /// <summary>
    /// This machine restarts: every attempt and connection ends, the programs begin again, the engine starts empty.
    /// </summary>
    Restart,
}

/// <summary>A worm in a population of machines that all have the same limit.</summary>
public sealed record OutbreakSpec
{
    /// <summary>Machines that can be infected, 2 to 10,000,000.</summary>
    public int Hosts { get; init; } = 100_000;

    /// <summary>Addresses the worm picks from, at random; at least <see cref="Hosts"/>. Default 2^32.</summary>
    public long Addresses { get; init; } = 1L << 32;

    /// <summary>Machines infected at the start.</summary>
    public int Initial { get; init; } = 10;

    /// <summary>Attempts a second that each infected machine wishes.</summary>
    public double ScanPerSecond { get; init; } = 200;

    /// <summary>Seconds from the SYN to the infection of a susceptible machine.</summary>
    public double InfectSeconds { get; init; } = 1;

    /// <summary>
    /// Attempts an infected machine has open or waiting at most (its sockets). Default 5,000: 200 a second for 21 s,
    /// and some.
    /// </summary>
    public int MaxOutstanding { get; init; } = 5_000;

    /// <summary>
    /// One whole engine for each infected machine, attempt by attempt, instead of the compact model; up to 20,000
    /// hosts.
    /// </summary>
    public bool Exact { get; init; }

    /// <summary>The run ends when this share of the hosts is infected (or at the scenario's duration).</summary>
    public double StopAtShare { get; init; } = 0.95;
}
