using HalfOpen.Cli.CommandLine;
using HalfOpen.Windows.Files;

namespace HalfOpen.Cli.Drivers;

/// <summary>What a long search says on the way: how far it is, and which folders it could not look into.</summary>
internal sealed class SearchProgress(Terminal terminal, bool quiet)
{
    /// <summary>Warnings that are printed; of the rest only how many there were.</summary>
    private const int MaxWarnings = 10;

    private bool _isShown;
    private int _passedOver;

    public void OnFolder(int visited, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (visited % 500 == 0 && terminal.ErrorIsTerminal && !quiet)
        {
            terminal.Error.Write($"\rsearched {visited:N0} folders ...");
            _isShown = true;
        }
    }

    public void OnPassedOver(FileProblemException problem)
    {
        if (_passedOver++ < MaxWarnings)
        {
            Clear();
            terminal.Error.WriteLine("halfopen: warning: not searched: " + DriverPaths.Shown(problem.Message));
        }
    }

    /// <summary>
    /// Takes the answers of a search; the line of progress is gone before each of them and at the end.
    /// </summary>
    public IEnumerable<string> Watch(IEnumerable<string> found)
    {
        foreach (var path in found)
        {
            Clear();
            yield return path;
        }

        Clear();
        if (_passedOver > MaxWarnings)
        {
            terminal.Error.WriteLine($"halfopen: warning: {_passedOver - MaxWarnings:N0} more folders were not searched.");
        }
    }

    private void Clear()
    {
        if (_isShown)
        {
            terminal.Error.Write("\r" + new string(' ', 40) + "\r");
            _isShown = false;
        }
    }
}
