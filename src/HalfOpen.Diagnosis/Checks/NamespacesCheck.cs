using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>
/// Whether a container's own table of tracked connections is full. What its programs have half-open is judged with
/// everybody's.
/// </summary>
internal static class NamespacesCheck
{
    private const string Subject = "other network namespaces (containers)";
    private const double Near = 0.8;
    private const double Full = 0.95;

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Namespaces is not { Count: > 0 } all)
        {
            return null;
        }

        var fullest = all.OrderByDescending(n => n.Drops ?? 0).ThenByDescending(Share).First();
        if (Share(fullest) < Near && fullest.Drops is null or 0)
        {
            return CheckResult.Fine(Subject, $"{Words.Count(all.Count, "was", "were")} looked at: {all.Sum(n => n.Sockets):N0} sockets, "
                + $"{Words.Count(all.Sum(n => n.HalfOpen), "attempt", "attempts")} without an answer; the fullest table of tracked "
                + $"connections is that of {fullest.Name} ({Words.Percent(Share(fullest))})");
        }

        var isFull = Share(fullest) >= Full || fullest.Drops > 0;
        return CheckResult.Found(Subject, new Finding(FindingKinds.TableFull,
            $"The table of tracked connections in {fullest.Name} is {(isFull ? "full" : "nearly full")}: {fullest.Tracked:N0} of "
            + $"{fullest.TrackedMax:N0} entries. New connections from there are dropped, and nothing outside of it notices.",
            isFull ? Confidence.Measured : Confidence.Likely, isFull ? 94 : 84,
            [new($"{fullest.Tracked:N0} entries in {fullest.Name}, {fullest.TrackedMax:N0} fit, "
                + $"{fullest.Drops ?? 0:N0} connections were dropped while we looked",
                $"sudo nsenter -t {fullest.ProcessId} -n sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max")],
            [new("see what fills it, from inside", $"sudo nsenter -t {fullest.ProcessId} -n halfopen doctor")],
            "Other namespaces have tables of their own."));
    }

    private static double Share(NamespaceFacts n) => n.TrackedMax is > 0 ? (double)(n.Tracked ?? 0) / n.TrackedMax.Value : 0;
}
