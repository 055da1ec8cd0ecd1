using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Simulate;
using HalfOpen.Core;
using HalfOpen.Simulation.Checking;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Plots;
using HalfOpen.Simulation.Results;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Traces;

namespace HalfOpen.Cli.Verbs;

/// <summary>The freeze, and what policies and limits do about it, in virtual time: no network is touched.</summary>
internal static class SimulateVerb
{
    public static VerbCommand Create(Terminal terminal, PolicyTable policies)
    {
        var options = new SimulateOptions(policies);
        var verb = new VerbCommand("simulate",
            "Simulate programs, dead peers and limits in virtual time: which limit should I set, and what does it cost?")
        {
            Examples =
            {
                ("halfopen simulate", "the freeze: policies and limits side by side"),
                ("halfopen simulate --scenario freeze --policy fair --limit 10 --seed 7 --json", "one run, for machines"),
                ("halfopen simulate --scenario nat --seeds 20", "a router's table fills; twenty seeds"),
                ("halfopen simulate --scenario my.json --policy fair --limit 10:400 --plot limit.svg", "which limit should I set?"),
                ("halfopen simulate --scenario outbreak --hosts 1000000", "how the limit slows a worm through a population"),
                ("halfopen simulate --policy windows-xp --limit 10 --timeline freeze.svg", "a picture: who holds which slot when"),
                ("halfopen simulate --policy fair --limit 10 --assert 'page.p99 <= 0.5s'", "for CI: exit code 1 if it is not so"),
                ("halfopen simulate --show freeze > my.json", "begin a scenario of your own"),
            },
        };
        foreach (var option in options.All)
        {
            verb.Options.Add(option);
        }

        verb.Checks(parsed => Check(options, parsed));
        verb.Does(async (parsed, cancel) => parsed.GetValue(options.Replay) is { } replay
            ? await ReplayAsync(terminal, options, parsed, replay, cancel)
            : Run(terminal, options, parsed, cancel));
        return verb;
    }

    private static void Check(SimulateOptions options, ParseResult parsed)
    {
        if (parsed.GetValue(options.Replay) is { } file)
        {
            var requests = options.Requests(parsed, ShippedScenarios.Find("freeze")!, out _);
            _ = !File.Exists(file) ? throw CliException.Usage($"--replay {StrictValues.Shown(file)}: there is no such file.")
                : requests.Count != 1 ? throw CliException.Usage("--replay drives one policy: name it with --policy and --limit.") : 0;
        }
        else if (parsed.GetValue(options.Show) is { } show)
        {
            _ = show != "schema" && ShippedScenarios.Json(show) is null
                ? throw CliException.Usage($"--show {StrictValues.Shown(show)} is no shipped scenario"
                    + $"{Resemblance.Hint(show, ShippedScenarios.Names)}; there are {string.Join(", ", ShippedScenarios.Names)} and "
                    + "schema.")
                : 0;
        }
        else if (!parsed.GetValue(options.List))
        {
            _ = new Assertions(parsed.GetValue(options.Assert) ?? []);
            var scenario = options.ReadScenario(parsed);
            CheckOutputs(parsed, options, scenario, options.Requests(parsed, scenario, out _));
        }
    }

    private static int Run(Terminal terminal, SimulateOptions options, ParseResult parsed, CancellationToken cancel)
    {
        if (parsed.GetValue(options.List))
        {
            return ListScenarios(terminal, parsed.GetValue(options.Json));
        }

        if (parsed.GetValue(options.Show) is { } show)
        {
            terminal.Out.Write(show == "schema" ? ShippedScenarios.SchemaJson(options.Policies)
                : ShippedScenarios.Json(show));
            return ExitCode.Done;
        }

        var scenario = options.ReadScenario(parsed);
        var requests = options.Requests(parsed, scenario, out var seeds);
        var assertions = new Assertions(parsed.GetValue(options.Assert) ?? []);
        try
        {
            var clock = Stopwatch.StartNew();
            var results = Make(terminal, options, parsed, scenario, requests, cancel);
            var summaries = Summary.Of(results);
            var checks = assertions.On(scenario.Name, summaries);
            Print(terminal, options, parsed, scenario, seeds, results, summaries, checks);
            if (parsed.GetValue(options.Stats))
            {
                var events = results.Sum(r => r.Events);
                using var self = Process.GetCurrentProcess();
                var cpu = self.TotalProcessorTime.TotalSeconds;
                terminal.Error.WriteLine(
                    $"{results.Count} runs, {events:#,0} events in {clock.Elapsed.TotalSeconds:0.00} s: "
                    + $"{events / clock.Elapsed.TotalSeconds:#,0} events/s; {events / cpu:#,0} a second of processor time, start-up "
                    + $"included; peak memory {self.PeakWorkingSet64 / 1_048_576:#,0} MiB");
            }

            return Assertions.Report(terminal, checks);
        }
        catch (CheckFailedException e)
        {
            throw Failed(terminal, e,
                $"this is a bug: report it with the scenario {parsed.GetValue(options.Scenario)} and the policy, limit and seed above");
        }
    }

    private static CliException Failed(Terminal terminal, CheckFailedException e, string advice)
    {
        foreach (var line in e.Trace.TakeLast(20))
        {
            terminal.Error.WriteLine("  " + line);
        }

        return CliException.Refused($"{e.Message} ({advice})");
    }

