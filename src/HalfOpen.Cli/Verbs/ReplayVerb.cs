using System.CommandLine;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Replay;
using HalfOpen.Core;
using HalfOpen.Hosting.Replay;

namespace HalfOpen.Cli.Verbs;

/// <summary>Plays a file of events through the engine: for bug reports, tests and for comparing policies.</summary>
internal static class ReplayVerb
{
    private const string GiveUp = "give-up";

    public static VerbCommand Create(Terminal terminal, PolicyTable policies)
    {
        var file = new Argument<string?>("file")
            { Description = "Events as JSON Lines. Default, and -: standard input.", Arity = ArgumentArity.ZeroOrOne };
        var policy = new Option<string>("--policy")
            { Description = $"The rule that decides: {OptionText.AnyOf(policies.Names)}; with options as fair+give-up.",
                DefaultValueFactory = _ => policies.Default.Name };
        policy.CompletionSources.Add(_ => Completer.Policies(policies));
        var limit = new Option<int>("--limit") { Description = "Slots, 1 to 1000000. For none: --policy unlimited.",
            DefaultValueFactory = _ => 10 }
            .Between(1, 1_000_000);
        var maxQueued = new Option<int>("--max-queued")
            { Description = "Longest backlog, 0 or more; what comes on top is rejected.", DefaultValueFactory = _ => 1 << 20 }
            .Between(0, int.MaxValue);
        var giveUp = new Option<bool>("--give-up")
            { Description = $"{policies.WhoHas(GiveUp)} only: give silent attempts up early; adds \"givenUp\" to each line." };
        var json = new Option<bool>(CommonOptions.JsonName)
            { Description = "What is printed is JSON Lines in any case; with this, a failure is one line of them, too." };
        var verb = new VerbCommand("replay", "Play a file of events through the engine and print what it decides.")
        {
            Arguments = { file },
            Options = { policy, limit, maxQueued, giveUp, json },
            Examples =
            {
                ("halfopen replay --policy windows-xp --limit 10 trace.jsonl",
                    "one line of decisions for each event, as Windows XP SP2 would decide"),
                ("halfopen replay --policy fair --limit 10 trace.jsonl", "the same events under our policy"),
                ("echo '{\"t\":0,\"submit\":1,\"program\":\"firefox\",\"destination\":\"10.0.0.1:443\"}' | halfopen replay",
                    "from a pipe, answered line by line"),
            },
        };
        EngineOptions Read(ParseResult parsed) => Options(policies, parsed.GetRequiredValue(policy), parsed.GetRequiredValue(limit),
            parsed.GetRequiredValue(maxQueued), parsed.GetValue(giveUp));
        verb.Checks(parsed => Read(parsed));
        verb.Does(async (parsed, cancellation) =>
        {
            var options = Read(parsed);
            var session = new ReplaySession(options, reportGiveUp: options.Policy.Settings.ContainsKey(GiveUp));
            if (parsed.GetValue(file) is not { } path || path == "-")
            {
                await RunAsync(terminal, terminal.In, null, session, cancellation);
                return ExitCode.Done;
            }

            using var reader = Open(path);
            await RunAsync(terminal, reader, path, session, cancellation);
            return ExitCode.Done;
        });
        return verb;
    }

    private static EngineOptions Options(PolicyTable policies, string name, int limit, int maxQueued, bool giveUp)
    {
        if (!policies.TryParse(name, out var policy, out var problem))
        {
            throw CliException.Usage($"--policy: {problem}");
        }

        if (giveUp)
        {
            policy = policy.Row.Find(GiveUp)?.Set(policy, OptionText.Yes)
                ?? throw CliException.Usage($"--give-up is an option of --policy {policies.WhoHas(GiveUp)}; {policy.Name} never gives up");
        }

        return new EngineOptions { Limit = limit, MaxQueued = maxQueued, Policy = policy };
    }

    private static StreamReader Open(string path)
    {
        if (path.Length == 0)
        {
            throw CliException.Usage("the name of the file is empty: name one, or - for standard input.");
        }

        try
        {
            return new StreamReader(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliException.Usage($"cannot read {StrictValues.Shown(path)}: {e.Message}");
        }
    }

    private static async Task RunAsync(Terminal terminal, TextReader input, string? name, ReplaySession session,
        CancellationToken cancellation)
    {
        var lines = new ReplayLines(input, name);
        try
        {
            while (await lines.NextAsync(cancellation) is { } happened)
            {
                await terminal.Out.WriteLineAsync(Apply(session, happened, lines));
                await terminal.Out.FlushAsync(cancellation);
            }
        }
        catch (ReplayFormatException e)
        {
            throw CliException.Usage(e.Message);
        }
    }

    private static string Apply(ReplaySession session, in ReplayEvent happened, ReplayLines lines)
    {
        try
        {
            return session.Apply(happened);
        }
        catch (ReplayFormatException e)
        {
            throw lines.Wrong(lines.Number, e);
        }
    }
}
