namespace HalfOpen.Diagnosis.Facts;

/// <summary>A Windows that was looked at from outside, or told in a text. Immutable.</summary>
public sealed record WindowsFacts
{
    /// <value>Windows XP, ...; empty: not known.</value>
    public string System { get; init; } = "";

    /// <value>Where its limit comes from.</value>
    public WindowsLimiter Limiter { get; init; }

    /// <value>Whether the system acts on the limit; null: not known.</value>
    public bool? Enforced { get; init; }

    public int? ServicePack { get; init; }

    public IReadOnlyList<DriverCopyFacts> Copies { get; init; } = [];

    /// <value><c>EnableConnectionRateLimiting</c> of the registry; null: absent.</value>
    public long? RateLimiting { get; init; }

    /// <value><c>MaxUserPort</c> of the registry; null: absent.</value>
    public long? MaxUserPort { get; init; }

    /// <value><c>TcpTimedWaitDelay</c>, seconds; null: absent.</value>
    public long? TimedWaitDelay { get; init; }

    /// <value>Null: no event log was read; <see cref="MachineFacts.Notes"/> say why.</value>
    public IReadOnlyList<NetworkEventFacts>? Events { get; init; }

    /// <value>First and last record of any kind in the log: what the events are out of.</value>
    public DateTimeOffset? LogFromUtc { get; init; }

    public DateTimeOffset? LogToUtc { get; init; }

    /// <value>The log was damaged or cut, and records may be missing.</value>
    public bool LogDamaged { get; init; }
}

/// <summary>How a Windows limits half-open connections, by its version.</summary>
public enum WindowsLimiter
{
    Unknown,

    /// <summary>It does not (before XP SP2).</summary>
    None,

    /// <summary>A number in the driver: XP SP2 and later, Server 2003.</summary>
    InDriver,

    /// <summary>A byte in a signed driver: Vista before Service Pack 2.</summary>
    InSignedDriver,

    /// <summary>Off unless the registry turns it on: Vista SP2, 7.</summary>
    InRegistry,

    /// <summary>Another design, off unless switched on: 8 and later.</summary>
    OtherDesign,
}

/// <summary>One copy of the driver. Immutable.</summary>
/// <param name="Limit">Null: none was found in it.</param>
/// <param name="Usable">False: with this limit every attempt waits for ever.</param>
public sealed record DriverCopyFacts(string Path, long? Limit, bool Usable = true);

/// <summary>One event of source Tcpip: 4226, 4227 or 4231. Immutable.</summary>
public sealed record NetworkEventFacts(int Id, DateTimeOffset TimeUtc);
