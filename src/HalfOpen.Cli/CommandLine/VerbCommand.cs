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

    /// <summary>It is about sockets and packets of this machine, which are watched and held on Linux only.</summary>
    public bool NeedsLinux { get; init; }

    /// <summary>
    /// It takes back what it did when it is ended, however long that takes. Others are left to themselves two seconds
    /// after Ctrl-C.
    /// </summary>
    public bool TakesBack { get; init; }

    private readonly List<Action<ParseResult>> _checks = [];

    /// <summary>
    /// What is to be checked of the arguments before anything is looked at, changed, installed or sent, beyond what
    /// each option checks by itself. Whoever throws here has done nothing.
    /// </summary>
    public void Checks(Action<ParseResult> check) => _checks.Add(check);

    /// <summary>
    /// Verbs that need root, a file or a choice still parse and complete without them; failures go through
    /// <see cref="CliException"/>.
    /// </summary>
    public void Does(Func<ParseResult, CancellationToken, Task<int>> action) => SetAction((parsed, cancellation) =>
    {
        // On another thread: the library hears Ctrl-C only once the action has given back its task.
        return IsChecked(parsed) ? Task.FromResult(ExitCode.Done) : Task.Run(() => action(parsed, cancellation), cancellation);
    });

    public void Does(Func<ParseResult, int> action) => SetAction(parsed =>
    {
        return IsChecked(parsed) ? ExitCode.Done : action(parsed);
    });

    /// <returns>Nothing more is wanted.</returns>
    private bool IsChecked(ParseResult parsed)
    {
        CheckSystem(OperatingSystem.IsLinux());
        _checks.ForEach(check => check(parsed));
        return parsed.InvocationConfiguration is VerbInvocation { OnlyChecks: true };
    }

    /// <exception cref="CliException">The verb needs Linux, and this is another system.</exception>
    internal void CheckSystem(bool isLinux)
    {
        if (NeedsLinux && !isLinux)
        {
            throw CliException.Usage(
                $"'halfopen {Name}' needs Linux. What works here: inspect, patch and restore for drivers, simulate and replay for "
                + "policies.");
        }
    }
}
