namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// A bar on standard error with the share done and the time left, while something long is done; nothing where that is
/// no terminal. Thread-safe.
/// </summary>
internal sealed class ProgressBar(Terminal terminal, bool wanted) : IDisposable
{
    private const int Width = 30;
    private const int Rest = 24; // percent and the time left
    private readonly TimeLeft _left = new(TimeProvider.System);
    private readonly bool _shown = wanted && terminal.ErrorIsTerminal;
    private readonly Lock _gate = new();
    private int _last = -1;

    public void Report(double share)
    {
        if (!_shown)
        {
            return;
        }

        lock (_gate)
        {
            var percent = (int)(share * 100);
            if (percent <= _last)
            {
                return;
            }

            _last = percent;
            var filled = percent * Width / 100;
            var line = $"{percent,3} % {_left.Words(share),-12} [{new string('#', filled)}{new string('.', Width - filled)}]";
            terminal.Error.Write("\r" + (line.Length < terminal.Width ? line : line[..(terminal.Width - 1)]));
        }
    }

    public void Dispose()
    {
        if (_shown && _last >= 0)
        {
            terminal.Error.Write("\r" + new string(' ', Math.Min(Width + Rest, terminal.Width - 1)) + "\r");
        }
    }
}
