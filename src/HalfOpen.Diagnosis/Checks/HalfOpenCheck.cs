using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>Which program holds the unanswered attempts.</summary>
internal static class HalfOpenCheck
{
    private const string Subject = "unanswered attempts of one program";
    private const int FewestSilent = 20;

    /// <summary>Windows has a limit of 10 where it has one: 8 are most of it.</summary>
    private const int FewestSilentOnWindows = 8;
    private const int FewestAddresses = 5;
    private const double LowestDeadShare = 0.4;
    private const int Weight = 72;

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Source is FactsSource.ConntrackText || (facts.Source == FactsSource.Windows && facts.Peers.Count == 0))
        {
            return null;
        }

        var pictures = ProgramPicture.Of(facts);
        var all = pictures.Sum(p => p.Silent);
        var fewest = IsWindows(facts) ? FewestSilentOnWindows : FewestSilent;
        Finding[] found = [.. pictures.Where(p => p.Silent >= fewest && p.DeadPeers >= FewestAddresses && p.DeadShare >= LowestDeadShare)
            .Take(3).Select((p, rank) => Of(facts, p, all, rank))];
        if (found.Length > 0)
        {
            return CheckResult.Found(Subject, found);
        }

        var halfOpen = pictures.Sum(p => p.HalfOpen);
        return CheckResult.Fine(Subject, all == 0
            ? $"{Words.Count(halfOpen, "attempt is", "attempts are")} out, and none of them had to be repeated"
            : $"{Words.Count(all, "attempt waits", "attempts wait")} for an answer, most of {pictures[0].Name} ({pictures[0].Silent:N0}): "
                + "too few to fill anything");
    }

    private static bool IsWindows(MachineFacts facts) => facts.Windows is not null;

    private static Finding Of(MachineFacts facts, ProgramPicture p, long all, int rank)
    {
        var verdict = $"{p.Name} keeps trying addresses that do not answer: it holds {p.Silent:N0} of the {all:N0} unanswered connection "
            + $"attempts here, and {Words.Percent(p.DeadShare)} of the addresses that it tried never said anything.";
        return new Finding(FindingKinds.HalfOpenProgram, verdict, Confidence.Measured, Weight - rank, [.. Evidence(facts, p)],
            Remedies(facts, p), facts.Source == FactsSource.Linux
                ? "Linux has no limit on such attempts: if other programs are slow, the router's table or the line stands between."
                : "Whether this machine has a limit on such attempts is not in the text.");
    }

    private static IEnumerable<EvidenceLine> Evidence(MachineFacts facts, ProgramPicture p)
    {
        var command = IsWindows(facts) ? "netstat -no" : "ss -tnpo state syn-sent";
        yield return new EvidenceLine(
            $"{p.HalfOpen:N0} attempts without an answer now, to {Words.Count(p.DeadPeers, "dead peer")}"
            + (p.Syns > 0 ? $", {p.Syns:N0} SYNs sent for them" : "")
            + (p.LongestSeconds > 0 ? $", the oldest silent for {Words.Seconds(p.LongestSeconds)} or more" : ""), command);
        if (facts.View != ViewKind.Snapshot)
        {
            yield return new EvidenceLine($"in {Words.Seconds(facts.WatchedSeconds)}: {p.Tried:N0} attempts seen, {p.Answered:N0} "
                + "answered, "
                + $"{p.Refused:N0} refused, {p.GaveUp:N0} given up without an answer", "");
        }

        var ports = facts.Peers.Where(x => x.Program == p.Program && x.IsDead).GroupBy(x => x.Port).OrderByDescending(g => g.Count())
            .ThenBy(g => g.Key).Select(g => $"{g.Key} ({g.Count():N0})").ToArray();
        var networks = facts.Peers.Where(x => x.Program == p.Program && x.IsDead)
            .GroupBy(x => AddressClass.Network(x.Address), StringComparer.Ordinal)
            .OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g
            => $"{g.Key} ({g.Count():N0})").ToArray();
        yield return new EvidenceLine($"dead peers by port: {Words.List(ports)}; by network: {Words.List(networks)}", command);
    }

    private static Remedy[] Remedies(MachineFacts facts, ProgramPicture p) => IsWindows(facts)
        ? [new($"lower the number of connections that {p.Name} opens at once in its own settings"),
            new("raise the limit of a Windows XP or Server 2003, once it is shut down and its drive is mounted", "halfopen patch /mnt/xp")]
        : [new("share a limit between all programs of this machine, so that none of them holds all", "sudo halfopen guard --limit 100"),
            new($"lower the number of connections that {p.Name} opens at once in its own settings")];
}
