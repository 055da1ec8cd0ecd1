using HalfOpen.Diagnosis.Facts;

namespace HalfOpen.Diagnosis.Findings;

/// <summary>One program's dealings summed up over all its peers. Immutable.</summary>
public sealed record ProgramPicture(int Program, string Name)
{
    public long HalfOpen { get; init; }

    public long Silent { get; init; }

    public long Syns { get; init; }

    public double LongestSeconds { get; init; }

    public long Tried { get; init; }

    public long Answered { get; init; }

    public long Refused { get; init; }

    /// <value>Attempts that a router ended by its word that there is no way.</value>
    public long Unreachable { get; init; }

    public long GaveUp { get; init; }

    public long Open { get; init; }

    public long OpenSilent { get; init; }

    /// <value>Peers that were tried and never said anything.</value>
    public long DeadPeers { get; init; }

    /// <value>Peers that said yes or no.</value>
    public long LivePeers { get; init; }

    /// <value>Different addresses that were tried.</value>
    public long Addresses { get; init; }

    /// <summary>Of the peers whose state is known, the share that never says anything; 0 to 1.</summary>
    public double DeadShare => DeadPeers + LivePeers == 0 ? 0 : (double)DeadPeers / (DeadPeers + LivePeers);

    /// <summary>All programs that have a socket or made an attempt, those with most silent ones first.</summary>
    public static IReadOnlyList<ProgramPicture> Of(MachineFacts facts) =>
        [.. facts.Peers.Where(p => p.Program >= 0).GroupBy(p => p.Program).Select(g => Of(facts, g.Key, [.. g]))
            .OrderByDescending(p => p.Silent).ThenByDescending(p => p.HalfOpen).ThenByDescending(p => p.Tried).ThenBy(p => p.Program)];

    private static ProgramPicture Of(MachineFacts facts, int program, PeerFacts[] peers) => new(program, facts.ProgramName(program))
    {
        HalfOpen = peers.Sum(p => p.HalfOpen),
        Silent = peers.Sum(p => p.Silent),
        Syns = peers.Sum(p => p.Syns),
        LongestSeconds = peers.Max(p => p.SilentSeconds),
        Tried = peers.Sum(p => p.Tried),
        Answered = peers.Sum(p => p.Answered),
        Refused = peers.Sum(p => p.Refused),
        Unreachable = peers.Sum(p => p.Unreachable),
        GaveUp = peers.Sum(p => p.GaveUp),
        Open = peers.Sum(p => p.Open),
        OpenSilent = peers.Sum(p => p.OpenSilent),
        DeadPeers = peers.LongCount(p => p.IsDead),
        LivePeers = peers.LongCount(p => p.HasAnswered),
        Addresses = peers.Select(p => p.Address).Distinct(StringComparer.Ordinal).LongCount(),
    };
}
