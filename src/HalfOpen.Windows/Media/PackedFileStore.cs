using HalfOpen.Images;
using HalfOpen.Media.Cabinets;
using HalfOpen.Media.Sources;
using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Media;

/// <summary>
/// Another store in which packed drivers read and are written as if they were not: <c>I386/TCPIP.SY_</c> is a driver,
/// and
/// <c>I386/SP3.CAB</c> a folder with <c>tcpip.sys</c> in it. Everything above it works as with plain files. Backups
/// hold the packed file, byte for byte; those of a medium stand beside the medium. Why:
/// docs/decisions/0024-packed-drivers.md. Not thread-safe.
/// </summary>
public sealed partial class PackedFileStore : IFileStore, IDisposable
{
    private readonly IFileStore _inner;
    private readonly IBulkStore? _bulk;
    private readonly Medium _medium;
    private readonly BackupPlace _place;
    private readonly Dictionary<string, (IDisposable Lock, int Count)> _locks = new(StringComparer.Ordinal);
    private readonly HashSet<string> _madeFolders = new(StringComparer.Ordinal);

    /// <param name="inner">Where packed files are changed only if it is an <see cref="IBulkStore"/>; read
    /// everywhere.</param>
    /// <param name="backupFolder">For backups of files on media; must exist. Null: a folder beside the medium.</param>
    public PackedFileStore(IFileStore inner, string? backupFolder = null)
    {
        _inner = inner;
        _bulk = inner as IBulkStore;
        _medium = new Medium(_bulk); // where nothing is written, it does not matter what is a medium
        _place = new BackupPlace(
            _medium, backupFolder is null ? null : Path.TrimEndingDirectorySeparator(Files.Linux.LinuxPath.Full(backupFolder)),
            _bulk is null ? null : _bulk.Trust);
    }

    /// <summary>Whether a file is on installation media; its backup stands beside them then.</summary>
    public bool IsOnMedium(string path) =>
        _inner.IsOnMedium(path) || _medium.RootOf(LocalFileStore.FolderOf(Locate(path).File)) is not null;

    public string? PackingOf(string path) => Problem(path, () =>
    {
        var (file, member) = Locate(path);
        if (member is null ? !IsPacked(file) : !IsCabinet(file))
        {
            return null;
        }

        using var bytes = OpenRaw(file);
        return member is null ? PackedDriver.Describe(bytes.Source) : DriverCabinet.Describe(bytes.Source, member);
    });

    public FileEntry? Find(string path)
    {
        if (Suffix(path) is { } suffix)
        {
            return MappedBackup(path, suffix) is { } mapped && _inner.Find(mapped) is { } found
                ? new FileEntry(path, found.Kind, found.Size) : null;
        }

        if (_inner.Find(path) is { } entry)
        {
            return entry.Kind == EntryKind.File && IsCabinet(path) ? new FileEntry(path, EntryKind.Folder, 0) : entry;
        }

        var (file, member) = Locate(path);
        return member is not null && _inner.Find(file) is null ? null
            : member is not null ? Members(file).Where(m => SameName(m.FileName, member)).Select(m => MemberEntry(path, m)).FirstOrDefault()
            : IsCabinet(path) ? new FileEntry(path, EntryKind.Folder, 0)
            : null;
    }

    public IReadOnlyList<FileEntry> List(string folder)
    {
        if (_inner.Find(folder) is not { Kind: EntryKind.Folder }
            && (MediaNames.IsDriverCabinet(Path.GetFileName(folder)) ? BeginsAsCabinet(folder) != false : IsCabinet(folder)))
        {
            var members = Members(folder).Select(m => MemberEntry(Path.Combine(folder, m.FileName), m));
            return [.. members.DistinctBy(e => e.Name, StringComparer.OrdinalIgnoreCase)];
        }

        // Also one that cannot be read: looking into it says why.
        var entries = _inner.List(folder).Select(e => e.Kind == EntryKind.File && MediaNames.IsDriverCabinet(e.Name)
            && BeginsAsCabinet(e.Path) != false ? new FileEntry(e.Path, EntryKind.Folder, 0) : e).ToList();
        entries.AddRange(GoneFromMedium(folder, entries));
        entries.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return entries;
    }

