using HalfOpen.Cli.CommandLine;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Images;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Media;

namespace HalfOpen.Cli.Drivers;

/// <summary>
/// Where PATH leads: into the local file system, or into a disk image, which is told by its content. A path may go on
/// inside the image:
/// <c>xp.vdi!1:/WINDOWS</c>.
/// </summary>
internal sealed class DriverPlace : IDisposable
{
    private readonly string _path;
    private readonly ImagePath? _inside;

    private DriverPlace(
        string path, LocalFileStore local, ImageFileStore? image, ImagePath? inside, IsoFileStore? iso = null, string? backupFolder = null)
    {
        (_path, Local, Image, _inside, Iso) = (path, local, image, inside, iso);
        Store = new PackedFileStore(image ?? iso ?? (IFileStore)local, backupFolder);
    }

    /// <value>Packed drivers and cabinets on it read as plain ones.</value>
    public PackedFileStore Store { get; }

    /// <value>Null when PATH is no image of a CD.</value>
    public IsoFileStore? Iso { get; }

    public LocalFileStore Local { get; }

    /// <value>Null when PATH is no image.</value>
    public ImageFileStore? Image { get; }

    /// <value>PATH stands for as many drivers as there are, not for one.</value>
    public bool IsFolder => Image is null
        ? IsIsoItself || Store.Find(Iso is null ? _path : FullPath)?.Kind == EntryKind.Folder
        : _inside?.Volume is not { } volume || Image.Find(ImagePath.RootOf(Image.Path,
            volume) + "/" + _inside.Inner)?.Kind != EntryKind.File;

    /// <value>PATH is the image of a CD, not something in it.</value>
    public bool IsIsoItself => Iso is not null && Iso.Path == FullPath;

    private string FullPath => Path.TrimEndingDirectorySeparator(Path.GetFullPath(_path));

    /// <param name="backupFolder">Where the backup of an image or a medium is kept; null: beside it.</param>
    /// <exception cref="CliException">The image cannot be read; the message says why and what to do.</exception>
    public static DriverPlace Open(string path, string? backupFolder = null)
    {
        var local = DriverPaths.Open(path);
        var entry = DriverPaths.FindReadable(local, path);
        ImagePath? inside = null;
        if (entry is null && (inside = ImagePath.Parse(path)) is not null)
        {
            local.Trust(inside.Image);
            entry = DriverPaths.FindReadable(local, inside.Image);
        }

        if (backupFolder is not null && !Directory.Exists(backupFolder))
        {
            throw CliException.Usage($"--backup {DriverPaths.Shown(backupFolder)} is no folder: make it first.");
        }

        if (inside is null && OpenIso(local, path) is { } iso)
        {
            return new DriverPlace(path, local, null, null, iso);
        }

        if (entry is null or { Kind: EntryKind.Folder } || (inside is null && IsProgram(local, entry, path)))
        {
            return new DriverPlace(path, local, null, null, backupFolder: backupFolder);
        }

        ImageFileStore? image;
        try
        {
            image = ImageFileStore.Open(inside?.Image ?? path, backupFolder);
        }
        catch (FileProblemException e)
        {
            throw CliException.Refused($"{DriverPaths.Shown(e.Path)}: {e.Problem}");
        }

        if (image is null && inside is not null)
        {
            throw CliException.Refused($"{DriverPaths.Shown(inside.Image)} is no disk image that is read here, so nothing is inside it.");
        }

        var place = new DriverPlace(path, local, image, inside, backupFolder: image is null ? backupFolder : null);
        if (image is null && place.TooLarge() is { } problem)
        {
            place.Dispose();
            throw CliException.Refused(problem);
        }

        return place;
    }

    /// <summary>Refuses a restore whose originals stand in a journal that cannot be used.</summary>
    public void CheckJournal()
    {
        if (Image?.JournalProblem is { } problem)
        {
            throw CliException.Refused("nothing is written: " + DriverPaths.Shown(problem)
                + (Image.IsJournalDamaged ? $" That is 'halfopen patch {TypedCommand.Quoted(Image.Path)} --limit 10'." : ""));
        }
    }

    /// <summary>The drivers of the place, as <see cref="DriverPaths.Find"/>; of an image those of all its volumes, and
    /// those that its journal knows.</summary>
    public IEnumerable<string> Find(Terminal terminal, bool recurse, bool quiet, CancellationToken cancellation)
    {
        if (Image is null)
        {
            return DriverPaths.Find(terminal, Store, _path, recurse, quiet, cancellation);
        }

        if (_inside?.Volume is { } number)
        {
            var root = ImagePath.RootOf(Image.Path, number) + (_inside.Inner.Length == 0 ? "" : "/" + _inside.Inner);
            return DriverPaths.Find(terminal, Store, root, recurse, quiet, cancellation);
        }

        var found = new List<string>();
        foreach (var volume in Image.Image.Volumes)
        {
            if (volume.FileSystem is null)
            {
                Note(terminal, quiet, volume.Problem is null ? null : $"partition {volume.Number}: {volume.Problem}");
                continue;
            }

            try
            {
                found.AddRange(DriverPaths.Find(terminal, Store, ImagePath.RootOf(Image.Path, volume.Number), recurse, quiet,
                    cancellation));
            }
            catch (Exception e) when (e is FileProblemException or CliException)
            {
                Note(terminal, quiet, $"partition {volume.Number}: {(e is FileProblemException p ? p.Problem : e.Message)}");
            }
        }

        return [.. found.Union(Image.JournalledDrivers(), StringComparer.Ordinal)];
    }

