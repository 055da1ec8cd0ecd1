using System.CommandLine;
using System.Text.Json;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Guard;
using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Rules;
using HalfOpen.Guard.Service;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.Verbs;

/// <summary>Governs this machine's half-open connections until it is stopped.</summary>
internal static class GuardVerb
{
    public static VerbCommand Create(Terminal terminal, PolicyTable policies)
    {
        var flags = new GuardCommandLine(policies);
        var verb = new VerbCommand("guard",
            "Govern the half-open connections of this Linux machine: share the slots, so that no program's dead peers freeze the others.")
        {
            NeedsLinux = true,
            Examples =
            {
                ("sudo halfopen guard --limit 100", "in the foreground, with a live line; Ctrl-C ends it and leaves no trace"),
                ("sudo halfopen guard --limit 10 --policy windows-xp", "feel what Windows XP SP2 did"),
                ("sudo halfopen guard --router --limit 400 --nat-budget 2000", "on a gateway: forwarded traffic, by source address"),
                ("sudo halfopen guard --exempt user:backup --exempt port:22", "leave some attempts alone"),
                ("sudo halfopen guard --metrics 127.0.0.1:9226", "for Prometheus"),
                ("halfopen guard --dry-run --router", "the rules it would set, and take away; nothing is changed"),
                ("sudo halfopen guard --dry-run --script removal > remove.sh", "one of the two as a script of its own"),
                ("halfopen guard --show-config > guard.conf", "begin a configuration of your own"),
            },
        };
        flags.AddTo(verb);

        verb.Checks(parsed =>
        {
            try
            {
                _ = parsed.GetValue(flags.ShowConfig) ? null : flags.Read(parsed);
            }
            catch (GuardException e)
            {
                throw CliException.Usage(e.Message + ".");
            }
        });

        // Not asynchronous: signals are the guard's own, so that everything held is let go before the process ends.
        verb.Does(parsed => Run(terminal, flags, parsed));
        return verb;
    }

    private static int Run(Terminal terminal, GuardCommandLine flags, ParseResult parsed)
    {
        if (parsed.GetValue(flags.ShowConfig))
        {
            terminal.Out.Write(parsed.GetValue(flags.Json)
                ? JsonSerializer.Serialize(new TextDocument("guard.conf", flags.Template), VerbJsonContext.Readable.TextDocument) + "\n"
                : flags.Template);
            return ExitCode.Done;
        }

        if (parsed.GetValue(flags.Script) is not null && !parsed.GetValue(flags.DryRun))
        {
            throw CliException.Usage("--script is for --dry-run: add it, or leave --script out.");
        }

        try
        {
            var settings = flags.Read(parsed);
            if (parsed.GetValue(flags.DryRun))
            {
                foreach (var line in settings.Warnings())
                {
                    terminal.Error.WriteLine($"halfopen: warning: {PlainText.Of(line)}.");
                }

                return DryRun(terminal, flags, parsed, settings.Options);
            }
        }
        catch (GuardException e)
        {
            throw CliException.Usage(e.Message + ".");
        }

        if (!Environment.IsPrivilegedProcess)
        {
            throw CliException.Usage("the guard needs root to hold connections back: run it again with sudo.");
        }

        var underJournal = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };
        var log = new GuardLog(terminal.Error, underJournal, TimeProvider.System);
        var report = new GuardReport(terminal, log, parsed.GetValue(flags.Json), parsed.GetValue(flags.Quiet));
        try
        {
            using var process = new GuardProcess(() => flags.Read(parsed), log, report);
            var end = process.Run();
            switch (end.Reason)
            {
                case GuardEndReason.Failed:
                    throw CliException.Refused(end.Problem + ".");
                case GuardEndReason.Hung:
                    log.Error(end.Problem);
                    return ExitCode.FoundOrRefused;
                default:
                    report.Ended(end.Status ?? process.Snapshot());
                    return ExitCode.Done;
            }
        }
        catch (GuardException e)
        {
            throw CliException.Refused(e.Message + ".");
        }
    }

    /// <summary>
    /// Two scripts: on their own they run with sh; the words about them are comments, or on standard error.
    /// </summary>
    private static int DryRun(Terminal terminal, GuardCommandLine flags, ParseResult parsed, GuardOptions options)
    {
        // Which answers are needed depends on whether BPF can be had; what is shown is the case that it can.
        var needs = new RuleNeeds(options.Outcomes == OutcomeChoice.Nflog, options.Forwarded);
        var isRoot = Environment.IsPrivilegedProcess;
        var where = "or the same with iptables where nf_tables cannot queue: only root can find out";
        var plan = isRoot ? GuardRules.Preview(options, needs, out where) : RulePlanner.Plan(options, needs, RuleBackend.Nft);
        var document = GuardPlanDocument.Of(plan, isRoot);
        if (parsed.GetValue(flags.Json))
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(document, VerbJsonContext.Readable.GuardPlanDocument));
            return ExitCode.Done;
        }

        if (!parsed.GetValue(flags.Quiet))
        {
            terminal.Error.WriteLine($"halfopen guard would do this ({where}):");
        }

        terminal.Out.Write(parsed.GetValue(flags.Script) switch
        {
            "set-up" => document.SetUp,
            "removal" => document.Removal,
            _ => document.SetUp + "\n" + document.Removal,
        });
        return ExitCode.Done;
    }
}
