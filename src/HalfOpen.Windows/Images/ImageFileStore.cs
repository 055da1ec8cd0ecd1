using HalfOpen.Images;
using HalfOpen.Images.FileSystems;
using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Images;

/// <summary>
/// The files inside a disk image as a place where drivers live: everything above it works as with a folder. Backups and
/// manifests are not in the image;
/// they are read out of the journal beside it, and what is written goes into the image in place, byte by byte, after
/// the journal
/// (docs/decisions/0026-images-in-place.md). A driver that an interrupted run left half changed reads as its original.
/// Not thread-safe.
/// </summary>
public sealed partial class ImageFileStore : IFileStore, IDisposable
{
    private const int MaxFolders = 64, MaxCachedEntries = 100_000;

    private readonly LocalImageFiles _files;
    private readonly JournalFile _journalFile;
    private readonly Action<string> _step;
    private readonly Dictionary<string, IReadOnlyList<VolumeEntry>> _folders = new(StringComparer.Ordinal);
    private Dictionary<string, DriverRecord> _records = new(StringComparer.Ordinal);
    private readonly HashSet<string> _forgotten = new(StringComparer.Ordinal);
    private DiskImage _image;
    private string? _obstacle;
    private bool _isObstacleKnown;

    private ImageFileStore(string path, LocalImageFiles files, DiskImage image, string? journalFolder, Action<string> step)
    {
        Path = path;
        _files = files;
        _image = image;
        _step = step;
        HasJournalFolder = journalFolder is not null || !files.IsBlockDevice;
        _journalFile = new JournalFile(System.IO.Path.GetFullPath(journalFolder ?? files.FolderPath), files.Name, step);
        LoadJournal();
    }

    /// <value>Full path of the image, in the user's spelling; every path of this store begins with it.</value>
    public string Path { get; }

    public DiskImage Image => _image;

    /// <value>Where the journal stands, or would.</value>
    public string JournalPath => _journalFile.FullPath;

    /// <value>Why the journal beside the image is not used, one or two sentences, or null.</value>
    public string? JournalProblem { get; private set; }

    /// <value>There is a journal, and it is not one any more.</value>
    public bool IsJournalDamaged { get; private set; }

    /// <value>False for a device without a folder to keep the journal in.</value>
    public bool HasJournalFolder { get; }

    /// <summary>Opens an image.</summary>
    /// <param name="journalFolder">Where the journal is kept; null: beside the image.</param>
    /// <returns>Null when the file is none.</returns>
    /// <exception cref="FileProblemException">It is an image and cannot be read; the message says why and what to
    /// do.</exception>
    public static ImageFileStore? Open(string path, string? journalFolder = null) => Open(path, journalFolder, _ => { });

    internal static ImageFileStore? Open(string path, string? journalFolder, Action<string> step)
    {
        var files = LocalImageFiles.OpenMain(path);
        try
        {
            var image = DiskImage.Open(files);
            if (image is not null)
            {
                return new ImageFileStore(System.IO.Path.GetFullPath(path), files, image, journalFolder, step);
            }

            files.Dispose();
            return null;
        }
        catch (ImageProblemException e)
        {
            files.Dispose();
            throw new FileProblemException(path, e.Message, e);
        }
        catch (Exception)
        {
            files.Dispose();
            throw;
        }
    }

    public string ShownBackupOf(string path) => JournalPath;

    /// <summary>The paths of the drivers that the journal knows and that are still there.</summary>
    public IReadOnlyList<string> JournalledDrivers() =>
        [.. _records.Keys.Where(inner => Entry(inner) is { Kind: VolumeEntryKind.File }).Select(PathOf).Order(StringComparer.Ordinal)];

    /// <summary>Drivers of the journal whose file is another build now, or is gone: what is left of an old patch, and
    /// nothing to go back to.</summary>
    public IReadOnlyList<string> StaleDrivers() => [.. _records.Keys.Where(inner =>
        OriginalOf(inner) is null).Select(PathOf).Order(StringComparer.Ordinal)];

    /// <summary>Goes on without them: they are not in the next journal.</summary>
    public void ForgetStale()
    {
        foreach (var path in StaleDrivers())
        {
            _forgotten.Add(InnerOf(path)!);
            _records.Remove(InnerOf(path)!);
        }
    }

    /// <summary>Drivers that an interrupted patch or restore left half changed; the next patch or restore puts them
    /// right.</summary>
    public IReadOnlyList<string> InterruptedDrivers() =>
        [.. _records.Keys.Where(inner => Content(inner) is { } raw
            && RolledBack(inner, raw) is not null).Select(PathOf).Order(StringComparer.Ordinal)];

    public FileEntry? Find(string path) => Try(path, () =>
    {
        if (DriverOf(path, out var inner) is not null)
        {
            return OriginalOf(inner) is { } original ? new FileEntry(path, EntryKind.File, original.Length) : RealEntry(path);
        }

        return RealEntry(path);
    });

    public IReadOnlyList<FileEntry> List(string folder) => Try(folder, () =>
    {
        var inner = InnerOf(folder);
        if (inner is null || Entry(inner) is not { Kind: VolumeEntryKind.Folder } entry)
        {
            return (IReadOnlyList<FileEntry>)[];
        }

        return [.. Entries(inner, entry).Select(e => ToFileEntry(System.IO.Path.Combine(folder, e.Name), e))];
    });