    public byte[] Read(string path, int maxBytes, bool followLink = false) => Problem(path, () =>
    {
        var suffix = Suffix(path);
        var (file, member) = Locate(suffix is null ? path : path[..^suffix.Length]);
        if (suffix is not null)
        {
            file = MappedBackup(path, suffix) ?? throw new FileProblemException(path, "no such file.");
            member = suffix == FileNames.BackupSuffix ? member : null;
        }

        if (member is null && BeginsAsCabinet(file) == true)
        {
            using var cabinet = OpenRaw(file);
            return PackedDriver.Unpack(cabinet.Source);
        }

        if (member is null)
        {
            var plain = _inner.Read(file, maxBytes, followLink);
            return PackedDriver.IsPacked(plain) ? PackedDriver.Unpack(new MemorySource(plain)) : plain;
        }

        using var bytes = OpenRaw(file);
        return DriverCabinet.Unpack(bytes.Source, member);
    });

    public byte[] ReadStart(string path, int count)
    {
        if (Locate(path).Member is null)
        {
            return _inner.ReadStart(path, count);
        }

        var bytes = Read(path, FileNames.MaxDriverSize);
        return bytes[..Math.Min(count, bytes.Length)];
    }

    public string? ObstacleTo(string path) => Problem(path, () =>
    {
        var (file, member) = Locate(path);
        if (_place.FolderFor(file) is { } backups && _place.IsOwn(backups) && _inner.Find(backups) is { Kind: not EntryKind.Folder })
        {
            return $"its backup belongs into the folder {backups}, and what has this name is none: look at it and move it away.";
        }

        if (member is null && !IsPacked(file))
        {
            return _inner.ObstacleTo(path);
        }

        if (_bulk is null)
        {
            return "it is packed, and inside an image only plain drivers are changed: copy it out and patch the copy.";
        }

        if (member is not null && _inner.Find(file) is not null)
        {
            using var bytes = OpenRaw(file);
            DriverCabinet.CheckCanReplace(bytes.Source, member); // a signature, an unusual order: said before anybody is asked
        }

        return _inner.ObstacleTo(file);
    });

    public string ShownBackupOf(string path) => Locate(path) is var (file, member) && (member is not null || IsOnMedium(path))
        ? _place.BaseOf(file, null) + FileNames.BackupSuffix
        : _inner.ShownBackupOf(path);

    public bool NeedsBackupFolder => _inner.NeedsBackupFolder;

    public void Dispose()
    {
        foreach (var folder in _madeFolders)
        {
            RemoveIfEmpty(folder);
        }
    }

