using System.CommandLine;

namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// One verb of the command line: its flags, its examples and what it does. Every verb lives in a file of its own under
/// Verbs/.
/// </summary>
internal sealed class VerbCommand : Command
{
    public VerbCommand(string name, string description)
        : base(name, description)
    {
    }

    /// <summary>Shown at the end of --help: what to type, and what it gives.</summary>
    public IList<(string CommandLine, string Meaning)> Examples { get; } = [];

    /// <summary>
    /// Verbs that need root, a file or a choice still parse and complete without them; failures go through
    /// <see cref="CliException"/>.
    /// </summary>
    public void Does(Func<ParseResult, CancellationToken, Task<int>> action) => SetAction(action);

    public void Does(Func<ParseResult, int> action) => SetAction(action);
}
