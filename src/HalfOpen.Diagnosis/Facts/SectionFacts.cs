namespace HalfOpen.Diagnosis.Facts;

/// <summary>Ephemeral ports. Immutable.</summary>
/// <param name="Low">First of the range.</param>
/// <param name="High">Last of the range.</param>
/// <param name="InUse">Different local ports of the range that some TCP socket has.</param>
/// <param name="Busiest">Where most are used, by local address and destination.</param>
public sealed record PortFacts(int Low, int High, long InUse, IReadOnlyList<PortUse> Busiest)
{
    /// <value>How many ports the range has.</value>
    public long Size => Math.Max(0, (long)High - Low + 1);
}

/// <summary>Connections of one local address to one destination that hold a port of the range. Immutable.</summary>
/// <param name="Program">The one with most of them; -1: nobody any more (TIME-WAIT).</param>
public sealed record PortUse(string Local, string Address, int Port, long InUse, long TimeWait, int Program);

/// <summary>The table of tracked connections (conntrack) of a Linux machine. Immutable.</summary>
public sealed record TrackingFacts
{
    /// <value>Entries now.</value>
    public long Count { get; init; }

    /// <value>Entries that fit; null: not told (a text).</value>
    public long? Max { get; init; }

    /// <value>Connections that the kernel dropped for want of room while we watched; null: not told.</value>
    public long? Drops { get; init; }

    /// <value>Entries that the kernel threw out early meanwhile, so that a new one fits; null: not told.</value>
    public long? EarlyDrops { get; init; }

    /// <value>Connections dropped since the machine started.</value>
    public long? DropsEver { get; init; }

    /// <value>Whether the kernel's log says "table full"; null: it could not be read.</value>
    public bool? FullInLog { get; init; }

    /// <value>Entries by protocol and state; null: root only.</value>
    public IReadOnlyList<TrackedKind>? Kinds { get; init; }

    /// <value>Who holds entries; null: root only.</value>
    public IReadOnlyList<TrackedHolder>? Holders { get; init; }
}

/// <summary>Entries of one kind. Immutable.</summary>
/// <param name="Protocol">tcp, udp, icmp, ...</param>
/// <param name="State">As the kernel names it; for UDP: REPLIED, UNREPLIED.</param>
public sealed record TrackedKind(string Protocol, string State, long Count);

/// <summary>Entries of one program, or of one source address where no program of this machine owns them.
/// Immutable.</summary>
/// <param name="Program">Index, or -1.</param>
/// <param name="Source">Address; empty for a program of this machine.</param>
public sealed record TrackedHolder(int Program, string Source, long HalfOpen, long Tcp, long Udp, long Other)
{
    /// <value>Different addresses at the other end.</value>
    public long Addresses { get; init; }

    /// <value>Entries of it that never saw an answer.</value>
    public long Unanswered { get; init; }

    public long Total => Tcp + Udp + Other;
}

/// <summary>A listening socket. Immutable.</summary>
/// <param name="Waiting">Connections that wait for the program to accept them.</param>
/// <param name="Backlog">How many may.</param>
public sealed record ListenerFacts(int Program, string Address, int Port, long Waiting, long Backlog);

/// <summary>Open files of a process. Immutable.</summary>
/// <param name="Limit">The soft limit; 0: none.</param>
public sealed record DescriptorFacts(int Program, long Open, long Limit);

/// <summary>Names. Immutable.</summary>
/// <param name="Servers">Addresses of /etc/resolv.conf.</param>
/// <param name="Waiting">Sockets to port 53 that waited for 2 s or more at some moment of the look.</param>
/// <param name="LongestSeconds">The longest wait seen.</param>
/// <param name="Programs">Who waited.</param>
public sealed record ResolverFacts(IReadOnlyList<string> Servers, long Waiting, double LongestSeconds, IReadOnlyList<int> Programs)
{
    /// <value>Servers that questions waited for.</value>
    public IReadOnlyList<string> SilentServers { get; init; } = [];

    /// <value>Sockets to port 53 seen in all.</value>
    public long Questions { get; init; }
}

/// <summary>Halfopen's own guard, and whoever else holds packets. Immutable.</summary>
public sealed record GuardFacts
{
    /// <value>A guard answers on its control socket; null: not allowed to ask.</value>
    public bool? Runs { get; init; }

    /// <value>Rules of a guard stand in this namespace; null: not allowed to look.</value>
    public bool? Rules { get; init; }

    /// <value>Numbers of packet queues that some program serves; null: not allowed to look.</value>
    public IReadOnlyList<int>? Queues { get; init; }

    public long Limit { get; init; }

    public long Counted { get; init; }

    public long Waiting { get; init; }

    /// <value>Seconds that the longest waiter waits.</value>
    public double LongestWaitSeconds { get; init; }

    public string BiggestHolder { get; init; } = "";

    public long BiggestHolderSlots { get; init; }

    /// <value>Programs other than the biggest holder whose attempts wait for 5 s or more.</value>
    public long OtherWaiters { get; init; }

    /// <value>Who serves the packet queues of this namespace; null: not allowed to look.</value>
    public IReadOnlyList<QueueUserFacts>? QueueUsers { get; init; }
}

/// <summary>A packet queue (NFQUEUE) and who serves it. Immutable.</summary>
/// <param name="Program">Name of the process; empty: not known.</param>
/// <param name="Waiting">Packets that wait for its verdict.</param>
/// <param name="Dropped">Packets dropped because the queue was full, since it began.</param>
public sealed record QueueUserFacts(int Number, long ProcessId, string Program, long Waiting, long Dropped);

/// <summary>Where this machine stands. Immutable.</summary>
/// <param name="Gateway">Default gateway, or empty.</param>
/// <param name="PrivateAddress">Its own address on the way out is private: a router translates.</param>
/// <param name="CarrierNat">Its own address is of 100.64.0.0/10: the provider translates.</param>
public sealed record SurroundingsFacts(string Gateway, bool PrivateAddress, bool CarrierNat)
{
    /// <value>Entries that the router can remember, when somebody said so; null: not known.</value>
    public long? RouterEntries { get; init; }
}

/// <summary>Another network namespace of this machine. Its programs carry its name. Immutable.</summary>
/// <param name="Name">Container or service, else what it is called.</param>
/// <param name="ProcessId">A process in it.</param>
/// <param name="Processes">How many there are.</param>
public sealed record NamespaceFacts(string Name, long ProcessId, long Processes)
{
    /// <value>TCP sockets, without those in TIME-WAIT.</value>
    public long Sockets { get; init; }

    public long HalfOpen { get; init; }

    /// <value>Entries of its table of tracked connections; null: it has none.</value>
    public long? Tracked { get; init; }

    public long? TrackedMax { get; init; }

    /// <value>Connections that the kernel dropped there for want of room while we watched; null: not told.</value>
    public long? Drops { get; init; }
}

/// <summary>A handshake that the user asked for. Immutable.</summary>
/// <param name="Outcome">established, refused, silent, unreachable, no-such-name.</param>
public sealed record ProbeFacts(string Host, int Port, string Outcome, double Milliseconds);
