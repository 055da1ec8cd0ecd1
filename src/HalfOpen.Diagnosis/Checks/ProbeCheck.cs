using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Diagnosis.Checks;

/// <summary>What came of the handshakes that the user asked for.</summary>
internal static class ProbeCheck
{
    private const string Subject = "the hosts that you named";

    public static CheckResult? Examine(MachineFacts facts)
    {
        if (facts.Probes is not { Count: > 0 } probes)
        {
            return null;
        }

        ProbeFacts[] bad = [.. probes.Where(p => p.Outcome != "established")];
        var all = Words.List(probes.Select(Line), 8);
        if (bad.Length == 0)
        {
            return CheckResult.Fine(Subject, all);
        }

        return CheckResult.Found(Subject, new Finding(FindingKinds.ProbeFailed,
            $"{Words.EndPoint(bad[0].Host, bad[0].Port)} {Meaning(bad[0].Outcome)}"
            + (bad.Length > 1 ? $", and {Words.Count(bad.Length - 1, "other host")} failed too." : "."),
            Confidence.Measured, 45, [.. probes.Take(16).Select(p => new EvidenceLine(Line(p)))],
            [new("try from another network: if it answers there, something on the way lets nothing through")],
            bad.Length < probes.Count ? "Other hosts answered, so the line works." : "Nothing that you named answered: it may be the line "
                + "itself."));
    }

    private static string Line(ProbeFacts p) => $"{Words.EndPoint(p.Host, p.Port)} {p.Outcome}"
        + (p.Outcome is "established" or "refused" ? $" after {p.Milliseconds:0.#} ms" : "");

    private static string Meaning(string outcome) => outcome switch
    {
        "refused" => "is there and refuses: nothing listens on that port, or a firewall says so",
        "unreachable" => "cannot be reached: a router says that there is no way",
        "no-such-name" => "has no address: the name is wrong, or DNS does not work",
        _ => "does not answer: a firewall, or nothing is there",
    };
}
