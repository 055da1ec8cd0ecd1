using HalfOpen.Cli.CommandLine;

namespace HalfOpen.Cli.Verbs;

/// <summary>All verbs, in the order in which a newcomer should meet them.</summary>
internal static class VerbList
{
    public static IReadOnlyList<VerbCommand> Create(Terminal terminal) =>
    [
        LabVerb.Create(terminal),
        InspectVerb.Create(terminal),
        PatchVerb.Create(terminal),
        RestoreVerb.Create(terminal),
        SimulateVerb.Create(terminal),
        GuardVerb.Create(terminal),
        StatusVerb.Create(terminal),
        LimitVerb.Create(terminal),
        ReplayVerb.Create(terminal),
        CompletionsVerb.Create(terminal),
    ];
}
