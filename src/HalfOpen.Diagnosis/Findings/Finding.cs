namespace HalfOpen.Diagnosis.Findings;

/// <summary>How sure a finding is.</summary>
public enum Confidence
{
    /// <summary>The figures themselves are the finding.</summary>
    Measured,

    /// <summary>The figures fit this and hardly anything else.</summary>
    Likely,

    /// <summary>Something that cannot be seen from here is concluded from what can.</summary>
    Inferred,
}

/// <summary>One line of proof. Immutable.</summary>
/// <param name="Command">Shows the same without Halfopen; empty where there is no such command.</param>
public sealed record EvidenceLine(string Text, string Command = "");

/// <summary>One thing to do. Immutable.</summary>
/// <param name="Command">To be typed as it stands; empty where it is no matter of commands.</param>
public sealed record Remedy(string Text, string Command = "");

/// <summary>One thing that is wrong: what, how sure, what proves it, what to do. Immutable.</summary>
/// <param name="Name">One of <see cref="FindingKinds"/>.</param>
/// <param name="Verdict">One or two sentences for a person who never heard of half-open.</param>
/// <param name="Weight">0 to 100: the heaviest is the first verdict.</param>
/// <param name="NotExplained">What this finding does not explain, one sentence.</param>
public sealed record Finding(string Name, string Verdict, Confidence Confidence, int Weight, IReadOnlyList<EvidenceLine> Evidence,
    IReadOnlyList<Remedy> Remedies, string NotExplained);

/// <summary>What came of one check. Immutable.</summary>
/// <param name="Subject">What was asked, in a few words.</param>
/// <param name="RuledOut">Why it is not that, one line; null where something was found or could not be looked
/// at.</param>
/// <param name="NotSeen">Why it could not be looked at, one line; null where it was.</param>
public sealed record CheckResult(string Subject, IReadOnlyList<Finding> Findings, string? RuledOut = null, string? NotSeen = null)
{
    public static CheckResult Found(string subject, params IReadOnlyList<Finding> findings) => new(subject, findings);

    public static CheckResult Fine(string subject, string line) => new(subject, [], RuledOut: line);

    public static CheckResult Unseen(string subject, string why) => new(subject, [], NotSeen: why);
}

/// <summary>All that follows from facts. Immutable.</summary>
/// <param name="Verdict">One sentence or two: the first finding, or that there is none.</param>
/// <param name="Findings">The heaviest first.</param>
/// <param name="RuledOut">Checks that found nothing.</param>
/// <param name="NotSeen">Checks that could not look.</param>
public sealed record Opinion(string Verdict, IReadOnlyList<Finding> Findings, IReadOnlyList<CheckResult> RuledOut,
    IReadOnlyList<CheckResult> NotSeen)
{
    public bool IsHealthy => Findings.Count == 0;
}
