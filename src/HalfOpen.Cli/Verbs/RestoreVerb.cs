using System.CommandLine;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Drivers;
using HalfOpen.Windows.Lifting;

namespace HalfOpen.Cli.Verbs;

/// <summary>Gives back the originals that <c>patch</c> kept, byte for byte, and removes its backups.</summary>
internal static class RestoreVerb
{
    public static VerbCommand Create(Terminal terminal)
    {
        var path = DriverPaths.Argument();
        var recurse = DriverPaths.Recurse();
        var force = new Option<bool>("--force")
            { Description = "Put the backup also over a file that somebody else changed since. A damaged backup is never used." };
        var downgrade = new Option<bool>("--downgrade")
            { Description = "With --force: also when the backup is of an older version than the file that stands there now." };
        var backup = DriverPaths.Backup();
        var (dryRun, yes, json, quiet) = (CommonOptions.DryRun(), CommonOptions.Yes(), CommonOptions.Json(), CommonOptions.Quiet());
        var verb =
            new VerbCommand("restore", "Give back the original Windows drivers that 'patch' changed, byte for byte. All copies or none.")
        {
            TakesBack = true,
            Arguments = { path },
            Options = { force, downgrade, dryRun, yes, recurse, backup, json, quiet },
            Examples =
            {
                ("halfopen restore /mnt/xp", "all copies of this Windows go back; their backups go away"),
                ("halfopen restore xp.vdi", "the drivers inside a disk image; the journal beside it goes away"),
                ("halfopen restore /mnt/xp --dry-run", "only say what would be done"),
                ("halfopen restore tcpip.sys --yes",
                    "one file, from a script; exit code 1: there is no backup, or somebody else changed the file"),
            },
        };
        verb.Does((parsed, cancellation) => Task.Run(() =>
        {
            var isDryRun = parsed.GetValue(dryRun);
            var document = new OneDocument<RestoreDocument>(terminal, parsed.GetValue(json), DriversJsonContext.Readable.RestoreDocument)
            {
                OfFailure = problem => new RestoreDocument(isDryRun, Refused: true, Written: false, [], problem),
            };
            return document.During(() => Execute(
                terminal,
                document,
                parsed.GetRequiredValue(path),
                parsed.GetValue(backup),
                parsed.GetValue(recurse),
                parsed.GetValue(force),
                parsed.GetValue(downgrade),
                isDryRun,
                parsed.GetValue(yes),
                parsed.GetValue(json),
                parsed.GetValue(quiet),
                cancellation));
        }, cancellation));
        return verb;
    }

    private static int Execute(
        Terminal terminal, OneDocument<RestoreDocument> document, string path, string? backup, bool recurse, bool force, bool downgrade,
            bool dryRun, bool yes, bool json, bool quiet, CancellationToken cancellation)
    {
        using var place = DriverPlace.Open(path, backup);
        place.CheckJournal();
        place.CheckStale(force);
        var store = place.Store;
        var inspector = new Inspector(store);
        var unit = RestoreUnit.Plan(store, place.Find(terminal, recurse, quiet, cancellation).Select(inspector.Inspect), force, downgrade);
        if (!json)
        {
            var printer = new PatchPrinter(terminal);
            foreach (var item in unit.Items)
            {
                printer.Print(item);
            }
        }

        document.OfFailure = problem => RestoreDocument.Of(unit, dryRun, written: false, problem);
        var count = unit.Work.Count();
        if (unit.IsRefused || count == 0)
        {
            if (!unit.IsRefused && !dryRun)
            {
                unit.Apply(cancellation); // nothing to give back; sweeps what an interrupted run left
            }

            throw CliException.Refused(
                unit.Items.FirstOrDefault(i => i.Action == RestoreAction.Refuse) is { } refused
                    ? $"nothing is written: {DriverPaths.Shown(refused.Driver.Path)}: {Refusals.Reason(refused)}"
                : unit.Items.Count == 0 ? place.NothingFound(recurse)
                : $"no backup of ours in {DriverPaths.Shown(path)}: there is nothing to give back.");
        }

        if (dryRun)
        {
            document.Print(RestoreDocument.Of(unit, dryRun, written: false));
            if (!json)
            {
                terminal.Out.WriteLine($"Dry run: {Consent.Files(count)} would be restored; nothing was.");
            }

            return ExitCode.Done;
        }

        DriverPaths.WarnOfLiveWindows(terminal, inspector);
        Consent.Obtain(terminal, yes, $"Restore {Consent.Files(count)}{VersionsText(unit)}?", cancellation);
        using (var bar = new ProgressBar(terminal, !quiet))
        {
            unit.Apply(cancellation, bar.Report);
        }

        document.Print(RestoreDocument.Of(unit, dryRun, written: true));
        if (!json)
        {
            terminal.Out.WriteLine(terminal.Good("Done: ") + Consent.Files(count)
                + " as before the first patch; the backups are gone. Takes effect when Windows next starts.");
        }

        return ExitCode.Done;
    }

    /// <summary>Another version than the one that stands there is named before it is asked for.</summary>
    private static string VersionsText(RestoreUnit unit)
    {
        var changes = unit.Work.Select(PatchPrinter.Versions).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return changes.Count == 0 ? "" : $" (another version: {string.Join(", ", changes)})";
    }
}
