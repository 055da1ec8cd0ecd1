using HalfOpen.Cli.CommandLine;
using HalfOpen.Core;

namespace HalfOpen.Cli.Verbs;

/// <summary>All verbs, in the order in which a newcomer should meet them.</summary>
internal static class VerbList
{
    public static IReadOnlyList<VerbCommand> Create(Terminal terminal, PolicyTable policies) =>
    [
        LabVerb.Create(terminal),
        DoctorVerb.Create(terminal),
        WatchVerb.Create(terminal),
        InspectVerb.Create(terminal),
        PatchVerb.Create(terminal),
        RestoreVerb.Create(terminal),
        SimulateVerb.Create(terminal, policies),
        GuardVerb.Create(terminal, policies),
        StatusVerb.Create(terminal),
        LimitVerb.Create(terminal),
        ReloadVerb.Create(terminal),
        ReplayVerb.Create(terminal, policies),
        CompletionsVerb.Create(terminal),
        ManVerb.Create(terminal),
    ];
}
