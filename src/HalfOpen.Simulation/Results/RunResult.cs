namespace HalfOpen.Simulation.Results;

/// <summary>
/// What one run of a scenario under one policy gave. Seconds, counts and rates in virtual time. Immutable.
/// </summary>
public sealed record RunResult
{
    /// <summary>The policy's name; or idle: the scenario without the programs that fill slots.</summary>
    public required string Policy { get; init; }

    /// <summary>As in tables: the policy with what is set.</summary>
    public required string Label { get; init; }

    /// <summary>The policy's options that differ from their defaults, as users write them.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>The limit; null: none.</summary>
    public int? Limit { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>How long pages took; null: the scenario has no browser.</summary>
    public PageTimes? PageSeconds { get; init; }

    /// <summary>Pages in order, for quantiles over several seeds.</summary>
    public IReadOnlyList<double> Pages { get; init; } = [];

    /// <summary>
    /// For how long each page that was still missing at the end had been waited for, in seconds: one at most for each
    /// browser.
    /// </summary>
    public IReadOnlyList<double> UnfinishedPages { get; init; } = [];

    /// <summary>Hosts that answered a swarm or a crawler with a connection, a minute.</summary>
    public double LivePeersPerMinute { get; init; }

    /// <summary>
    /// What any policy could have found under the NAT budget, in expectation (see NatBound); null: no budget.
    /// </summary>
    public double? BoundLivePeersPerMinute { get; init; }

    /// <summary>Started attempts a second, by program.</summary>
    public IReadOnlyDictionary<string, double> AttemptsPerSecond { get; init; } = new Dictionary<string, double>();

    /// <summary>The most attempts that the policy counted at once.</summary>
    public int MaxCounted { get; init; }

    /// <summary>The most sockets in SYN-SENT at once, counted or not.</summary>
    public int MaxHalfOpen { get; init; }

    /// <summary>The most half-open attempts to destinations that had never answered.</summary>
    public int MaxUnknownHalfOpen { get; init; }

    /// <summary>The most entries in the router's table; null: no router.</summary>
    public int? MaxNatEntries { get; init; }

    /// <summary>SYNs lost because the router's table was full.</summary>
    public long NatDropped { get; init; }

    /// <summary>The longest wait from submission to start, by program, attempts that never started included.</summary>
    public IReadOnlyDictionary<string, double> MaxWaitSeconds { get; init; } = new Dictionary<string, double>();

    /// <summary>The wait that half of the attempts did not exceed, by program.</summary>
    public IReadOnlyDictionary<string, double> WaitP50Seconds { get; init; } = new Dictionary<string, double>();

    /// <summary>
    /// The wait that 99 % of the attempts did not exceed, by program, those that still waited at the end included; at
    /// most 1.6 % too high.
    /// </summary>
    public IReadOnlyDictionary<string, double> WaitP99Seconds { get; init; } = new Dictionary<string, double>();

    /// <summary>Attempts that the policy asked to give up, by program.</summary>
    public IReadOnlyDictionary<string, long> GivenUp { get; init; } = new Dictionary<string, long>();

    /// <summary>Attempts that the policy refused, by program.</summary>
    public IReadOnlyDictionary<string, long> Rejected { get; init; } = new Dictionary<string, long>();

    /// <summary>
    /// Jain's index of slot time over the largest group of equal programs (1: all the same); null: no such group.
    /// </summary>
    public double? Jain { get; init; }

    /// <summary>Warnings (event 4226 or its like).</summary>
    public long Warnings { get; init; }

    /// <summary>Events handled by the simulation.</summary>
    public long Events { get; init; }

    /// <summary>An outbreak's curve; null: not an outbreak.</summary>
    public OutbreakResult? Outbreak { get; init; }
}

/// <summary>How far a worm got.</summary>
public sealed record OutbreakResult
{
    public required int Hosts { get; init; }

    public required int Infected { get; init; }

    /// <summary>Seconds until 1 %, 10 %, 50 % and 90 % of the hosts were infected; null: not in this run.</summary>
    public required IReadOnlyDictionary<string, double?> SecondsTo { get; init; }

    /// <summary>First contacts a second that one infected machine makes in the long run.</summary>
    public required double ContactsPerSecond { get; init; }

    /// <summary>Infected hosts over time: (seconds, hosts).</summary>
    public required IReadOnlyList<(double Seconds, int Infected)> Curve { get; init; }
}
