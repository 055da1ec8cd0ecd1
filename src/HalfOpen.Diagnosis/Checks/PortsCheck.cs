using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>Whether the ephemeral ports to one destination are used up.</summary>
internal static class PortsCheck
{
    private const string Subject = "ephemeral ports";
    private const double Near = 0.8;
    private const double Full = 0.95;

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Source == FactsSource.Windows)
        {
            return null; // each port is one connection's there, whatever the destination: another check
        }

        if (facts.Ports is not { Size: > 0 } ports)
        {
            return facts.Source == FactsSource.Linux ? CheckResult.Unseen(Subject, "the range of ports could not be read") : null;
        }

        var most = ports.Busiest.MaxBy(b => b.InUse);
        var share = most is null ? 0 : (double)most.InUse / ports.Size;
        if (most is null || share < Near)
        {
            return CheckResult.Fine(Subject, most is null
                ? $"none of the {ports.Size:N0} is in use"
                : $"at most {most.InUse:N0} of {ports.Size:N0} are in use to one destination ({Words.EndPoint(most.Address, most.Port)}), "
                    + $"{ports.InUse:N0} in all; {facts.Peers.Sum(p => p.TimeWait):N0} connections are in TIME-WAIT");
        }

        var destination = Words.EndPoint(most.Address, most.Port);
        var who = most.Program >= 0 ? facts.ProgramName(most.Program) : "programs that have closed them already";
        var full = share >= Full;
        var range = $"{ports.Low}-{ports.High}";
        return CheckResult.Found(Subject, new Finding(FindingKinds.PortsExhausted,
            $"The local ports for connections to {destination} are {(full ? "used up" : "nearly used up")}: {who} holds most of the "
            + $"{most.InUse:N0} of {ports.Size:N0}. New connections to it fail; unanswered attempts are not the cause.",
            full ? Confidence.Measured : Confidence.Likely, full ? 90 : 75,
            [
                new($"{most.InUse:N0} connections from {most.Local} to {destination}, {most.TimeWait:N0} of them closed and in TIME-WAIT "
                    + "(one minute)", $"ss -tan dst {Words.EndPoint(most.Address, most.Port)}"),
                new($"the range is {range}: {ports.Size:N0} ports, {ports.InUse:N0} of them in use to whomever",
                    "sysctl net.ipv4.ip_local_port_range"),
            ],
            [
                new("keep connections open and use them again (keep-alive, a pool) in that program"),
                new("let the range be larger", "sudo sysctl -w net.ipv4.ip_local_port_range='1025 65535'"),
                new("spread over more local or destination addresses: each pair has a range of its own"),
            ],
            "Other destinations still have all their ports."));
    }
}