    private static async Task<int> ReplayAsync(Terminal terminal, SimulateOptions options, ParseResult parsed, string file,
        CancellationToken cancel)
    {
        var requests = options.Requests(parsed, ShippedScenarios.Find("freeze")!, out _);
        try
        {
            using var reader = new StreamReader(file);
            var result = await TraceReplay.RunAsync(reader, file, requests[0], cancel);
            if (parsed.GetValue(options.Json))
            {
                var document = new TraceDocument(requests[0].PolicyName, requests[0].Limit, result.Lines,
                    Rounded.ToThousandths(result.Seconds), result.Submitted, result.Started, result.MaxCounted, result.MaxWaiting);
                terminal.Out.WriteLine(JsonSerializer.Serialize(document, VerbJsonContext.Readable.TraceDocument));
                return ExitCode.Done;
            }

            terminal.Out.WriteLine(
                $"{result.Lines} lines, {result.Seconds:0.###} s: {result.Submitted} attempts, {result.Started} started, at most "
                + $"{result.MaxCounted} counted and {result.MaxWaiting} waiting; every check held.");
            return ExitCode.Done;
        }
        catch (ScenarioException e)
        {
            throw CliException.Usage(e.Message);
        }
        catch (CheckFailedException e)
        {
            throw Failed(terminal, e, "replayed from " + file);
        }
    }

    private static IReadOnlyList<RunResult> Make(
        Terminal terminal, SimulateOptions options, ParseResult parsed, Scenario scenario, List<RunRequest> requests,
            CancellationToken cancel)
    {
        if (parsed.GetValue(options.Timeline) is { } timeline)
        {
            WholeFile.Write(timeline,
                Experiment.Timeline(scenario, requests[0], parsed.GetValue(options.TimelineSeconds), Command(parsed), cancel));
        }

        if (parsed.GetValue(options.Record) is { } record)
        {
            using var file = new WholeFile(record);
            var result = Experiment.RunRecorded(scenario, requests[0], file.Stream, out var incomplete, cancel);
            file.Keep();
            if (incomplete is not null)
            {
                terminal.Error.WriteLine($"halfopen: {record} leaves out {incomplete}, which the replay format has no word for.");
            }

            return [result];
        }

        using var bar = new ProgressBar(terminal, !parsed.GetValue(options.Quiet));
        return Experiment.Run(scenario, requests, parsed.GetValue(options.Parallel), bar.Report, cancel);
    }

    private static void Print(Terminal terminal, SimulateOptions options, ParseResult parsed, Scenario scenario, List<ulong> seeds,
        IReadOnlyList<RunResult> results, IReadOnlyList<Summary> summaries, IReadOnlyList<(Assertion Assertion, Summary Row)> checks)
    {
        var seedText = seeds.Count == 1 ? $"seed {seeds[0]}" : $"seeds {seeds[0]} to {seeds[^1]}";
        if (parsed.GetValue(options.Plot) is { } plot)
        {
            WholeFile.Write(plot, scenario.Outbreak is null
                ? ScenarioPlots.Sweep(scenario, summaries, seedText, Command(parsed))
                : ScenarioPlots.Outbreak(scenario, results, seedText, Command(parsed)));
        }

        if (parsed.GetValue(options.Json))
        {
            terminal.Out.WriteLine(SimulateDocument.Write(scenario.Name, seeds, results, checks));
            return;
        }

        if (parsed.GetValue(options.Csv))
        {
            terminal.Out.Write(SimulateCsv.Write(scenario.Name, results));
            return;
        }

        if (!parsed.GetValue(options.Quiet))
        {
            terminal.Out.WriteLine($"{terminal.Bold(scenario.Name)}: {scenario.Title}");
            terminal.Out.WriteLine(scenario.Outbreak is { } o
                ? $"{o.Hosts:#,0} hosts, each infected one tries {o.ScanPerSecond:0.##} addresses a second, {seedText}."
                : $"{scenario.DurationSeconds:0} virtual seconds, {seedText}; live/min: hosts that answered the P2P program or crawler.");
            terminal.Out.WriteLine();
        }

        terminal.Out.Write(ResultTable.Text(ResultTable.Rows(scenario, summaries)));
        if (!parsed.GetValue(options.Quiet))
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine(ClosingSentence.Of(scenario, summaries));
        }
    }

    /// <summary>As it was typed: the foot of a picture says how it was made.</summary>
    private static string Command(ParseResult parsed) => TypedCommand.Of(parsed.Tokens.Select(t => t.Value).Prepend("halfopen"));

    private static void CheckOutputs(ParseResult parsed, SimulateOptions options, Scenario scenario, List<RunRequest> requests)
    {
        if (parsed.GetValue(options.Record) is not null && (requests.Count != 1 || scenario.Outbreak is not null))
        {
            throw CliException.Usage(
                $"--record is for one run of one machine, and this makes {requests.Count}: name one --policy, one --limit and one --seed.");
        }

        if (parsed.GetValue(options.Timeline) is not null && (requests.Count != 1 || scenario.Outbreak is not null))
        {
            throw CliException.Usage(
                $"--timeline draws one run of one machine, and this makes {requests.Count}: name one --policy, one --limit and one "
                + $"--seed.");
        }

        foreach (var option in new[] { options.Plot, options.Record, options.Timeline })
        {
            OutputFile.Check(option.Name, parsed.GetValue(option));
        }
    }

    private static int ListScenarios(Terminal terminal, bool isJson)
    {
        if (isJson)
        {
            var all = new ScenariosDocument(
                [.. ShippedScenarios.Names.Select(n => new ScenarioDocument(n, ShippedScenarios.Find(n)!.Title))]);
            terminal.Out.WriteLine(JsonSerializer.Serialize(all, VerbJsonContext.Readable.ScenariosDocument));
            return ExitCode.Done;
        }

        var width = ShippedScenarios.Names.Max(n => n.Length) + 2;
        foreach (var name in ShippedScenarios.Names)
        {
            terminal.Out.WriteLine($"{terminal.Bold(name.PadRight(width))}{ShippedScenarios.Find(name)!.Title}");
        }

        return ExitCode.Done;
    }
}