    /// <summary>What a reader of an image should know beside its drivers: what was left half done, and why it cannot be
    /// patched as things stand.</summary>
    /// <param name="driver">One that was found; null: there is none.</param>
    public void PrintState(Terminal terminal, Inspection? driver, bool quiet)
    {
        Note(terminal, quiet, Iso?.Obstacle is { } why ? "as it stands it cannot be patched: " + why : null);
        if (Image is null)
        {
            Note(terminal, quiet, driver is not null && Windows.Files.SleepingWindows.Find(Store, driver.Path) is { } sleeps
                ? "as it stands it cannot be patched: " + sleeps : null);
            return;
        }

        if (Image.InterruptedDrivers() is { Count: > 0 } interrupted)
        {
            terminal.Error.WriteLine($"halfopen: warning: a patch or restore was interrupted and left "
                + $"{DriverPaths.Shown(interrupted[0])} half changed (shown as its "
                + "original): 'halfopen restore' takes it back, 'halfopen patch' finishes it.");
        }

        if (Image.StaleDrivers() is { Count: > 0 } stale)
        {
            Note(terminal, quiet, $"{DriverPaths.Shown(stale[0])} is another build than the backup in "
                + $"{DriverPaths.Shown(Image.JournalPath)} (an update replaced it).");
        }

        if (driver is not null && Image.ObstacleTo(driver.Path) is { } obstacle)
        {
            Note(terminal, quiet, "as it stands it cannot be patched: " + obstacle);
        }
    }

    /// <summary>What an image without a driver consists of, so that its owner sees what was looked at.</summary>
    public string NothingFound(bool recurse) => Image is null || _inside?.Volume is not null
        ? EmptyPlace.Explain(Store, _path) ?? DriverPaths.NothingFound(DriverPaths.Shown(_path), recurse)
        : DriverPaths.NothingFound(DriverPaths.Shown(_path), recurse).TrimEnd('.') + " ("
            + string.Join(", ", Image.Image.Volumes.Select(v => $"partition {v.Number}: {v.FileSystem?.Name ?? "not read"}")) + ").";

    /// <summary>Refuses a restore where the journal's driver is another build by now.</summary>
    /// <param name="force">Go on without those.</param>
    public void CheckStale(bool force)
    {
        if (Image is null || Image.StaleDrivers() is not { Count: > 0 } stale)
        {
            return;
        }

        if (!force)
        {
            throw CliException.Refused($"nothing is written: {DriverPaths.Shown(stale[0])} changed since the patch (an update, or "
                + "it is gone), so the bytes in "
                + $"{DriverPaths.Shown(Image.JournalPath)} are not its any more: --force goes on without it.");
        }

        Image.ForgetStale();
    }

    public void Dispose()
    {
        Store.Dispose();
        Image?.Dispose();
        Iso?.Dispose();
    }

    /// <summary>What a file is not, when it is larger than any driver and nothing that may be; else null.</summary>
    private string? TooLarge()
    {
        const int Start = 1 << 20;
        if (Store.Find(_path) is not { Kind: EntryKind.File, Size: > FileNames.MaxDriverSize and var size })
        {
            return null;
        }

        var isZero = !Local.ReadStart(_path, Start).AsSpan().ContainsAnyExcept((byte)0);
        return $"{DriverPaths.Shown(_path)} ({size:N0} bytes) is no disk image that is read here and no driver: neither a partition table "
            + "nor a file system (NTFS, FAT16, FAT32) nor a container (VHD, VHDX, VMDK, VDI, qcow2) was found in it. "
            + (isZero ? "It begins with zeros: the disk was never partitioned, or copying it failed. Make the image again."
                : "Name the image of a whole disk, or of one Windows partition.");
    }

    /// <summary>The image of a CD that a path leads to or into: xp.iso, xp.iso/I386/TCPIP.SY_. Null for any other
    /// path.</summary>
    private static IsoFileStore? OpenIso(LocalFileStore local, string path)
    {
        for (var file = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)); file is not null; file = Path.GetDirectoryName(file))
        {
            try
            {
                if (local.Find(file) is not { } entry)
                {
                    continue;
                }

                // A link that the user named himself is followed.
                var real = entry.Kind == EntryKind.SymbolicLink
                    && File.ResolveLinkTarget(file, returnFinalTarget: true) is { } target ? target.FullName : file;
                if (real != file)
                {
                    local.Trust(real);
                }

                return local.Find(real)?.Kind == EntryKind.File ? IsoFileStore.TryOpen(file, local.Open(real)) : null;
            }
            catch (FileProblemException)
            {
                return null; // what cannot be read is said by the one who reads it as a driver
            }
        }

        return null;
    }

    private static void Note(Terminal terminal, bool quiet, string? text)
    {
        if (!quiet && text is not null)
        {
            terminal.Error.WriteLine("halfopen: note: " + DriverPaths.Shown(text));
        }
    }

    /// <summary>Drivers and what else begins like a program are no images, whatever follows.</summary>
    private static bool IsProgram(LocalFileStore local, FileEntry entry, string path)
    {
        try
        {
            return entry.Kind == EntryKind.File && local.ReadStart(path, 2).AsSpan().SequenceEqual("MZ"u8);
        }
        catch (FileProblemException)
        {
            return true; // what cannot be read is said by the one who reads it as a driver
        }
    }
}
