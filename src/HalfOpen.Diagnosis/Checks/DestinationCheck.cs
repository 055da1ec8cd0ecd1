using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>Whether a destination, or a port everywhere, just does not answer: a firewall, not a limit.</summary>
internal static class DestinationCheck
{
    private const string Subject = "destinations that do not answer";
    private const double LongSeconds = 3;
    private const int FewestForPort = 3;

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Source is FactsSource.ConntrackText || facts.Peers.Count == 0)
        {
            return facts.Source == FactsSource.Linux ? CheckResult.Fine(Subject, "nobody was tried") : null;
        }

        // Who tries many dead addresses is another finding's matter.
        var busy = ProgramPicture.Of(facts).Where(p => p.DeadPeers >= 20).Select(p => p.Program).ToHashSet();
        PeerFacts[] dead = [.. facts.Peers.Where(p => p.IsDead && !busy.Contains(p.Program)
            && (p.SilentSeconds >= LongSeconds || p.GaveUp > 0 || facts.View == ViewKind.Snapshot))];
        if (dead.Length == 0)
        {
            var live = facts.Peers.Count(p => p.HasAnswered);
            var (refused, lost) = (facts.Peers.Count(p => p.Refused > 0), facts.Peers.Count(p => p.Unreachable > 0));
            return CheckResult.Fine(Subject, (busy.Count > 0 ? "none but those above"
                : $"every address that was tried for {LongSeconds:0} s or more said something ({Words.Count(live, "peer")} did)")
                + (refused > 0 ? $"; {refused:N0} refused" : "")
                + (lost > 0 ? $"; of {lost:N0} a router said that there is no way" : ""));
        }

        var answeredSomewhere = facts.Peers.Any(p => p.HasAnswered);
        var byPort = dead.GroupBy(p => p.Port).OrderByDescending(g => g.Count()).First();
        var isPort = byPort.Select(p => p.Address).Distinct(StringComparer.Ordinal).Count() >= FewestForPort
            && !facts.Peers.Any(p => p.Port == byPort.Key && p.HasAnswered);
        var worst = dead.MaxBy(p => p.SilentSeconds)!;
        var where = isPort ? $"port {byPort.Key} of {byPort.Select(p => p.Address).Distinct(StringComparer.Ordinal).Count():N0} addresses"
            : Words.EndPoint(worst.Address, worst.Port);
        var others = isPort || dead.Length == 1 ? "" : $", and {Words.Count(dead.Length - 1, "other destination")} neither";
        return CheckResult.Found(Subject, new Finding(FindingKinds.DestinationSilent,
            $"{where} does not answer {facts.ProgramName(worst.Program)}{others}: a firewall on the way, a host that is switched off, or a "
            + "wrong address. No limit of this machine is the cause.",
            answeredSomewhere ? Confidence.Likely : Confidence.Inferred, 40,
            [.. dead.OrderByDescending(p => p.SilentSeconds).Take(4).Select(p => new EvidenceLine(
                $"{Words.EndPoint(p.Address, p.Port)} ({facts.ProgramName(p.Program)}): {Words.Count(p.HalfOpen, "attempt")} waiting"
                + (p.SilentSeconds > 0 ? $", silent for {Words.Seconds(p.SilentSeconds)} or more" : "")
                + (p.GaveUp > 0 ? $", {p.GaveUp:N0} given up" : ""),
                facts.Windows is not null ? "netstat -nao" : $"ss -tnpo state syn-sent dst {Words.EndPoint(p.Address, p.Port)}")),
             new(answeredSomewhere ? $"other peers answer: {facts.Peers.Count(p => p.HasAnswered):N0} did" : "nobody else was tried")],
            [
                new($"look from another network, or try it alone", $"halfopen doctor --probe {Words.EndPoint(worst.Address, worst.Port)}"),
                new(isPort ? $"ask the provider whether port {byPort.Key} is blocked (25 often is)"
                    : "ask whoever runs the destination whether a firewall lets you in"),
            ],
            "Connections to other destinations are not slowed by this."));
    }
}
