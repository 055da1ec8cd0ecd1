using System.CommandLine;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Watch;
using HalfOpen.Watch.Collecting;

namespace HalfOpen.Cli.Verbs;

/// <summary>Shows live which programs connect, what becomes of it and who waits. Changes nothing.</summary>
internal static class WatchVerb
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);
    private static readonly TimeSpan ShortestEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestEvery = TimeSpan.FromHours(1);

    public static VerbCommand Create(Terminal terminal)
    {
        var once = new Option<bool>("--once")
            { Description = "Look once, print it as text and end. So it is also where the output is no terminal." };
        var duration = new Option<TimeSpan?>("--for")
            { HelpName = "DURATION", Description = "End after so long, as 5s or 2m; with --once: how long to look, default 2s." }
            .Between(TimeSpan.Zero, Longest, "0s to 24h");
        var every = new Option<TimeSpan?>("--every")
            { HelpName = "DURATION", Description = "From one picture to the next, 0.1s to 1h. Default 1s." }
            .Between(ShortestEvery, LongestEvery, "0.1s to 1h");
        var json = new Option<bool>("--json")
            { Description = "One JSON document a line for each picture (docs/schemas/watch.md); with --once: one in all." };
        var sample = new Option<bool>("--sample")
            { Description = "Look at the kernel's list from time to time, also where each attempt could be seen." };
        var loopback = new Option<bool>("--loopback") { Description = "Also connections within this machine." };
        var socket = StatusVerb.GuardSocket();
        var web = new Option<bool>("--web")
            { Description = "As a page with curves over time, on loopback only; prints its link, which nobody can guess." };
        var port = new Option<int?>("--port") { HelpName = "N", Description = "With --web: the TCP port. Default: one that is free." }
            .Between(1, 65_535);
        var tokenFile = new Option<string?>("--token-file")
            { HelpName = "FILE", Description = "With --web and --port: the same link at each start. The secret in it is kept in this file, "
                + "for its owner only; it is made when it is not there." };
        var verb = new VerbCommand("watch", "Watch live which programs connect, who does not answer them, and who waits. Changes nothing.")
        {
            NeedsLinux = true,
            Options = { once, duration, every, json, sample, loopback, socket, web, port, tokenFile },
            Examples =
            {
                ("sudo halfopen watch", "full screen, like top; h shows the keys, q ends"),
                ("halfopen watch", "without root: samples, and other users' programs by user only"),
                ("sudo halfopen watch --web", "the same as a page for a browser on this machine"),
                ("sudo halfopen watch --web --port 8010 --token-file /root/watch.token", "the same link whenever it is started again"),
                ("sudo halfopen watch --once --for 10s", "look for ten seconds, then print it as text"),
                ("sudo halfopen watch --json --every 5s >> watch.jsonl", "a line every five seconds until Ctrl-C"),
                ("sudo ip netns exec NAME halfopen watch", "another network namespace"),
            },
        };
        verb.Checks(parsed =>
        {
            WebWatch.Check(parsed.GetValue(web), parsed.GetValue(port), parsed.GetValue(tokenFile),
                parsed.GetValue(json) || parsed.GetValue(once));
            if (parsed.GetValue(socket) is { } path && !File.Exists(path))
            {
                throw CliException.Usage(
                    $"--socket {StrictValues.Shown(path)}: there is no control socket of a guard; without --socket it is looked for.");
            }
        });
        verb.Does(async (parsed, cancel) =>
        {
            var isJson = parsed.GetValue(json);
            var isWeb = parsed.GetValue(web);
            var isOnce = parsed.GetValue(once) || (!isJson && !isWeb && !IsScreen(terminal));
            var period = parsed.GetValue(every) ?? TimeSpan.FromSeconds(1);
            var length = parsed.GetValue(duration) ?? (isOnce ? TimeSpan.FromSeconds(2) : null);
            var options = new WatchOptions
            {
                Every = period,
                For = length,
                OnlyLast = isOnce,
                Samples = parsed.GetValue(sample),
                WithLoopback = parsed.GetValue(loopback),
                GuardSocket = parsed.GetValue(socket),
            };
            var page = isWeb ? WebWatch.Options(parsed.GetValue(port), parsed.GetValue(tokenFile)) : null;
            await WatchRun.RunAsync(options, async (feed, stop) =>
            {
                if (isOnce && await WatchRun.LastAsync(feed) is { } frame)
                {
                    if (isJson)
                    {
                        WatchRun.PrintJson(terminal, frame);
                    }
                    else
                    {
                        WatchReport.Print(terminal, frame);
                    }
                }
                else if (isJson)
                {
                    await WatchRun.PrintJsonAsync(terminal, feed);
                }
                else if (page is not null)
                {
                    await WebWatch.RunAsync(terminal, feed, page, stop);
                }
                else if (!isOnce)
                {
                    await WatchScreen.RunAsync(terminal, feed, stop);
                }
            }, cancel);
            return ExitCode.Done; // Ctrl-C is how it ends
        });
        return verb;
    }

    private static bool IsScreen(Terminal terminal) =>
        terminal.IsInteractive && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb";
}
