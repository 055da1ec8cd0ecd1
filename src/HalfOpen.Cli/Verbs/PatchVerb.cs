using System.CommandLine;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Drivers;
using HalfOpen.Core;
using HalfOpen.Driver;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Media;

namespace HalfOpen.Cli.Verbs;

/// <summary>Sets the limit in every copy of the driver that Windows keeps: all or none, with a way back.</summary>
internal static class PatchVerb
{
    private const uint DefaultLimit = 100;

    public static VerbCommand Create(Terminal terminal)
    {
        var path = DriverPaths.Argument();
        var limit = new Option<string>("--limit", "-l")
            { Description = "The new limit, 1 to 2147483647.", HelpName = "N", DefaultValueFactory = _ => "100" };
        var output = new Option<string?>("--output", "-o")
        {
            Description = "Write the patched driver, or the image of a CD with it, here and leave the input alone (must not exist). "
                + "A name like TCPIP.SY_ is packed.",
            HelpName = "FILE",
        };
        var allowBadChecksum = new Option<bool>("--allow-bad-checksum")
            { Description = "Patch although the stored checksum does not match the file, and put it right." };
        var force = new Option<bool>("--force")
        {
            Description = "With --allow-bad-checksum: vouch for the other bytes of a driver that no original on record and no backup "
                + "explains.",
        };
        var recurse = DriverPaths.Recurse();
        var backup = DriverPaths.Backup();
        var (dryRun, yes, json, quiet) = (CommonOptions.DryRun(), CommonOptions.Yes(), CommonOptions.Json(), CommonOptions.Quiet());
        var verb = new VerbCommand("patch",
            "Set the half-open limit in a Windows XP or Server 2003 driver. All copies or none; 'restore' goes back.")
        {
            TakesBack = true,
            Arguments = { path },
            Options = { limit, output, dryRun, yes, allowBadChecksum, force, recurse, backup, json, quiet },
            Examples =
            {
                ("halfopen patch /mnt/xp --dry-run", "show every byte that would change; write nothing"),
                ("halfopen patch /mnt/xp", "limit 100 in all copies that this Windows keeps, with a backup beside each"),
                ("halfopen patch xp.qcow2", "the same inside a disk image, in place, with a journal beside it as the way back"),
                ("halfopen patch xp.iso --output xp-100.iso", "a new image of an installation CD; the old one is untouched"),
                ("halfopen patch tcpip.sys --limit 500 --output patched.sys", "a patched copy; the input is untouched"),
            },
        };
        verb.Checks(parsed => ParseLimit(parsed.GetValue(limit)));
        verb.Does((parsed, cancellation) => Task.Run(() =>
        {
            var number = ParseLimit(parsed.GetValue(limit));
            var (file, isDryRun, isJson) = (parsed.GetValue(output), parsed.GetValue(dryRun), parsed.GetValue(json));
            var document = new OneDocument<PatchDocument>(terminal, isJson, DriversJsonContext.Readable.PatchDocument)
            {
                OfFailure = problem =>
                    new PatchDocument(number, isDryRun, Refused: true, Written: false, file, [], [problem], problem),
            };
            return document.During(() =>
            {
                using var run = new PatchRun(
                    terminal,
                    document,
                    parsed.GetRequiredValue(path),
                    number,
                    file,
                    parsed.GetValue(backup),
                    parsed.GetValue(allowBadChecksum),
                    parsed.GetValue(force),
                    parsed.GetValue(recurse),
                    isDryRun,
                    parsed.GetValue(yes),
                    isJson,
                    parsed.GetValue(quiet));
                return run.Execute(cancellation);
            });
        }, cancellation));
        return verb;
    }

    private static uint ParseLimit(string? text)
    {
        if (text is null)
        {
            return DefaultLimit;
        }

        return (uint?)NumberText.Whole(text, LimitPatch.MinLimit, LimitPatch.MaxLimit)
            ?? throw CliException.Usage(
                $"--limit {StrictValues.Shown(text)} is not allowed: give a whole number from {LimitPatch.MinLimit} to "
                + $"{LimitPatch.MaxLimit}; the driver compares as signed, so 0, negative numbers and anything above make every "
                + "attempt queue for ever.");
    }
}