    public byte[] Read(string path, int maxBytes, bool followLink = false) => Try(path, () =>
    {
        if (DriverOf(path, out var inner) is { } suffix && OriginalOf(inner) is { } original)
        {
            return suffix == FileNames.BackupSuffix ? original : _records[inner].Manifest!.ToBytes();
        }

        var (entry, file) = Open(path);
        if (file.Length > maxBytes)
        {
            throw new FileProblemException(path, $"{file.Length:N0} bytes are too many (at most {maxBytes:N0}): this is no driver, "
                + "and it was not read.");
        }

        _ = entry;
        var bytes = file.Read(0, (int)file.Length);
        return RolledBack(InnerOf(path)!, bytes) ?? bytes;
    });

    /// <summary>The first bytes of a file of any size, fewer when it is shorter.</summary>
    public byte[] ReadStart(string path, int count) => Try(path, () =>
    {
        if (DriverOf(path, out _) is not null)
        {
            var ours = Read(path, FileNames.MaxDriverSize); // it stands in the journal, not in the image
            return ours[..Math.Min(count, ours.Length)];
        }

        var (_, file) = Open(path);
        return file.Read(0, (int)Math.Min(count, file.Length));
    });

    public void Dispose()
    {
        _writer?.Dispose();
        _journalFile.Dispose();
        _files.Dispose();
    }

    private static FileEntry ToFileEntry(string path, VolumeEntry entry) => new(path, entry.Kind switch
    {
        VolumeEntryKind.Folder => EntryKind.Folder,
        VolumeEntryKind.Link => EntryKind.SymbolicLink,
        _ => EntryKind.File,
    }, entry.Kind == VolumeEntryKind.File ? entry.Size : 0);

    /// <summary>What an image says wrongly becomes one line that names the file.</summary>
    private static T Try<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (ImageProblemException e)
        {
            throw new FileProblemException(path, e.Message, e);
        }
    }

    /// <summary>A path of this store as the journal writes it: <c>1:/WINDOWS/tcpip.sys</c>; null for any other
    /// path.</summary>
    private string? InnerOf(string path) =>
        path.Length > Path.Length && path[Path.Length] == '!' && path.StartsWith(Path, StringComparison.Ordinal)
            && ImagePath.Parse(path) is { Volume: { } volume } parsed
        && parsed.Image == Path ? volume + ":/" + parsed.Inner : null;

    private string PathOf(string inner) => Path + "!" + inner;

    private FileEntry? RealEntry(string path) => InnerOf(path) is { } inner && Entry(inner) is { } entry ? ToFileEntry(path, entry) : null;

    private DiskVolume? VolumeOf(string inner) => _image.Volumes.FirstOrDefault(v => v.FileSystem is not null
        && inner.StartsWith(v.Number + ":/", StringComparison.Ordinal));

    private VolumeEntry? Entry(string inner)
    {
        if (VolumeOf(inner) is not { FileSystem: { } system } || inner.Length > 4096)
        {
            return null;
        }

        // Folder by folder through the cache: Find of the file system would read each of them anew.
        var entry = system.Root;
        var walked = inner[..(inner.IndexOf('/', StringComparison.Ordinal) + 1)];
        foreach (var name in inner[walked.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry.Kind != VolumeEntryKind.Folder)
            {
                return null;
            }

            var entries = Entries(walked, entry);
            if ((entries.FirstOrDefault(e => e.Name == name)
                ?? entries.FirstOrDefault(e => e.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? entries.FirstOrDefault(e => name.Equals(e.ShortName, StringComparison.OrdinalIgnoreCase))) is not { } next)
            {
                return null;
            }

            entry = next;
            walked += (walked[^1] == '/' ? "" : "/") + name;
        }

        return entry;
    }

    private IReadOnlyList<VolumeEntry> Entries(string inner, VolumeEntry folder)
    {
        var key = inner.TrimEnd('/');
        if (!_folders.TryGetValue(key, out var entries))
        {
            if (_folders.Count == MaxFolders || _folders.Values.Sum(f => f.Count) > MaxCachedEntries)
            {
                _folders.Clear();
            }

            _folders[key] = entries = VolumeOf(inner)!.FileSystem!.List(folder);
        }

        return entries;
    }

    private (DiskVolume Volume, VolumeFile File) Open(string path)
    {
        var inner = InnerOf(path);
        var entry = inner is null ? null : Entry(inner);
        return entry?.Kind switch
        {
            null => throw new FileProblemException(path, "no such file."),
            VolumeEntryKind.Folder => throw new FileProblemException(path, "this is a folder, not a file."),
            VolumeEntryKind.Link => throw new FileProblemException(path, "this is a link or something else that is not followed in "
                + "an image."),
            _ => (VolumeOf(inner!)!, VolumeOf(inner!)!.FileSystem!.Open(entry)),
        };
    }

    /// <summary>A driver's bytes as they physically are; null when it is gone or cannot be read.</summary>
    private byte[]? Content(string inner)
    {
        try
        {
            var (_, file) = Open(PathOf(inner));
            return file.Length <= FileNames.MaxDriverSize ? file.Read(0, (int)file.Length) : null;
        }
        catch (Exception e) when (e is ImageProblemException or FileProblemException)
        {
            return null;
        }
    }

    /// <summary>The suffix of a backup's or a manifest's path whose driver the journal knows, and that driver; null for
    /// any other path.</summary>
    private string? DriverOf(string path, out string inner)
    {
        foreach (var suffix in new[] { FileNames.BackupSuffix, FileNames.ManifestSuffix })
        {
            if (path.EndsWith(suffix, StringComparison.Ordinal) && InnerOf(path[..^suffix.Length]) is { } driver
                && _records.TryGetValue(driver, out var record) && (suffix == FileNames.BackupSuffix || record.Manifest is not null))
            {
                inner = driver;
                return suffix;
            }
        }

        inner = "";
        return null;
    }
}
