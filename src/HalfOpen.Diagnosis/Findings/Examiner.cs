using HalfOpen.Diagnosis.Checks;
using HalfOpen.Diagnosis.Facts;

namespace HalfOpen.Diagnosis.Findings;

/// <summary>Asks every check and orders what they found. The same facts give the same opinion. Thread-safe.</summary>
public static class Examiner
{
    /// <summary>In the order in which "ruled out" is read.</summary>
    private static readonly Func<MachineFacts, CheckResult?>[] Checks =
    [
        HalfOpenCheck.Examine,
        TrackingCheck.Examine,
        NamespacesCheck.Examine,
        RouterCheck.Examine,
        PortsCheck.Examine,
        ScanCheck.Examine,
        DestinationCheck.Examine,
        LineCheck.Examine,
        ResolverCheck.Examine,
        DescriptorsCheck.Examine,
        ListenCheck.Examine,
        GuardCheck.Examine,
        WindowsLimitCheck.Examine,
        WindowsPortsCheck.Examine,
        ProbeCheck.Examine,
    ];

    public static Opinion Examine(MachineFacts facts)
    {
        CheckResult[] results = [.. Checks.Select(c => c(facts)).OfType<CheckResult>()];
        Finding[] findings = [.. results.SelectMany(r => r.Findings).OrderByDescending(f => f.Weight).Select(Capital)];
        return new Opinion(
            findings.Length > 0 ? findings[0].Verdict : Nothing(results),
            findings,
            [.. results.Where(r => r.RuledOut is not null)],
            [.. results.Where(r => r.NotSeen is not null)]);
    }

    /// <summary>A sentence may begin with what stands for a name ("a program of user ...").</summary>
    private static Finding Capital(Finding finding) => finding.Verdict.StartsWith("a program ", StringComparison.Ordinal)
        ? finding with { Verdict = "A" + finding.Verdict[1..] } : finding;

    private static string Nothing(CheckResult[] results)
    {
        var unseen = results.Count(r => r.NotSeen is not null);
        return "Nothing of the kind: neither unanswered connection attempts nor a limit that they fill are what hurts here"
            + (unseen == 0 ? "." : $", as far as could be seen ({unseen} of {results.Length} questions could not be asked).");
    }
}