    private static bool SameName(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    private static FileEntry MemberEntry(string path, CabinetFile member) =>
        new(path, EntryKind.File, Math.Min(member.Size, FileNames.MaxDriverSize));

    private static string? Suffix(string path) => path.EndsWith(FileNames.BackupSuffix, StringComparison.Ordinal) ? FileNames.BackupSuffix
        : path.EndsWith(FileNames.ManifestSuffix, StringComparison.Ordinal) ? FileNames.ManifestSuffix : null;

    /// <summary>What a packed file says wrongly becomes one line that names it.</summary>
    private static T Problem<T>(string path, Func<T> action)
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

    /// <summary>The real file of a driver's path, and the driver's name in it when it is a cabinet of many
    /// files.</summary>
    private (string File, string? Member) Locate(string path)
    {
        var parent = Path.GetDirectoryName(path);
        return parent is not null && FileNames.IsDriverName(Path.GetFileName(path)) && _inner.Find(path) is null
            && _inner.Find(parent) is null or { Kind: EntryKind.File }
            && Existing(parent) is { } real && Head(real) is { } head && Cabinet.IsCabinet(head)
            ? (parent, Path.GetFileName(path)) : (path, null);
    }

    /// <summary>Where the backup or manifest of a driver really stands; null when it has none, although its cabinet has
    /// one for another driver.</summary>
    private string? MappedBackup(string path, string suffix)
    {
        var (file, member) = Locate(path[..^suffix.Length]);
        if (suffix == FileNames.ManifestSuffix)
        {
            return _place.BaseOf(file, member) + suffix;
        }

        // One backup serves all drivers of a cabinet. It is this driver's when its manifest says so, or when no
        // manifest says anything.
        return member is null || HasManifest(file, member) || !Members(file).Any(m => HasManifest(file, m.FileName))
            ? _place.BaseOf(file, null) + suffix : null;
    }

    private bool HasManifest(string file, string member) => _inner.Find(_place.BaseOf(file, member) + FileNames.ManifestSuffix) is not null;

    private bool IsPacked(string file) => Head(file) is { } head && PackedDriver.IsPacked(head);

    /// <summary>Whether a file is a cabinet to look into; when it is gone, whether its backup is. A damaged one is one
    /// damaged file, and reading it says so.</summary>
    private bool IsCabinet(string file)
    {
        if (BeginsAsCabinet(file) != true)
        {
            return false;
        }

        try
        {
            using var bytes = OpenRaw(Existing(file)!);
            return Cabinet.Open(bytes.Source).Files.Count != 1 || MediaNames.IsDriverCabinet(Path.GetFileName(file));
        }
        catch (Exception e) when (e is ImageProblemException or FileProblemException)
        {
            return false;
        }
    }

    /// <summary>Null: it cannot be read.</summary>
    private bool? BeginsAsCabinet(string file)
    {
        try
        {
            return Existing(file) is { } real && Head(real) is { } head && Cabinet.IsCabinet(head);
        }
        catch (FileProblemException)
        {
            return null;
        }
    }

    private IReadOnlyList<CabinetFile> Members(string cabinet)
    {
        if (Existing(cabinet) is not { } real)
        {
            return [];
        }

        return Problem(cabinet, () =>
        {
            using var bytes = OpenRaw(real);
            return DriverCabinet.Members(Cabinet.Open(bytes.Source));
        });
    }

    /// <summary>The file itself; when it is gone its backup; null when there is neither.</summary>
    private string? Existing(string file)
    {
        if (_inner.Find(file) is { } entry)
        {
            return entry.Kind == EntryKind.File ? file : null;
        }

        return MediaNames.IsDriverCabinet(Path.GetFileName(file)) && _place.BaseOf(file, null) + FileNames.BackupSuffix is var backup
            && _inner.Find(backup) is { Kind: EntryKind.File } ? backup : null;
    }

    /// <summary>Null: there is no such file.</summary>
    private byte[]? Head(string file) =>
        _inner.Find(file) is { Kind: EntryKind.File } ? _inner.ReadStart(file, PackedDriver.HeadSize) : null;

    private RawBytes OpenRaw(string file) => new(_inner is IByteStore store ? store.Open(file)
        : throw new FileProblemException(file, "it is packed, and cannot be read here."));

    /// <summary>Backups of files that are gone from a medium's folder, listed in that folder as they would be beside
    /// the file.</summary>
    private IEnumerable<FileEntry> GoneFromMedium(string folder, List<FileEntry> entries)
    {
        if (_medium.RootOf(folder) is null || _place.FolderFor(Path.Combine(folder, "any")) is not { } backups)
        {
            yield break;
        }

        var names = entries.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var backup in _inner.List(backups).Where(e => e.Kind == EntryKind.File && Suffix(e.Name) == FileNames.BackupSuffix))
        {
            if (_place.FileOf(folder, backup.Name[..^FileNames.BackupSuffix.Length]) is { } gone && !names.Contains(Path.GetFileName(gone)))
            {
                yield return MediaNames.IsDriverCabinet(Path.GetFileName(gone)) ? new FileEntry(gone, EntryKind.Folder, 0)
                    : new FileEntry(gone + FileNames.BackupSuffix, EntryKind.File, backup.Size);
            }
        }
    }

    private sealed record RawBytes(ByteSource Source) : IDisposable
    {
        public void Dispose() => (Source as IDisposable)?.Dispose();
    }
}
