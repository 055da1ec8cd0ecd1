using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>Whether a Windows ran out of local ports.</summary>
internal static class WindowsPortsCheck
{
    private const string Subject = "Windows' local ports";

    /// <summary>"... the selected local endpoint was recently used to connect to the same remote endpoint".</summary>
    private const int UsedRecently = 4227;

    /// <summary>"A request to allocate an ephemeral port number from the global TCP port space has failed".</summary>
    private const int NoneLeft = 4231;
    private const double Near = 0.8;
    private const double Full = 0.95;

    private static readonly Remedy MorePorts =
        new("Vista and later: more ports", "netsh int ipv4 set dynamicport tcp start=1025 num=64510");

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Windows is not { } w || facts.Source == FactsSource.NetstatText)
        {
            return null;
        }

        if (facts.Ports is { Size: > 0 } ports && ports.InUse >= Near * ports.Size)
        {
            return CheckResult.Found(Subject, Now(facts, ports));
        }

        if (w.Events is null)
        {
            return CheckResult.Unseen(Subject, "the System event log was not read");
        }

        NetworkEventFacts[] events = [.. w.Events.Where(e => e.Id is UsedRecently or NoneLeft).OrderBy(e => e.TimeUtc)];
        if (events.Length == 0)
        {
            return CheckResult.Fine(Subject, "the log has neither event 4227 nor 4231 in it"
                + (facts.Ports is { Size: > 0 } p ? $"; {p.InUse:N0} of {p.Size:N0} are in use" : ""));
        }

        var (recent, none) = (events.Count(e => e.Id == UsedRecently), events.Count(e => e.Id == NoneLeft));
        var range = w.MaxUserPort is { } max ? $"MaxUserPort is {max:N0}" : "MaxUserPort is absent: 5,000 on XP and 2003 (1025 to 5000), "
            + "65,535 later";
        var delay = w.TimedWaitDelay is { } d ? $"TcpTimedWaitDelay is {d:N0} s" : "TcpTimedWaitDelay is absent: 240 s on XP and 2003, "
            + "120 s later";
        return CheckResult.Found(Subject, new Finding(FindingKinds.WindowsPortsExhausted,
            "This Windows ran out of local ports for new connections: programs open and close more of them than it can remember. That is "
                + "not "
            + "the limit on half-open connections, and raising that one makes it worse.",
            Confidence.Measured, 86,
            [
                new($"{Words.Count(none, "event")} 4231 (no port left), {Words.Count(recent, "event")} 4227 (port used again too soon), "
                    + "the last "
                    + $"{events[^1].TimeUtc:yyyy-MM-dd HH:mm} UTC", "eventvwr: System, source Tcpip"),
                new($"{range}; {delay}", @"reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"),
            ],
            [
                new("see who has most connections while it happens", "netstat -nao"),
                new("XP and 2003: more ports (then restart)",
                    @"reg add HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters /v MaxUserPort /t REG_DWORD /d 65534"),
                MorePorts,
            ],
            "It does not say which program it was."));
    }

    private static Finding Now(MachineFacts facts, PortFacts ports)
    {
        var most = facts.Peers.Where(p => p.Program >= 0).GroupBy(p => p.Program)
            .MaxBy(g => g.Sum(p => p.HalfOpen + p.Open + p.Closing + p.TimeWait));
        var who = most is null ? "" : $", most of them by {facts.ProgramName(most.Key)}";
        var isFull = ports.InUse >= Full * ports.Size;
        return new Finding(FindingKinds.WindowsPortsExhausted,
            $"The local ports of this Windows are {(isFull ? "used up" : "nearly used up")}: {ports.InUse:N0} of {ports.Size:N0} are "
            + $"taken{who}. New connections fail, whatever their destination; that is not the limit on half-open connections.",
            isFull ? Confidence.Measured : Confidence.Likely, isFull ? 90 : 75,
            [
                new($"{ports.InUse:N0} local ports in use, {facts.Peers.Sum(p => p.TimeWait):N0} connections in TIME-WAIT", "netstat -nao"),
                new($"the range is {ports.Low}-{ports.High}", "netsh int ipv4 show dynamicport tcp"),
            ],
            [new("keep connections open and use them again in that program"), MorePorts],
            "Connections that are open already are not touched.");
    }
}
