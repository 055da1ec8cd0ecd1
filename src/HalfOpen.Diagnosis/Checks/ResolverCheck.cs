using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>Whether names are not resolved.</summary>
internal static class ResolverCheck
{
    private const string Subject = "DNS";
    private const int FewestWaiting = 2;

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Resolver is not { } resolver || facts.View == ViewKind.Snapshot)
        {
            return facts.Source == FactsSource.Linux ? CheckResult.Unseen(Subject, "needs a longer look than one moment") : null;
        }

        if (resolver.Waiting < FewestWaiting)
        {
            return CheckResult.Fine(Subject, resolver.Questions == 0 ? "nobody asked for a name while we looked"
                : $"{Words.Count(resolver.Questions, "question")} seen, {resolver.Waiting:N0} of them waited for 2 s or more");
        }

        var servers = Words.List(resolver.SilentServers.Count > 0 ? resolver.SilentServers : resolver.Servers);
        var who = Words.List(resolver.Programs.Select(facts.ProgramName).Distinct(StringComparer.Ordinal));
        return CheckResult.Found(Subject, new Finding(FindingKinds.ResolverSilent,
            $"Names are not resolved in time: the DNS server {servers} lets questions wait ({who}). Programs hang before they even try to "
            + "connect; it looks like a dead network and is none.",
            Confidence.Likely, 78,
            [
                new($"{resolver.Waiting:N0} of {Words.Count(resolver.Questions, "question")} waited for 2 s or more, the longest for "
                    + Words.Seconds(resolver.LongestSeconds), "ss -unp dport = :53"),
                new($"configured servers: {Words.List(resolver.Servers)}", "cat /etc/resolv.conf"),
            ],
            [
                new("ask the server yourself, then another one",
                    $"dig @{resolver.SilentServers.Concat(resolver.Servers).FirstOrDefault() ?? "SERVER"} example.com"),
                new("name a server that answers in /etc/resolv.conf, or in the router"),
            ],
            "Connections to addresses that are known already are not slowed by this."));
    }
}
