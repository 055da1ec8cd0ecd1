using System.Net.Sockets;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Hosting;
using HalfOpen.Linux;
using HalfOpen.Watch.Feed;
using HalfOpen.Web;

namespace HalfOpen.Cli.Watch;

/// <summary>A watch as a page on loopback, until it ends or is ended.</summary>
internal static class WebWatch
{
    /// <summary>What does not go together.</summary>
    /// <exception cref="CliException">It does not.</exception>
    public static void Check(bool isWeb, int? port, string? tokenFile, bool isText)
    {
        if (isWeb && isText)
        {
            throw CliException.Usage("--web goes without --json and --once: the page has the frames under frame.json and frames.");
        }

        if (port is not null && !isWeb)
        {
            throw CliException.Usage("--port belongs to --web.");
        }

        if (tokenFile is not null && port is null)
        {
            throw CliException.Usage("--token-file keeps the link with --web and a --port, which is a part of the link.");
        }
    }

    /// <summary>Where the page is served, and what its link contains.</summary>
    /// <param name="port">Null: one that is free.</param>
    /// <param name="tokenFile">Holds the token from one start to the next; null: a new one each time.</param>
    /// <exception cref="CliException">The file is not to be trusted, or not to be had.</exception>
    public static WebOptions Options(int? port, string? tokenFile)
    {
        var options = new WebOptions { Port = port ?? 0 };
        if (tokenFile is null)
        {
            return options;
        }

        try
        {
            return WebToken.TryParse(SecretFile.ReadOrCreate(tokenFile, options.Token.Reveal()), out var token)
                ? options with { Token = token }
                : throw CliException.Usage($"--token-file: {PlainText.Of(tokenFile)} holds no token of a page: "
                    + "name another file, and it is made.");
        }
        catch (LinuxException e)
        {
            throw CliException.Usage($"--token-file: {PlainText.Of(e.Message)}.");
        }
    }

    /// <summary>Prints the link, then serves.</summary>
    /// <exception cref="CliException">The port is not to be had.</exception>
    public static async Task RunAsync(Terminal terminal, IWatchFeed feed, WebOptions options, CancellationToken stop)
    {
        try
        {
            await using var page = await WebPage.StartAsync(feed, options);
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
            throw CliException.Usage($"--web: port {options.Port} is not to be had ({e.Message}): give another one with --port, or none.");
        }
    }
}
