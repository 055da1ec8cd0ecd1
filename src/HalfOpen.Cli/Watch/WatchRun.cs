using System.Buffers;
using System.Runtime.ExceptionServices;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Linux;
using HalfOpen.Watch.Collecting;
using HalfOpen.Watch.Feed;
using HalfOpen.Watch.Model;

namespace HalfOpen.Cli.Watch;

/// <summary>A watch on a thread of its own, and what becomes of its frames.</summary>
internal static class WatchRun
{
    /// <summary>Watches until it ends, and shows frames meanwhile.</summary>
    /// <param name="show">Gets the feed; when it ends, so does the watch.</param>
    /// <exception cref="CliException">The kernel tells nothing.</exception>
    public static async Task RunAsync(WatchOptions options, Func<IWatchFeed, CancellationToken, Task> show, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var session = new WatchSession(options);
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                session.Run(stop.Token);
            }
            catch (Exception e)
            {
                failure = e;
            }
        }) { IsBackground = true, Name = "watch" };
        thread.Start();
        Exception? ofShow = null;
        try
        {
            await show(session.Feed, cancel);
        }
        catch (Exception e)
        {
            ofShow = e; // the feed's own failure comes this way, too
        }

        await stop.CancelAsync();
        thread.Join();
        if (failure is LinuxException linux)
        {
            throw CliException.Usage($"the kernel tells nothing of its sockets: {linux.Message}.");
        }

        if ((failure ?? ofShow) is { } other)
        {
            ExceptionDispatchInfo.Throw(other);
        }
    }

    /// <summary>Each frame as a line of JSON, until the watch ends; whole lines only.</summary>
    public static async Task PrintJsonAsync(Terminal terminal, IWatchFeed feed)
    {
        // Not cancelled: the last frame comes when the watch ends.
        await foreach (var frame in feed.ReadAsync(CancellationToken.None))
        {
            PrintJson(terminal, frame);
        }
    }

    public static void PrintJson(Terminal terminal, WatchFrame frame)
    {
        var line = new ArrayBufferWriter<byte>(4096);
        FrameJson.Write(line, frame);
        terminal.Out.WriteLine(System.Text.Encoding.UTF8.GetString(line.WrittenSpan));
        terminal.Out.Flush();
    }

    /// <summary>The last frame of a watch that publishes no other.</summary>
    public static async Task<WatchFrame?> LastAsync(IWatchFeed feed)
    {
        WatchFrame? last = null;
        await foreach (var frame in feed.ReadAsync(CancellationToken.None))
        {
            last = frame;
        }

        return last;
    }
}
