namespace HalfOpen.Diagnosis.Facts;

/// <summary>
/// What was seen of one machine: all that findings are made of. Saved and read again as JSON
/// (<see cref="FactsJson"/>), so that somebody else can look at it. A part that is null was not looked at, or could not
/// be; <see cref="Notes"/> say why. Immutable and thread-safe.
/// </summary>
public sealed record MachineFacts
{
    /// <summary>Fields may be added under this number; none changes its meaning.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <value>What was looked at: <c>linux</c>, <c>windows</c>, or the text of <c>ss</c>, <c>netstat</c>,
    /// <c>conntrack</c>.</value>
    public string Source { get; init; } = FactsSource.Linux;

    /// <value>The start of the look; null where a text does not say.</value>
    public DateTimeOffset? TakenUtc { get; init; }

    /// <value>Seconds between the first and the last look; 0: one look.</value>
    public double WatchedSeconds { get; init; }

    /// <value>How sockets were watched.</value>
    public ViewKind View { get; init; }

    /// <value>True: programs of all users are known by name, and what only root may read was read.</value>
    public bool SeesAll { get; init; }

    /// <value>What could not be seen and why, one sentence each.</value>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public IReadOnlyList<ProgramFacts> Programs { get; init; } = [];

    /// <value>What programs have to do with whom, over TCP; loopback is left out.</value>
    public IReadOnlyList<PeerFacts> Peers { get; init; } = [];

    /// <value>Peers beyond the number that is kept.</value>
    public long PeersLeftOut { get; init; }

    public PortFacts? Ports { get; init; }

    public TrackingFacts? Tracking { get; init; }

    public IReadOnlyList<ListenerFacts>? Listeners { get; init; }

    public IReadOnlyList<DescriptorFacts>? Descriptors { get; init; }

    public ResolverFacts? Resolver { get; init; }

    public IReadOnlyList<CounterFacts> Counters { get; init; } = [];

    /// <value>Settings of the kernel by their names under /proc/sys, with dots.</value>
    public IReadOnlyList<SettingFacts> Settings { get; init; } = [];

    public GuardFacts? Guard { get; init; }

    public SurroundingsFacts? Surroundings { get; init; }

    /// <value>Other network namespaces (containers) that were looked at; null: root only, or not wanted.</value>
    public IReadOnlyList<NamespaceFacts>? Namespaces { get; init; }

    public IReadOnlyList<ProbeFacts>? Probes { get; init; }

    public WindowsFacts? Windows { get; init; }

    /// <summary>How much a counter grew while we watched; null when it was not read.</summary>
    public long? Growth(string counter)
    {
        foreach (var c in Counters)
        {
            if (c.Name == counter)
            {
                return Math.Max(0, c.After - c.Before);
            }
        }

        return null;
    }

    /// <summary>A setting's value, or null.</summary>
    public string? Setting(string name) => Settings.FirstOrDefault(s => s.Name == name)?.Value;

    /// <summary>The name of a program by its number, for people.</summary>
    public string ProgramName(int program) =>
        program < 0 || program >= Programs.Count ? "a program that the facts do not name"
        : Programs[program] is { Namespace.Length: > 0 } p ? $"{p.Name} in {p.Namespace}" : Programs[program].Name;
}

/// <summary>How sockets were watched, from poor to rich.</summary>
public enum ViewKind
{
    /// <summary>One look, or a text of one: no past and no outcomes.</summary>
    Snapshot,

    /// <summary>Many looks: attempts that end between two of them are counted by the kernel but have no name.</summary>
    Sampled,

    /// <summary>Every attempt was told by the kernel as it happened (BPF), also those of a millisecond.</summary>
    Events,
}

/// <summary>How the name of a program was found.</summary>
public enum NameOrigin
{
    Process,

    /// <summary>The socket's process could not be seen; its control group could.</summary>
    ControlGroup,

    /// <summary>Nothing but the socket's user was told.</summary>
    User,

    /// <summary>A text said so.</summary>
    Text,
}

/// <summary>Somebody who opens connections. Immutable.</summary>
/// <param name="Name">For people; never empty.</param>
/// <param name="ProcessId">0: not known, or several.</param>
/// <param name="User">Number of the user; null: not known.</param>
/// <param name="Unit">Systemd unit or container; empty: none known.</param>
/// <param name="Namespace">Network namespace when it is not that of the look; empty otherwise.</param>
public sealed record ProgramFacts(string Name, NameOrigin Origin, long ProcessId = 0, long? User = null, string Unit = "",
    string Namespace = "");

/// <summary>One counter of the kernel at both ends of the look, named as in /proc/net (Tcp.ActiveOpens).
/// Immutable.</summary>
public sealed record CounterFacts(string Name, long Before, long After);

/// <summary>One setting. Immutable.</summary>
public sealed record SettingFacts(string Name, string Value);

/// <summary>What facts are of; the words of <see cref="MachineFacts.Source"/>.</summary>
public static class FactsSource
{
    public const string Linux = "linux";
    public const string Windows = "windows";

    /// <summary>A saved text of <c>ss</c>.</summary>
    public const string SsText = "ss";

    /// <summary>A saved text of <c>netstat</c>.</summary>
    public const string NetstatText = "netstat";

    /// <summary>A saved text of <c>conntrack -L</c> or /proc/net/nf_conntrack.</summary>
    public const string ConntrackText = "conntrack";
}
