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
        var fewest = MayHaveLimit(facts) ? FewestSilentOnWindows : FewestSilent;
        var all = pictures.Sum(p => Unanswered(p, fewest));
        Finding[] found = [.. pictures.Where(p => Unanswered(p, fewest) >= fewest && p.DeadPeers >= FewestAddresses
            && p.DeadShare >= LowestDeadShare).Take(3).Select((p, rank) => Of(facts, p, Unanswered(p, fewest), all, rank))];
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

    private static NamespaceFacts? Elsewhere(MachineFacts facts, int program) =>
        program >= 0 && program < facts.Programs.Count && facts.Programs[program].Namespace is { Length: > 0 } name
            ? facts.Namespaces?.FirstOrDefault(n => n.Name == name) : null;

    /// <summary>What a command needs before it to see another network namespace.</summary>
    private static string Inside(MachineFacts facts, int program) =>
        Elsewhere(facts, program) is { } elsewhere ? $"sudo nsenter -t {elsewhere.ProcessId} -n " : "";

    private static bool IsWindows(MachineFacts facts) => facts.Windows is not null;

    /// <summary>Not so Windows 7 and later, where it is off.</summary>
    private static bool MayHaveLimit(MachineFacts facts) => facts.Windows is { Limiter: not (WindowsLimiter.OtherDesign
        or WindowsLimiter.InRegistry or WindowsLimiter.None) };

    /// <summary>
    /// Those that were repeated; of a program that gave up as many while we watched, the young ones as well: it only
    /// gives up sooner than others.
    /// </summary>
    private static long Unanswered(ProgramPicture p, int fewest) => p.GaveUp >= fewest ? p.HalfOpen : p.Silent;

    private static Finding Of(MachineFacts facts, ProgramPicture p, long unanswered, long all, int rank)
    {
        var verdict = $"{p.Name} keeps trying addresses that do not answer: it holds {unanswered:N0} of the {all:N0} unanswered connection "
            + $"attempts here, and {Words.Percent(p.DeadShare)} of the addresses that it tried never said anything.";
        return new Finding(FindingKinds.HalfOpenProgram, verdict, Confidence.Measured, Weight - rank, [.. Evidence(facts, p)],
            Remedies(facts, p), facts.Source == FactsSource.Linux
                ? "Linux has no limit on such attempts: if other programs are slow, the router's table or the line stands between."
                : facts.Source == FactsSource.Windows && !MayHaveLimit(facts)
                ? "This Windows has no limit on such attempts: if other programs are slow, the router's table or the line stands between."
                : "Whether this machine has a limit on such attempts is not in the text.");
    }

    private static IEnumerable<EvidenceLine> Evidence(MachineFacts facts, ProgramPicture p)
    {
        var command = IsWindows(facts) ? "netstat -no" : Inside(facts, p.Program) + "ss -tnpo state syn-sent";
        yield return new EvidenceLine(
            $"{p.HalfOpen:N0} attempts without an answer now, to {Words.Count(p.DeadPeers, "dead peer")}"
            + (p.Syns > 0 && !IsWindows(facts) ? $", {p.Syns:N0} SYNs sent for them" : "")
            + (p.LongestSeconds > 0 ? $", the oldest silent for {Words.Seconds(p.LongestSeconds)} or more" : ""), command);
        if (facts.View != ViewKind.Snapshot)
        {
            var rate = facts.WatchedSeconds > 0 ? $" ({p.Tried / facts.WatchedSeconds:0.#} a second)" : "";
            yield return new EvidenceLine($"in {Words.Seconds(facts.WatchedSeconds)}: {p.Tried:N0} attempts seen{rate}, {p.Answered:N0} "
                + $"answered, {p.Refused:N0} refused, {p.Unreachable:N0} unreachable, {p.GaveUp:N0} given up without an answer", "");
        }

        PeerFacts[] peers = [.. facts.Peers.Where(x => x.Program == p.Program)];
        yield return new EvidenceLine($"dead peers by port: {DeadShares(peers, x => x.Port.ToString())}; by network: "
            + DeadShares(peers, x => AddressClass.Network(x.Address)), command);
        if (Owner(facts, p.Program) is { } owner)
        {
            yield return owner;
        }

        foreach (var line in OfTheKernel(facts))
        {
            yield return line;
        }

        if (facts.Guard is { Runs: true, Waiting: > 0 } guard)
        {
            yield return new EvidenceLine($"{guard.Waiting:N0} attempts of all programs wait in Halfopen's guard and were not sent yet",
                "halfopen status");
        }
    }

    /// <summary>"6881 (40 of 45), ...", those with most dead peers first.</summary>
    private static string DeadShares(PeerFacts[] peers, Func<PeerFacts, string> key)
    {
        var groups = peers.GroupBy(key, StringComparer.Ordinal)
            .Select(g => (g.Key, Dead: g.Count(x => x.IsDead), Known: g.Count(x => x.IsDead || x.HasAnswered)))
            .Where(g => g.Dead > 0).OrderByDescending(g => g.Dead).ThenBy(g => g.Key, StringComparer.Ordinal);
        return Words.List(groups.Select(g => $"{g.Key} ({g.Dead:N0} of {g.Known:N0})"));
    }

    private static EvidenceLine? Owner(MachineFacts facts, int number)
    {
        if (number < 0 || number >= facts.Programs.Count || facts.Programs[number] is not { Origin: NameOrigin.Process } program)
        {
            return null;
        }

        string[] parts = [.. program.ProcessId > 0 ? new[] { $"process {program.ProcessId}" } : [],
            .. program.User is { } user ? new[] { $"user {user}" } : [],
            .. program.Unit.Length > 0 ? new[] { $"unit {program.Unit}" } : []];
        return parts.Length == 0 ? null : new EvidenceLine($"{program.Name} is {string.Join(", ", parts)}",
            program.ProcessId > 0 ? $"ps -o pid,user,unit,args -p {program.ProcessId}" : "");
    }

    private static IEnumerable<EvidenceLine> OfTheKernel(MachineFacts facts)
    {
        if (facts.Growth("Tcp.ActiveOpens") is { } begun && facts.View != ViewKind.Snapshot)
        {
            yield return new EvidenceLine($"the kernel counted for all programs: {begun:N0} attempts begun, "
                + $"{facts.Growth("Tcp.AttemptFails") ?? 0:N0} failed, {facts.Growth("TcpExt.TCPSynRetrans") ?? 0:N0} SYNs repeated, "
                + $"{facts.Growth("TcpExt.TCPTimeouts") ?? 0:N0} time-outs",
                "nstat -az TcpActiveOpens TcpAttemptFails TcpExtTCPSynRetrans TcpExtTCPTimeouts");
        }

        if (facts.Setting("net.ipv4.tcp_syn_retries") is { } retries)
        {
            yield return new EvidenceLine($"a SYN is repeated {retries} times before the kernel itself gives up (6: two minutes)",
                "sysctl net.ipv4.tcp_syn_retries");
        }
    }

    private static Remedy[] Remedies(MachineFacts facts, ProgramPicture p) => IsWindows(facts) && !MayHaveLimit(facts)
        ? [new($"lower the number of connections that {p.Name} opens at once in its own settings")]
        : IsWindows(facts)
        ? [new($"lower the number of connections that {p.Name} opens at once in its own settings"),
            new("raise the limit of a Windows XP or Server 2003, once it is shut down and its drive is mounted", "halfopen patch /mnt/xp")]
        : [new("share a limit between all programs of this machine, so that none of them holds all",
            "sudo halfopen guard --limit 100" + (Elsewhere(facts, p.Program) is null ? "" : " --containers")),
            new($"lower the number of connections that {p.Name} opens at once in its own settings")];
}
