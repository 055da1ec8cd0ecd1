using System.Net.Sockets;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Watch.Feed;
using HalfOpen.Web;

namespace HalfOpen.Cli.Watch;

/// <summary>A watch as a page on loopback, until it ends or is ended.</summary>
internal static class WebWatch
{
    /// <summary>What does not go together.</summary>
    /// <exception cref="CliException">It does not.</exception>
    public static void Check(bool isWeb, int? port, bool isText)
    {
        if (isWeb && isText)
        {
            throw CliException.Usage("--web goes without --json and --once: the page has the frames under frame.json and frames.");
        }

        if (port is not null && !isWeb)
        {
            throw CliException.Usage("--port belongs to --web.");
        }

        if (port is < 1 or > 65535)
        {
            throw CliException.Usage("--port: 1 to 65535.");
        }
    }

    /// <summary>Prints the link, then serves.</summary>
    /// <param name="port">0: one that is free.</param>
    /// <exception cref="CliException">The port is not to be had.</exception>
    public static async Task RunAsync(Terminal terminal, IWatchFeed feed, int port, CancellationToken stop)
    {
        try
        {
            await using var page = await WebPage.StartAsync(feed, new WebOptions { Port = port });
            await terminal.Out.WriteLineAsync($"Open {page.Link}");
            await terminal.Out.WriteLineAsync("Whoever has this link can see the page, on this machine only. Ctrl-C ends it.");
            await terminal.Out.FlushAsync(CancellationToken.None);
            await foreach (var _ in feed.ReadAsync(stop))
            {
                // The page has readers of its own; here only the end counts.
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Ctrl-C
        }
        catch (SocketException e)
        {
            throw CliException.Usage($"--web: port {port} is not to be had ({e.Message}): give another one with --port, or none.");
        }
    }
}
