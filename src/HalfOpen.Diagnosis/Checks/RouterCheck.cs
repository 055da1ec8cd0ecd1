using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>
/// Whether what this machine has open and half-open is more than a router in front of it remembers. The router is not
/// seen: this is concluded.
/// </summary>
internal static class RouterCheck
{
    private const string Subject = "the table of a router in front of this machine";

    /// <summary>One common home router slows down past 2,730 entries.</summary>
    private const long ManyEntries = 2_000;
    private const double MuchOfIt = 0.6;

    /// <summary>Seconds that a router remembers an attempt which nobody answered (Linux, RFC 5382).</summary>
    private const double Remembered = 120;

    public static CheckResult? Examine(MachineFacts facts)
    {
        var known = facts.Surroundings?.RouterEntries;
        if (facts.Peers.Count == 0 || (known is null && facts.Surroundings is not ({ PrivateAddress: true } or { CarrierNat: true })))
        {
            return facts.Source == FactsSource.Linux && facts.Surroundings is not null
                ? CheckResult.Fine(Subject, "no router translates this machine's address, or nothing goes through it") : null;
        }

        var (entries, dead) = Entries(facts);
        if (known is { } size ? entries < MuchOfIt * size : entries < ManyEntries)
        {
            return CheckResult.Fine(Subject, $"about {entries:N0} entries come from here"
                + (known is null ? ", which home routers can remember" : $", and it can remember {known:N0}"));
        }

        var name = Filler(facts);
        var verdict = known is { } k
            ? $"Your router's table is the limit that hurts: it can remember {k:N0} connections, and this machine alone has {entries:N0}, "
                + $"{dead:N0} of them to addresses that do not answer (most of {name})."
            : $"Your router may be what hurts: this machine alone gives it about {entries:N0} connections to remember, {dead:N0} of them "
                + "to "
                + $"addresses that do not answer (most of {name}), and home routers suffer from 2,000 on.";
        verdict += facts.Surroundings is { CarrierNat: true }
            ? " Behind it the provider translates addresses too (100.64.0.0/10), and may allow each customer even fewer." : "";
        return CheckResult.Found(Subject, new Finding(FindingKinds.RouterTable, verdict, known is null ? Confidence.Inferred
            : Confidence.Likely,
            known is null ? 55 : 76,
            [
                new($"{facts.Peers.Sum(p => p.HalfOpen):N0} half-open, {facts.Peers.Sum(p => p.Open + p.Inbound):N0} open "
                    + $"({facts.Peers.Sum(p => p.OpenSilent):N0} of "
                    + "them repeat data that nobody acknowledges)",
                    facts.Windows is null ? "ss -tan | awk '{print $1}' | sort | uniq -c" : "netstat -nao"),
                new(known is null ? "a router stands in front: this machine's address is private" + Gateway(facts)
                    : $"the router's size was told: {known:N0} entries", facts.Windows is null ? "ip route get 1.1.1.1" : "ipconfig"),
            ],
            [
                .. facts.Windows is null ? new Remedy[]
                {
                    new($"give {name} a budget of entries: attempts wait for room instead of filling the table",
                        $"sudo halfopen guard --limit 100 --nat-budget {Math.Clamp((known ?? ManyEntries) / 2, 2, 1_000_000)}"),
                } : [],
                new($"let {name} have fewer peers in its own settings"),
                new("find out how many entries the router has, and how many are UDP: its own pages, or 'conntrack -L' on it",
                    "halfopen doctor conntrack.txt"),
            ],
            "UDP flows fill the same table and are not counted here."));
    }

    private static (long Entries, long Dead) Entries(MachineFacts facts)
    {
        // Addresses of the same private network do not pass the router's translation.
        PeerFacts[] peers = [.. facts.Peers.Where(p => !AddressClass.IsPrivate(p.Address))];
        var ended = peers.Sum(p => p.GaveUp);
        var remembered = facts.WatchedSeconds > 0 ? Math.Min(ended * Remembered / Math.Min(facts.WatchedSeconds, Remembered), 1e9) : ended;
        var halfOpen = peers.Sum(p => p.HalfOpen);
        return ((long)remembered + halfOpen + peers.Sum(p => p.Open + p.Inbound + p.Closing + p.TimeWait),
            (long)remembered + halfOpen + peers.Sum(p => p.OpenSilent));
    }

    private static string Gateway(MachineFacts facts) => facts.Surroundings is { Gateway.Length: > 0 } s
        ? $", and the way out leads through {s.Gateway}" : "";

    private static string Filler(MachineFacts facts)
    {
        var most = ProgramPicture.Of(facts).MaxBy(p => p.HalfOpen + p.GaveUp + p.Open);
        return most?.Name ?? "programs that have ended";
    }
}
