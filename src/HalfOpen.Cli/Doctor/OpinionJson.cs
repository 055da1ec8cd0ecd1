using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;

namespace HalfOpen.Cli.Doctor;

/// <summary>
/// The document of <c>doctor --json</c>, described in docs/schemas/doctor.schema.json. Names and spellings are a
/// contract: fields may be added, none changed. Unknown is null.
/// </summary>
/// <param name="Verdict">One sentence or two for people.</param>
/// <param name="View">snapshot, sampled or events.</param>
internal sealed record OpinionDocument(string Verdict, bool Healthy, string Source, string View, double WatchedSeconds,
    IReadOnlyList<FindingDocument> Findings, IReadOnlyList<QuestionDocument> RuledOut, IReadOnlyList<QuestionDocument> NotSeen,
    IReadOnlyList<ProgramDocument> Programs, IReadOnlyList<string> Notes)
{
    public int Version { get; init; } = 1;

    public static OpinionDocument Of(MachineFacts facts, Opinion opinion) => new(
        opinion.Verdict,
        opinion.IsHealthy,
        facts.Source,
        facts.View.ToString().ToLowerInvariant(),
        Rounded.ToThousandths(facts.WatchedSeconds),
        [.. opinion.Findings.Select(FindingDocument.Of)],
        [.. opinion.RuledOut.Select(r => new QuestionDocument(r.Subject, r.RuledOut!))],
        [.. opinion.NotSeen.Select(r => new QuestionDocument(r.Subject, r.NotSeen!))],
        [.. ProgramPicture.Of(facts).Select(p => ProgramDocument.Of(facts, p))],
        facts.Notes);
}

/// <param name="Confidence">measured, likely or inferred.</param>
/// <param name="Weight">0 to 100: the heaviest comes first.</param>
internal sealed record FindingDocument(string Name, string Verdict, string Confidence, int Weight,
    IReadOnlyList<CommandDocument> Evidence, IReadOnlyList<CommandDocument> Remedies, string NotExplained)
{
    public static FindingDocument Of(Finding f) => new(f.Name, f.Verdict, f.Confidence.ToString().ToLowerInvariant(), f.Weight,
        [.. f.Evidence.Select(e => new CommandDocument(e.Text, e.Command.Length > 0 ? e.Command : null))],
        [.. f.Remedies.Select(r => new CommandDocument(r.Text, r.Command.Length > 0 ? r.Command : null))], f.NotExplained);
}

internal sealed record CommandDocument(string Text, string? Command);

internal sealed record QuestionDocument(string Question, string Answer);

internal sealed record ProgramDocument(string Name, long? ProcessId, long? User, string? Unit, long HalfOpen, long Repeated,
    long DeadPeers, long LivePeers, long Tried, long Answered, long Refused, long Unreachable, long GaveUp, long Open, string? Namespace)
{
    public static ProgramDocument Of(MachineFacts facts, ProgramPicture p)
    {
        var program = p.Program < facts.Programs.Count ? facts.Programs[p.Program] : new ProgramFacts(p.Name, NameOrigin.Text);
        return new ProgramDocument(p.Name, program.ProcessId > 0 ? program.ProcessId : null, program.User,
            program.Unit.Length > 0 ? program.Unit : null, p.HalfOpen, p.Silent, p.DeadPeers, p.LivePeers, p.Tried, p.Answered, p.Refused,
            p.Unreachable, p.GaveUp, p.Open, program.Namespace.Length > 0 ? program.Namespace : null);
    }
}

[JsonSerializable(typeof(OpinionDocument))]
internal sealed partial class OpinionJsonContext : JsonSerializerContext
{
    /// <summary>Names and sentences as they are: this is no HTML. Control characters stay escaped.</summary>
    public static OpinionJsonContext Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
