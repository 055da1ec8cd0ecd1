using System.CommandLine;
using System.Text.Json;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Doctor;
using HalfOpen.Core;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Findings;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.Verbs;

/// <summary>Says what fills which limit, what proves it and what to do. Changes nothing.</summary>
internal static class DoctorVerb
{
    private static readonly TimeSpan LongestWatch = TimeSpan.FromHours(24);

    public static VerbCommand Create(Terminal terminal)
    {
        var path = new Argument<string?>("path")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "What to look at instead of this machine: a Windows that is off (mounted drive, folder, disk image, "
                + "SysEvent.Evt), "
                + "or saved output of ss, netstat or conntrack -L (- for standard input).",
        };
        var watchFor = new Option<TimeSpan?>("--watch-for")
            { HelpName = "DURATION", Description = "How long to watch this machine, as 30s or 2m; default: 10s. 0s: one look. "
                + "Ctrl-C ends it early: the verdict is of what was seen until then." }
            .Between(TimeSpan.Zero, LongestWatch, "0s to 24h");
        var save = new Option<string?>("--save")
            { HelpName = "FILE", Description = "Also write what was seen to a new file, so that somebody else can look at it." };
        var from = new Option<string?>("--from")
            { HelpName = "FILE", Description = "Look at what was saved with --save, on whatever machine." };
        var explain = new Option<string?>("--explain")
            { HelpName = "NAME", Description = "Say what a finding means, how it is found and where it can be wrong; then end." };
        explain.CompletionSources.Add([.. FindingKinds.All.Select(k => k.Name)]);
        var probe = new Option<string[]>("--probe")
        {
            HelpName = "HOST:PORT",
            Description = "Also measure a handshake with this host; may be repeated. Nothing is sent to anybody without it.",
        };
        var router = new Option<int?>("--router-entries")
            { HelpName = "N", Description = "How many connections your router can remember, if you know it (1 to 100000000)." }
            .Between(1, 100_000_000);
        var here = new Option<bool>("--this-namespace")
            { Description = "As root: leave out other network namespaces (containers, services with a network of their own)." };
        var json = CommonOptions.Json();
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print the verdict only, one sentence." };
        var verb = new VerbCommand("doctor", "Find which program fills which limit, what proves it, and what to do. Changes nothing.")
        {
            Arguments = { path },
            Options = { watchFor, here, save, from, probe, router, explain, json, quiet },
            Examples =
            {
                ("halfopen doctor", "ten seconds of this machine: verdict, proof, remedy; exit code 0: healthy, 1: something was found"),
                ("sudo halfopen doctor --watch-for 60s", "sees the programs of all users, and into containers"),
                ("halfopen doctor --probe example.com:443", "also tries a handshake: the only thing that it ever sends"),
                ("halfopen doctor --router-entries 1024", "for a home router that remembers so many connections"),
                ("halfopen doctor --save facts.json", "for a bug report: what was seen, programs and addresses included"),
                ("halfopen doctor --from facts.json", "what somebody else saved"),
                ("halfopen doctor /mnt/xp", "a Windows that is off: its drivers, its registry, its System log"),
                ("halfopen doctor netstat.txt", "the output of ss, netstat (also of Windows) or conntrack -L of another machine"),
                ("halfopen doctor --explain half-open-program", "more about a finding"),
            },
        };
        verb.Checks(parsed =>
        {
            if (parsed.GetValue(explain) is { } name && FindingKinds.Find(name) is null)
            {
                var names = FindingKinds.All.Select(k => k.Name).ToList();
                throw CliException.Usage(
                    $"--explain {StrictValues.Shown(name)} is no finding{Resemblance.Hint(name, names)}; there are "
                    + $"{string.Join(", ", names)}.");
            }

            if (parsed.GetValue(from) is not null && parsed.GetValue(path) is not null)
            {
                throw CliException.Usage("--from and a path are two things to look at: name one of them.");
            }

            Probe.Parse(parsed.GetValue(probe) ?? []);
            FactsFiles.CheckTarget(parsed.GetValue(save));
        });
        verb.Does((parsed, cancellation) => Task.Run(() =>
        {
            if (parsed.GetValue(explain) is { } name && FindingKinds.Find(name) is { } kind)
            {
                OpinionPrinter.Explain(terminal, kind);
                return ExitCode.Done;
            }

            var watch = parsed.GetValue(watchFor) ?? TimeSpan.FromSeconds(10);
            var (saved, other) = (parsed.GetValue(from), parsed.GetValue(path));
            var hosts = Probe.Parse(parsed.GetValue(probe) ?? []);
            var facts = saved is not null ? FactsFiles.Read(terminal, saved)
                : other is not null ? OtherMachine.Look(terminal, other, cancellation)
                : LiveMachine.Look(terminal, watch, !parsed.GetValue(here), parsed.GetValue(quiet), cancellation);
            if (parsed.GetValue(router) is { } entries)
            {
                facts = facts with { Surroundings = (facts.Surroundings ?? new SurroundingsFacts("", false, false)) with
                {
                    RouterEntries = entries,
                } };
            }

            facts = hosts.Count > 0 ? facts with { Probes = Probe.Run(hosts, cancellation) } : facts;
            if (parsed.GetValue(save) is { } target)
            {
                FactsFiles.Write(target, facts);
            }

            var opinion = Examiner.Examine(facts);
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(PlainJson.Of(JsonSerializer.Serialize(OpinionDocument.Of(facts, opinion),
                    OpinionJsonContext.Readable.OpinionDocument)));
            }
            else
            {
                new OpinionPrinter(terminal, parsed.GetValue(quiet)).Print(facts, opinion);
            }

            return opinion.IsHealthy ? ExitCode.Done : ExitCode.FoundOrRefused;
        }, CancellationToken.None));
        return verb;
    }
}
