using System.Runtime.InteropServices;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Linux;
using HalfOpen.Watch.Feed;

namespace HalfOpen.Cli.Watch;

/// <summary>
/// The full screen: keys in, one write a picture out, on the alternate screen, which is left again however it ends.
/// </summary>
internal static class WatchScreen
{
    private const int Input = 0;
    private const int Output = 1;

    /// <summary>Alternate screen, no cursor, no wrapping at the edge.</summary>
    private static ReadOnlySpan<byte> Enter => "\e[?1049h\e[?25l\e[?7l"u8;

    private static ReadOnlySpan<byte> Leave => "\e[?2026l\e[0m\e[?7h\e[?25h\e[?1049l"u8;

    /// <summary>After so long an escape is the key and no beginning of a sequence.</summary>
    private static readonly TimeSpan EscapePatience = TimeSpan.FromMilliseconds(50);

    /// <summary>Until the person ends it, the feed ends, or it is cancelled.</summary>
    public static async Task RunAsync(Terminal terminal, IWatchFeed feed, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var bell = new Bell();
        using var resized = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => bell.Ring());
        using var cancelled = stop.Token.Register(bell.Ring);
        var reading = ReadAsync(feed, bell, stop.Token);
        try
        {
            // Waiting for keys takes a thread of its own.
            await Task.Factory.StartNew(() => Show(terminal, feed, bell, reading, cancel), CancellationToken.None,
                TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            await stop.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (reading.IsFaulted)
        {
            await reading;
        }
    }

    private static async Task ReadAsync(IWatchFeed feed, Bell bell, CancellationToken stop)
    {
        try
        {
            await foreach (var _ in feed.ReadAsync(stop))
            {
                bell.Ring();
            }
        }
        finally
        {
            bell.Ring();
        }
    }

    private static void Show(Terminal terminal, IWatchFeed feed, Bell bell, Task reading, CancellationToken cancel)
    {
        using var raw = new RawTerminal(Input, Output);

        // A signal that ends the process without coming back here must not leave the terminal behind like this.
        void GiveBack()
        {
            raw.Write(Leave);
            raw.Dispose();
        }

        EventHandler onExit = (_, _) => GiveBack();
        AppDomain.CurrentDomain.ProcessExit += onExit;
        try
        {
            if (raw.Write(Enter))
            {
                Loop(terminal, feed, bell, raw, reading, cancel);
            }
        }
        finally
        {
            AppDomain.CurrentDomain.ProcessExit -= onExit;
            GiveBack();
        }
    }

    private static void Loop(Terminal terminal, IWatchFeed feed, Bell bell, RawTerminal raw, Task reading, CancellationToken cancel)
    {
        var view = new WatchView();
        var keys = new WatchKeys();
        var painter = new WatchPainter(terminal.UseColor);
        var waiter = new Waiter(raw.Number, bell.Number);
        Span<byte> bytes = stackalloc byte[256];
        (int, int) painted = default;
        while (!cancel.IsCancellationRequested && !view.IsOver && !(reading.IsCompleted && feed.Latest == view.Frame))
        {
            if (feed.Latest is { } frame)
            {
                view.Take(frame);
            }

            var size = raw.Size;
            var lines = painter.Paint(view, size.Columns, size.Rows);
            if (!raw.Write(WatchPainter.Bytes(lines, clear: size != painted)))
            {
                return; // the terminal is gone
            }

            painted = size;
            waiter.Wait(keys.IsWaiting ? EscapePatience.Ticks : TimeSpan.TicksPerHour);
            var count = 0;
            if (waiter.IsReadable(1))
            {
                bell.Hush();
            }

            if (waiter.IsReadable(0) && (count = raw.Read(bytes)) == 0)
            {
                return;
            }

            foreach (var (key, character) in keys.Read(bytes[..count], isQuiet: count == 0))
            {
                view.Press(key, character, painter.Titles);
            }
        }
    }
}
