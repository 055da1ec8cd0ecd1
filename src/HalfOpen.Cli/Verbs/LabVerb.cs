using System.CommandLine;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Lab;
using HalfOpen.Cli.Watch;
using HalfOpen.Linux;
using HalfOpen.Lab;
using HalfOpen.Lab.Programs;
using HalfOpen.Lab.Report;
using HalfOpen.Lab.Runs;
using HalfOpen.Lab.Setup;

namespace HalfOpen.Cli.Verbs;

/// <summary>The freeze and the cure with real TCP, in private network namespaces of this machine.</summary>
internal static class LabVerb
{
    public static VerbCommand Create(Terminal terminal)
    {
        var scenario = new Option<string?>("--scenario")
            { Description = "Only this: freeze (dead peers hold slots), router (dead peers hold a router's entries) or good-host-dies (a "
                + "host with a thousand connections under way falls silent). Default: the first two." };
        scenario.OneOf("freeze", "router", "good-host-dies");
        var seed = new Option<ulong>("--seed") { Description = "Decides which hosts are alive. Default 1.", DefaultValueFactory = _ => 1 }
            .IsSeed();
        var full = new Option<bool>("--full")
            { Description = "All durations as in life: dead peers stay half-open for 21 s. Takes eleven minutes." };
        var giveUp = new Option<bool>("--give-up")
            { Description =
                "Also run fair with silent attempts given up early. Useful with --full only, since it waits 3.5 s before it gives up." };
        var seconds = new Option<double?>("--seconds")
            { Description = "How long pages are counted, 5 to 3600. Default 60, with --full 600." }.Between(5, 3600);
        var speed = new Option<double>("--speed")
            { Description = "How many times shorter than in life durations are, 1 to 20. Default 7.", DefaultValueFactory = _ => 7 }
            .Between(1, 20);
        var svg = new Option<string?>("--svg") { HelpName = "FILE", Description = "Draw the result into this file." };
        var watch = new Option<bool>("--watch")
            { Description = "Also show live what is half-open on each machine, while the freeze and the cure run." };
        var web = new Option<bool>("--web")
            { Description = "Also show all that as pages with curves, on loopback only, while it runs; prints their link. Needs root." };
        var port = new Option<int?>("--port") { HelpName = "N", Description = "With --web: the TCP port. Default: one that is free." }
            .Between(1, 65535);
        var json = CommonOptions.Json();
        var quiet = CommonOptions.Quiet();
        var verb =
            new VerbCommand("lab",
                "See the freeze and the cure on this machine: real programs and TCP in private network namespaces. No internet is "
                + "needed, nothing is left behind.")
        {
            NeedsLinux = true,
            Options = { scenario, seed, full, giveUp, seconds, speed, svg, watch, web, port, json, quiet },
            Examples =
            {
                ("sudo halfopen lab", "everything, in about 90 seconds: a table, measured beside simulated"),
                ("sudo halfopen lab --svg lab.svg --json > lab.json", "the same as a picture and for machines"),
                ("sudo halfopen lab --web", "watch the freeze and the cure live in a browser; the link is printed"),
                ("sudo halfopen lab --scenario freeze --full --give-up", "true durations: eleven minutes"),
            },
        };
        verb.Subcommands.Add(ProgramCommand(terminal));
        verb.Subcommands.Add(RealCommand(terminal));
        verb.Checks(parsed => OutputFile.Check("--svg", parsed.GetValue(svg)));
        verb.Does(async (parsed, cancel) =>
        {
            var isFull = parsed.GetValue(full);
            var times = new LabTimes
            {
                Scale = isFull ? 1 : 1 / parsed.GetValue(speed),
                Measured = TimeSpan.FromSeconds(parsed.GetValue(seconds) ?? (isFull ? 600 : 60)),
                Scanned = TimeSpan.FromSeconds(isFull ? 60 : 12),
            };
            var options = new LabOptions
            {
                Only = parsed.GetValue(scenario) switch
                {
                    "freeze" => LabScenario.Freeze,
                    "router" => LabScenario.Router,
                    "good-host-dies" => LabScenario.GoodHostDies,
                    _ => null,
                },
                Seed = parsed.GetValue(seed),
                GiveUp = parsed.GetValue(giveUp),
                Times = times,
                Watch = parsed.GetValue(watch) || parsed.GetValue(web),
            };
            WebWatch.Check(parsed.GetValue(web), parsed.GetValue(port), tokenFile: null, isText: false);
            var picture = parsed.GetValue(svg);
            if (UserNamespace.IsNeeded)
            {
                if (parsed.GetValue(web))
                {
                    throw CliException.Usage("--web needs root; without, --watch shows the machines in the terminal.");
                }

                return await RunAsUser(terminal, cancel);
            }

            await using var page = parsed.GetValue(web) ? await WebLab.StartAsync(terminal, options, parsed.GetValue(port) ?? 0) : null;
            options = options with { Hubs = page is null ? null : page.Hub };
            using var progress = new LabProgressLine(terminal, parsed.GetValue(quiet));
            var result = await Run(terminal, options, p =>
            {
                page?.Show(p);
                progress.Show(parsed.GetValue(watch) ? p : p with { Frames = [] });
            }, cancel);
            progress.Dispose();
            if (picture is not null)
            {
                WholeFile.Write(picture, LabPicture.Draw(result, Command(parsed)));
            }

            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(LabDocument.Write(result));
            }
            else
            {
                new LabTable(terminal).Print(result);
            }

            return ExitCode.Done;
        });
        return verb;
    }

    private static async Task<LabResult> Run(Terminal terminal, LabOptions options, Action<LabProgress> progress, CancellationToken cancel)
    {
        try
        {
            Requirements.Ensure(what => terminal.Error.WriteLine("halfopen: " + what));
            return await LabSession.Run(options, progress, cancel);
        }
        catch (LabException e)
        {
            throw e.IsMissing ? CliException.Usage(e.Message) : CliException.Refused(e.Message);
        }
        catch (LinuxException e)
        {
            throw NeedsRoot(e);
        }
    }

    /// <summary>As it was typed: the foot of the picture says how it was made.</summary>
    private static string Command(ParseResult parsed) =>
        (Environment.IsPrivilegedProcess ? "sudo " : "") + TypedCommand.Of(parsed.Tokens.Select(t => t.Value).Prepend("halfopen"));

    private static CliException NeedsRoot(LinuxException e) =>
        CliException.Usage($"{e.Message}: the lab needs root (or a kernel that lets users make namespaces); try: sudo halfopen lab");

    /// <summary>Programs that we did not write: aria2 beside curl.</summary>
    private static VerbCommand RealCommand(Terminal terminal)
    {
        var seconds = new Option<double>("--seconds")
            { Description = "How long pages are counted, 10 to 3600. Default 90.", DefaultValueFactory = _ => 90 }.Between(10, 3600);
        var seed = new Option<ulong>("--seed") { Description = "Decides which peers are alive. Default 1.", DefaultValueFactory = _ => 1 }
            .IsSeed();
        var json = CommonOptions.Json();
        var command = new VerbCommand("real",
            "The same with programs that we did not write: aria2 with mostly dead peers beside curl, true durations.")
        {
            NeedsLinux = true,
            Options = { seconds, seed, json },
            Examples =
                { ("sudo halfopen lab real", "aria2 beside curl under each policy, in two minutes; needs the packages aria2 and curl") },
        };
        command.Does(async (parsed, cancel) =>
        {
            try
            {
                Requirements.Ensure(what => terminal.Error.WriteLine("halfopen: " + what), ("aria2c", "aria2"), ("curl", "curl"));
                terminal.Error.WriteLine("aria2 tries peers, curl loads pages ...");
                var results = await RealPrograms.Run(TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                    parsed.GetValue(seed), cancel);
                if (parsed.GetValue(json))
                {
                    terminal.Out.WriteLine(RealDocument.Write(results));
                    return ExitCode.Done;
                }

                terminal.Out.WriteLine(
                    $"{"",-20}{"pages",7}{"p50",10}{"p99",10}{"failed",8}{"peers tried",13}{"found alive",13}"
                    + $"{"half-open",11}{"counted",9}");
                foreach (var r in results)
                {
                    terminal.Out.WriteLine(
                        $"{r.Plan.Name,-20}{r.Pages.Count,7}{LabTable.Seconds(r.Pages.P50),10}{LabTable.Seconds(r.Pages.P99),10}"
                        + $"{r.Pages.Failed,8}{r.PeersTried,13}{r.LivePeers,13}{r.MaxHalfOpen,11}{r.MaxCounted,9}");
                }

                return ExitCode.Done;
            }
            catch (LabException e)
            {
                throw e.IsMissing ? CliException.Usage(e.Message) : CliException.Refused(e.Message);
            }
            catch (LinuxException e)
            {
                throw NeedsRoot(e);
            }
        });
        return command;
    }

    /// <summary>The programs that the lab starts are this program under another verb. Not for people.</summary>
    private static Command ProgramCommand(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var words = new Argument<string[]>("settings") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("program", "One program of the lab.") { Hidden = true };
        command.Arguments.Add(name);
        command.Arguments.Add(words);
        command.SetAction(parsed =>
        {
            try
            {
                return new ProgramHost(terminal.In, terminal.Out).Run(parsed.GetRequiredValue(name), parsed.GetValue(words) ?? []);
            }
            catch (LabException e)
            {
                throw CliException.Usage(e.Message);
            }
        });
        return command;
    }

    private static async Task<int> RunAsUser(Terminal terminal, CancellationToken cancel)
    {
        try
        {
            return await UserNamespace.RunAgain(
                () => terminal.Error.WriteLine(
                    "halfopen: not root: running in a user namespace, without BPF. There the guard learns later which program is "
                    + "which: windows-xp at 10 comes out slower than in life, and so does the first page."),
                cancel);
        }
        catch (LabException e)
        {
            throw CliException.Usage(e.Message);
        }
    }
}
