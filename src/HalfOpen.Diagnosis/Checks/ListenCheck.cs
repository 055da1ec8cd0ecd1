using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>Whether a server of this machine does not accept connections quickly enough.</summary>
internal static class ListenCheck
{
    private const string Subject = "listen queues of servers here";

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Listeners is not { } listeners || facts.Source != FactsSource.Linux)
        {
            return null;
        }

        var overflows = facts.Growth("TcpExt.ListenOverflows") ?? 0;
        ListenerFacts[] full = [.. listeners.Where(l => l.Waiting > 0 && l.Waiting >= l.Backlog).OrderByDescending(l => l.Waiting)];
        if (overflows == 0 && full.Length == 0)
        {
            return CheckResult.Fine(Subject, $"none of {Words.Count(listeners.Count, "listening socket")} overflowed");
        }

        var name = full.Length > 0
            ? $"{facts.ProgramName(full[0].Program)} on port {full[0].Port}" : "a server of this machine";
        var evidence = new List<EvidenceLine>();
        if (overflows > 0)
        {
            evidence.Add(new($"{Words.Count(overflows, "connection was", "connections were")} turned away while we looked",
                "nstat -az TcpExtListenOverflows TcpExtListenDrops"));
        }

        evidence.AddRange(full.Take(3).Select(l => new EvidenceLine(
            $"{Words.EndPoint(l.Address, l.Port)} ({facts.ProgramName(l.Program)}): {l.Waiting:N0} wait, {l.Backlog:N0} may", "ss -ltn")));
        if (facts.Growth("TcpExt.TCPReqQFullDrop") + facts.Growth("TcpExt.TCPReqQFullDoCookies") is > 0 and var early)
        {
            evidence.Add(new($"{early:N0} more found the queue of handshakes full (SYN cookies or dropped)",
                "nstat -az TcpExtTCPReqQFullDrop TcpExtTCPReqQFullDoCookies"));
        }

        if (facts.Setting("net.core.somaxconn") is { } longest)
        {
            evidence.Add(new($"the kernel lets a queue have {longest} places at most, whatever the program asks for; handshakes "
                + $"{facts.Setting("net.ipv4.tcp_max_syn_backlog") ?? "?"}; full queues "
                + (facts.Setting("net.ipv4.tcp_abort_on_overflow") == "1" ? "reset clients" : "are silent"),
                "sysctl net.core.somaxconn net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_abort_on_overflow"));
        }

        return CheckResult.Found(Subject, new Finding(FindingKinds.ListenOverflow,
            $"{name} does not accept connections as quickly as they come, so clients wait or fail. That is inbound: the attempts that this "
            + "machine itself makes have nothing to do with it.",
            overflows > 0 ? Confidence.Measured : Confidence.Likely, overflows > 0 ? 80 : 65, evidence,
            [
                new("find out why that program does not accept: it is blocked, overloaded, or out of file descriptors"),
                new("let its queue be longer, in its own settings (backlog) and in the kernel's", "sudo sysctl -w net.core.somaxconn=4096"),
            ],
            "It does not slow connections from this machine to others."));
    }
}