/// <summary>One run of <c>patch</c>.</summary>
internal sealed record PatchRun(
    Terminal Terminal,
    OneDocument<PatchDocument> Document,
    string Path,
    uint Limit,
    string? Output,
    string? Backup,
    bool AllowBadChecksum,
    bool Force,
    bool Recurse,
    bool DryRun,
    bool Yes,
    bool Json,
    bool Quiet) : IDisposable
{
    private readonly DriverPlace _place = DriverPlace.Open(Path, Backup);

    public void Dispose() => _place.Dispose();

    public int Execute(CancellationToken cancellation)
    {
        CheckOutput();
        var inspector = new Inspector(_place.Store);
        var drivers = _place.Find(Terminal, Recurse, Quiet, cancellation).Select(inspector.Inspect);
        var unit = PatchUnit.Plan(_place.Store, drivers, Limit, AllowBadChecksum, beside: Output is null, vouched: Force);
        Document.OfFailure = problem =>
            PatchDocument.Of(unit, Limit, DryRun, written: false, Output, [], problem);
        cancellation.ThrowIfCancellationRequested();
        if (unit.Items.Count == 0)
        {
            throw CliException.Refused(_place.NothingFound(Recurse));
        }

        if (Backup is not null && _place.Image is null && !unit.Items.Any(i => i.Driver.IsOnMedium))
        {
            throw CliException.Usage("--backup is for disk images and installation media: the backup of a driver stands beside it.");
        }

        var notes = PatchPrinter.Notes(unit, isSingle: !_place.IsFolder, Output);
        if (!Json)
        {
            var printer = new PatchPrinter(Terminal);
            foreach (var item in unit.Items)
            {
                printer.Print(item, unit.Limit);
            }
        }

        if (unit.IsRefused)
        {
            var refused = unit.Items.Where(i => i.Action == PatchAction.Refuse).ToList();
            throw CliException.Refused(
                $"nothing is written: {DriverPaths.Shown(refused[0].Driver.Path)}: "
                + $"{Refusals.Reason(refused[0])}{(refused.Count > 1 ? $" ({refused.Count - 1} more refused)" : "")}");
        }

        var writes = Output is null ? unit.Writes.Count() : 1;
        if (writes == 0 && _place.Image?.InterruptedDrivers() is { Count: > 0 } interrupted)
        {
            throw CliException.Refused(
                $"a patch or restore was interrupted and left {DriverPaths.Shown(interrupted[0])} half changed: 'halfopen restore' "
                + $"takes it back.");
        }

        if (writes == 0 || DryRun)
        {
            if (!DryRun)
            {
                unit.Apply(VersionText.Current, DateTime.UtcNow, cancellation); // nothing to write; sweeps what an interrupted run left
            }

            PrintDocument(unit, written: false, writes == 0 ? [] : notes);
            Say(writes == 0
                ? $"Already at {Limit:N0} everywhere: nothing to do." : $"Dry run: {Consent.Files(writes)} would be written; nothing was.");
            return ExitCode.Done;
        }

        if (Output is null)
        {
            DriverPaths.WarnOfLiveWindows(Terminal, inspector);
            var vain = unit.Writes.All(w => w.Driver.Enforced == Enforcement.No) ? ", although no server enforces the limit" : "";
            Consent.Obtain(Terminal, Yes, $"Write {Consent.Files(writes)} ({BackupText(unit)}){vain}?", cancellation);
            using var bar = new ProgressBar(Terminal, !Quiet);
            unit.Apply(VersionText.Current, DateTime.UtcNow, cancellation, bar.Report);
        }
        else
        {
            WriteOutput(unit, cancellation);
        }

        PrintDocument(unit, written: true, notes);
        Say(Terminal.Good("Done: ")
            + (Output is null
                ? $"{Consent.Files(writes)} patched to {Limit:N0}; 'halfopen restore "
                    + $"{DriverPaths.Shown(Path)}{(Backup is null ? "" : " --backup " + DriverPaths.Shown(Backup))}' goes back."
                        : $"{DriverPaths.Shown(Output)} holds the limit {Limit:N0}."));
        if (!Json && !Quiet)
        {
            new PatchPrinter(Terminal).PrintNotes(notes);
        }

        return ExitCode.Done;
    }

    private string BackupText(PatchUnit unit) => _place.Image is not null
        ? "the bytes that change are kept in " + DriverPaths.Shown(_place.Image.JournalPath)
        : unit.Writes.FirstOrDefault(w => w.Driver.IsOnMedium) is { } onMedium
            ? "the backups stand beside the medium, in "
                + DriverPaths.Shown(System.IO.Path.GetDirectoryName(onMedium.Driver.Backup.ShownPath)!)
        : "a backup stands beside each";

    private void CheckOutput()
    {
        if (Output is null)
        {
            if (_place.Iso is not null)
            {
                throw CliException.Usage("the image of a CD is not changed in place: add --output NEW.iso.");
            }

            return;
        }

        if (Output.Length == 0 || (_place.IsFolder && !_place.IsIsoItself))
        {
            throw CliException.Usage(Output.Length == 0
                ? "--output is empty: name a file." : _place.Image is null ? "--output takes one driver as its input, not a folder."
                : "--output takes one driver as its input, not an image: copy the image, and patch the copy.");
        }

        if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Output)) is { } folder && !Directory.Exists(folder))
        {
            throw CliException.Usage($"--output {StrictValues.Shown(Output)}: there is no folder {StrictValues.Shown(folder)}.");
        }

        _place.Local.Trust(Output);
        if (_place.Local.Find(Output) is not null)
        {
            throw CliException.Refused(
                $"{DriverPaths.Shown(Output)} exists already and is not overwritten: choose another name or remove it.");
        }
    }

    private void WriteOutput(PatchUnit unit, CancellationToken cancellation)
    {
        if (_place.IsIsoItself)
        {
            using var bar = new ProgressBar(Terminal, !Quiet);
            var content = IsoPatch.Build(_place.Iso!, _place.Store, unit, bar.Report, cancellation);
            using var image = _place.Local.Stage(Output!, content, like: null);
            cancellation.ThrowIfCancellationRequested();
            image.Commit();
            return;
        }

        var driver = unit.ContentOf(unit.Items[0]);
        var bytes = Output!.EndsWith('_') ? PackedFileStore.Pack(System.IO.Path.GetFileName(Output), driver) : driver;
        using var staged = _place.Local.Stage(Output, bytes, like: null);
        cancellation.ThrowIfCancellationRequested();
        staged.Commit();
    }

    private void PrintDocument(PatchUnit unit, bool written, IReadOnlyList<string> notes) =>
        Document.Print(PatchDocument.Of(unit, Limit, DryRun, written, Output, notes));

    private void Say(string text)
    {
        if (!Json)
        {
            Terminal.Out.WriteLine(text);
        }
    }
}
