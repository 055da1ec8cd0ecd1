using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>Whether a program's attempts look like a scan to a hoster.</summary>
internal static class ScanCheck
{
    private const string Subject = "a pattern that hosters report as a scan";
    private const int FewestAddresses = 30;
    private const int FewestPorts = 50;
    private const double MostAnswers = 0.2;

    /// <summary>Many nodes of one network use the same port: that alone is no scan.</summary>
    private const double HardlyAnyAnswer = 0.05;
    private const double ManyPrivate = 0.3;
    private const int FewPorts = 5;

    /// <summary>So many addresses of one network, on average, are neighbours and no coincidence.</summary>
    private const int Crowded = 8;
    private const int Weight = 74;

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Peers.Count == 0 && facts.Tracking?.Holders is null)
        {
            return facts.Source == FactsSource.Linux ? CheckResult.Fine(Subject, "nobody was tried") : null;
        }

        var sockets = facts.Peers.Where(p => p.Program >= 0).GroupBy(p => p.Program)
            .Select(g => OfPeers(facts, g.Key, [.. g])).OfType<Finding>();
        var raw = (facts.Tracking?.Holders ?? []).Where(h => h.Program < 0 && h.HalfOpen >= FewestPorts && h.Addresses >= FewestAddresses
            && h.HalfOpen >= (1 - MostAnswers) * h.Tcp && facts.Source == FactsSource.Linux).Select(OfHolder);
        Finding[] found = [.. sockets.Concat(raw).Take(3)];
        return found.Length > 0 ? CheckResult.Found(Subject, found)
            : CheckResult.Fine(Subject, "no program tries many addresses or ports that hardly ever answer");
    }

    private static Finding? OfPeers(MachineFacts facts, int program, PeerFacts[] peers)
    {
        string[] addresses = [.. peers.Select(p => p.Address).Distinct(StringComparer.Ordinal)];
        var answered = peers.Where(p => p.Answered > 0 || p.Open > 0).Select(p => p.Address).Distinct(StringComparer.Ordinal).Count();
        var networks = addresses.Select(AddressClass.Network).Distinct(StringComparer.Ordinal).Count();
        var privates = addresses.Count(AddressClass.IsPrivate);
        var ports = peers.Select(p => p.Port).Distinct().Count();
        var name = facts.ProgramName(program);
        if (addresses.Length >= FewestAddresses && answered <= MostAnswers * addresses.Length)
        {
            var why = privates >= ManyPrivate * addresses.Length ? $"{privates:N0} of them private, which nobody on the internet has"
                : networks * Crowded <= addresses.Length ? $"neighbours in {Words.Count(networks, "network")}"
                : ports <= FewPorts && answered <= HardlyAnyAnswer * addresses.Length
                ? $"always the {Words.Count(ports, "same port", "same few ports")} "
                    + $"({Words.List(peers.Select(p => p.Port).Distinct().Order().Select(p => p.ToString()))})"
                : null;
            return why is null ? null : Make(facts, name, $"{addresses.Length:N0} addresses, {why}", peers, answered, addresses.Length,
                privates);
        }

        var target = peers.GroupBy(p => p.Address, StringComparer.Ordinal).MaxBy(g => g.Count())!;
        var open = target.Count(p => p.Answered > 0 || p.Open > 0);
        return target.Count() >= FewestPorts && open <= MostAnswers * target.Count()
            ? Make(facts, name, $"{target.Count():N0} ports of {target.Key}", peers, open, target.Count(), 0) : null;
    }

    private static Finding Make(MachineFacts facts, string name, string what, PeerFacts[] peers, int answered, int of, int privates) =>
        new(FindingKinds.ScanPattern,
            $"{name} tries {what}, and {answered:N0} of {of:N0} let it in. Hosters and providers count that as a scan and write abuse "
                + "mails "
            + "or cut the line, whatever its purpose.",
            Confidence.Likely, Weight,
            [
                new($"{peers.Sum(p => p.Tried):N0} attempts to {of:N0} destinations: {peers.Sum(p => p.Answered):N0} answered, "
                    + $"{peers.Sum(p => p.Refused):N0} refused, {peers.Sum(p => p.GaveUp):N0} given up, {peers.Sum(p => p.HalfOpen):N0} "
                    + "waiting"
                    + (facts.View == ViewKind.Snapshot ? "" : $" (in {Words.Seconds(facts.WatchedSeconds)})"),
                    facts.Windows is null ? "ss -tnp state syn-sent" : "netstat -nao"),
                .. privates > 0 ? new EvidenceLine[] { new($"{privates:N0} private addresses",
                facts.Windows is null ? "ss -tn dst 10.0.0.0/8 or dst 192.168.0.0/16" : "netstat -nao") } : [],
            ],
            [
                .. privates > 0 ? new Remedy[] { new($"filter private ranges in the settings of {name} (IPFS: ipfs config profile apply "
                    + "server)") } : [],
                .. facts.Windows is null ? new Remedy[] { new("bound its unanswered attempts", "sudo halfopen guard --limit 20") } : [],
                new("if you did not start it, look at it: a worm looks the same"),
            ],
            "A limit makes the pattern slower, not different: a hoster that counts addresses will still see it.");

    private static Finding OfHolder(TrackedHolder h) => new(FindingKinds.ScanPattern,
        $"Something on this machine sends SYNs to {h.Addresses:N0} addresses without any socket (a scanner with raw packets, such as "
        + $"nmap, masscan or zmap), and {h.HalfOpen:N0} of {h.Tcp:N0} got no answer. Hosters and providers count that as a scan.",
        Confidence.Likely, Weight,
        [new($"{h.HalfOpen:N0} tracked attempts from {h.Source} belong to no socket of this machine",
            "sudo conntrack -L -p tcp --state SYN_SENT")],
        [new("look for programs with raw sockets", "sudo ss -wap"), new("if you did not start it, look at it: a worm looks the same")],
        "Raw packets pass a guard uncounted: a limit does not bound them.");
}
