using System.CommandLine;

namespace HalfOpen.Cli.CommandLine;

/// <summary>How a command line is run.</summary>
internal sealed class VerbInvocation : InvocationConfiguration
{
    /// <summary>
    /// End when everything about the arguments is checked, before anything is looked at, changed or sent. For tests.
    /// </summary>
    public bool OnlyChecks { get; init; }
}
