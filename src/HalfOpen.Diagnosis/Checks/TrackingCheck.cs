using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>Whether a table of tracked connections (conntrack, NAT) is near or over its size, and by what.</summary>
internal static class TrackingCheck
{
    private const string Subject = "the table of tracked connections (conntrack, NAT)";
    private const double Near = 0.8;
    private const double Full = 0.95;

    /// <summary>
    /// Small routers slow down long before their table is full (one of 8,192 entries a third full, one at 2,730).
    /// </summary>
    private const long SmallTable = 16_384;
    private const double SmallTableHurts = 0.3;
    private const long FewestThatHurt = 2_000;
    private const double MostOfIt = 0.5;

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Tracking is not { } t)
        {
            return facts.Source == FactsSource.Linux
                ? CheckResult.Fine(Subject, "this machine tracks no connections (what a router behind it does cannot be seen from here)")
                : null;
        }

        var share = t.Max is > 0 ? (double)t.Count / t.Max.Value : 0;
        var isSmallAndBusy = t.Max is > 0 and <= SmallTable && t.Count >= FewestThatHurt && share >= SmallTableHurts;
        var drops = t.Drops ?? 0;
        if (share >= Near || drops > 0 || isSmallAndBusy)
        {
            return CheckResult.Found(Subject, Fill(facts, t, share, drops));
        }

        if (t.FullInLog == true || t.DropsEver > 0)
        {
            return CheckResult.Found(Subject, WasFull(t, share));
        }

        if (t.Max is null)
        {
            return OfText(facts, t);
        }

        return CheckResult.Fine(Subject, $"{t.Count:N0} of {t.Max:N0} entries are taken ({Words.Percent(share)}), none was dropped");
    }

    /// <summary>A text tells no size: what fills it can be said, whether it is full cannot.</summary>
    private static CheckResult OfText(MachineFacts facts, TrackingFacts t)
    {
        var kind = Biggest(t);
        return t.Count >= FewestThatHurt && kind is not null
            ? CheckResult.Found(Subject, Make(facts, t, kind.Value, Confidence.Inferred, 60,
                $"The table holds {t.Count:N0} entries; its size is not in the text. Small routers suffer from 2,000 on"))
            : CheckResult.Fine(Subject, $"{t.Count:N0} entries, which any router can remember (the size of its table is not in the text)");
    }

    private static Finding Fill(MachineFacts facts, TrackingFacts t, double share, long drops)
    {
        var isFull = share >= Full || drops > 0;
        var what = drops > 0 ? $"The table of tracked connections is full: {Words.Count(drops, "new connection was", "new connections "
            + "were")} "
                + $"dropped while we looked ({t.Count:N0} of {t.Max:N0} entries)"
            : isFull ? $"The table of tracked connections is full: {t.Count:N0} of {t.Max:N0} entries"
            : share >= Near ? $"The table of tracked connections is nearly full: {t.Count:N0} of {t.Max:N0} entries"
            : $"The table of tracked connections is {Words.Percent(share)} full ({t.Count:N0} of {t.Max:N0}), and small routers slow down "
                + "from a "
                + "third on (inferred from reports, not seen here)";
        var (confidence, weight) = isFull ? (Confidence.Measured, 95) : share >= Near ? (Confidence.Likely, 85) : (Confidence.Inferred, 60);
        return Make(facts, t, Biggest(t), confidence, weight, what);
    }

    private static Finding Make(MachineFacts facts, TrackingFacts t, TableFiller? kind, Confidence confidence, int weight, string what)
    {
        var holder = Holder(facts, t, kind);
        var who = holder is null ? "" : $", most of {holder.Value.Name} ({holder.Value.Count:N0})";
        var (name, by, remedies, not) = kind switch
        {
            TableFiller.Udp => (FindingKinds.TableUdp,
                $"{Share(t, "udp")} of it are UDP flows (DHT, uTP, QUIC, games){who}. A limit on TCP connections does not cure that.",
                UdpRemedies, "TCP and its half-open connections are not the cause here."),
            TableFiller.HalfOpen => (FindingKinds.TableHalfOpen,
                $"{HalfOpenCount(t):N0} of it are attempts that nobody answered{who}; each stays for two minutes after the program has "
                    + "given up.",
                HalfOpenRemedies(holder?.Name, t), "Open connections and UDP take the rest."),
            TableFiller.Open => (FindingKinds.TableOpen,
                $"{Share(t, "tcp")} of it are TCP connections{who}, most of them open or just closed, not unanswered. A limit on attempts "
                    + "does not cure that.",
                OpenRemedies, "Half-open connections are not the cause here."),
            _ => (FindingKinds.TableFull, "what fills it can be seen by root only.",
                [new("look as root", "sudo halfopen doctor"), MoreRoom(t)], "Whether it is TCP or UDP is not known without root."),
        };
        return new Finding(name, $"{what}; {by}", confidence, weight, [.. Evidence(t)], remedies, not);
    }

    private static Finding WasFull(TrackingFacts t, double share) => new(FindingKinds.TableWasFull,
        $"The table of tracked connections was full once, and is not now: {t.Count:N0} of {t.Max:N0} entries ({Words.Percent(share)}). The "
        + "message is older, or it came from another network namespace or container.",
        Confidence.Measured, 50,
        [
            new(t.FullInLog == true ? "the kernel's log says 'table full, dropping packet'" : $"{t.DropsEver:N0} connections were dropped "
                + "since the start",
                "sudo dmesg -T | grep 'table full'; cat /proc/net/stat/nf_conntrack"),
            new($"{t.Count:N0} of {t.Max:N0} entries now", "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max"),
        ],
        [
            new("see when the message came, and look again while the trouble lasts", "sudo dmesg -T | grep 'table full'"),
            new("look into each container: every network namespace has a table of its own",
                "for p in $(lsns -t net -no PID); do sudo nsenter -t $p -n sysctl net.netfilter.nf_conntrack_count; done"),
        ],
        "It does not explain what is slow now.");

    private enum TableFiller
    {
        HalfOpen,
        Open,
        Udp,
    }

    private static TableFiller? Biggest(TrackingFacts t)
    {
        if (t.Kinds is not { Count: > 0 })
        {
            return null;
        }

        var (udp, halfOpen, tcp) = (Sum(t, "udp"), HalfOpenCount(t), Sum(t, "tcp"));
        return udp >= tcp ? TableFiller.Udp : halfOpen >= MostOfIt * tcp ? TableFiller.HalfOpen : TableFiller.Open;
    }

    private static (string Name, long Count)? Holder(MachineFacts facts, TrackingFacts t, TableFiller? kind)
    {
        if (t.Holders is not { Count: > 0 } holders || kind is null)
        {
            return null;
        }

        long Of(TrackedHolder h) => kind switch { TableFiller.Udp => h.Udp, TableFiller.HalfOpen => h.HalfOpen, _ => h.Tcp };
        var most = holders.MaxBy(Of)!;
        return Of(most) == 0 ? null : (most.Program >= 0 ? facts.ProgramName(most.Program) : most.Source, Of(most));
    }

    private static IEnumerable<EvidenceLine> Evidence(TrackingFacts t)
    {
        yield return new($"{t.Count:N0} entries" + (t.Max is { } max ? $", {max:N0} fit" : ""),
            "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max");
        if (t.Kinds is { } kinds)
        {
            yield return new(Words.List(kinds.OrderByDescending(k => k.Count).Select(k => $"{k.Protocol} {k.State} {k.Count:N0}"), 5),
                "sudo conntrack -L | awk '{print $1, $4}' | sort | uniq -c | sort -rn");
        }

        if (t.Drops is { } drops)
        {
            yield return new($"{drops:N0} dropped while we looked, {t.DropsEver ?? 0:N0} since the start"
                + (t.EarlyDrops is > 0 and var early ? $"; {early:N0} of others thrown out early to make room" : ""),
                "cat /proc/net/stat/nf_conntrack");
        }
    }

    private static readonly Remedy[] UdpRemedies =
    [
        new("bound the UDP flows of that program in its own settings (DHT, uTP, number of peers)"),
        new("or do not track them, if no NAT needs it (PORT: the program's own)", "sudo iptables -t raw -A OUTPUT -p udp --sport PORT -j "
            + "NOTRACK"),
        new("or forget them sooner", "sudo sysctl -w net.netfilter.nf_conntrack_udp_timeout=10"),
    ];

    private static readonly Remedy[] OpenRemedies =
    [
        new("let fewer connections be open at once in that program's own settings"),
        new("forget dead ones sooner than in five days", "sudo sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=7200"),
    ];

    private static Remedy[] HalfOpenRemedies(string? name, TrackingFacts t) =>
    [
        new($"give {name ?? "programs"} a budget of entries: attempts wait for room instead of filling the table",
            $"sudo halfopen guard --limit 100 --nat-budget {Math.Clamp((t.Max ?? 2_000) / 2, 2, 1_000_000)}"),
        new("forget unanswered attempts sooner than in two minutes", "sudo sysctl -w net.netfilter.nf_conntrack_tcp_timeout_syn_sent=30"),
        MoreRoom(t),
    ];

    private static Remedy MoreRoom(TrackingFacts t) => new("make the table larger (about 300 bytes an entry)",
        $"sudo sysctl -w net.netfilter.nf_conntrack_max={Math.Clamp((t.Max ?? 32_768) * 2, 2, 100_000_000)}");

    private static long Sum(TrackingFacts t, string protocol) => (t.Kinds ?? []).Where(k => k.Protocol == protocol).Sum(k => k.Count);

    private static string Share(TrackingFacts t, string protocol) => Words.Percent(Sum(t, protocol), (t.Kinds ?? []).Sum(k => k.Count));

    private static long HalfOpenCount(TrackingFacts t) =>
        (t.Kinds ?? []).Where(k => k.Protocol == "tcp" && k.State is "SYN_SENT" or "SYN_SENT2").Sum(k => k.Count);
}
