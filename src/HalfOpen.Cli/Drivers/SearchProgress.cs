using HalfOpen.Cli.CommandLine;
using HalfOpen.Windows.Files;

namespace HalfOpen.Cli.Drivers;

/// <summary>
/// What a long search says on the way: how far it is and how fast, and which folders it could not look into. How many
/// folders there are is not known before the end, so it has no share done. Not thread-safe.
/// </summary>
internal sealed class SearchProgress(Terminal terminal, bool quiet, TimeProvider clock)
{
    /// <summary>Warnings that are printed; of the rest only how many there were.</summary>
    private const int MaxWarnings = 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly long _began = clock.GetTimestamp();
    private long _last = clock.GetTimestamp();
    private int _width;
    private int _visited;
    private int _drivers;
    private int _passedOver;

    public void OnFolder(int visited, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _visited = visited;
        Show();
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
        try
        {
            foreach (var path in found)
            {
                Clear();
                yield return path;
                _drivers++;
                Show();
            }
        }
        finally
        {
            Clear();
        }

        if (_passedOver > MaxWarnings)
        {
            terminal.Error.WriteLine($"halfopen: warning: {_passedOver - MaxWarnings:N0} more folders were not searched.");
        }
    }

    private void Show()
    {
        if (!terminal.ErrorIsTerminal || quiet || clock.GetElapsedTime(_last) < Pause)
        {
            return;
        }

        _last = clock.GetTimestamp();
        var seconds = clock.GetElapsedTime(_began).TotalSeconds;
        var parts = new List<string>();
        if (_visited > 0)
        {
            parts.Add($"{_visited:N0} {(_visited == 1 ? "folder" : "folders")} ({Rate(_visited, seconds)}/s)");
        }

        if (_drivers > 0)
        {
            parts.Add($"{_drivers:N0} {(_drivers == 1 ? "driver" : "drivers")} ({Rate(_drivers, seconds)}/s)");
        }

        var line = $"searched {string.Join(", ", parts)} ...";
        line = line.Length < terminal.Width ? line : line[..(terminal.Width - 1)];
        terminal.Error.Write("\r" + line.PadRight(_width));
        _width = line.Length;
    }

    private static string Rate(int count, double seconds) => (count / seconds).ToString(count < 10 * seconds ? "0.#" : "N0");

    private void Clear()
    {
        if (_width > 0)
        {
            terminal.Error.Write("\r" + new string(' ', _width) + "\r");
            _width = 0;
        }
    }
}
