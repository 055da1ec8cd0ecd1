using HalfOpen.Images;
using HalfOpen.Media.Sources;
using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Media;

/// <summary>What is written: packed files are packed anew, or given back as their backup has them.</summary>
public sealed partial class PackedFileStore
{
    private readonly Dictionary<string, StagedCabinet> _staged = new(StringComparer.Ordinal);

    public IStagedFile Stage(string path, byte[] bytes, string? like) => Problem(path, () =>
    {
        var suffix = Suffix(path);
        var (file, member) = Locate(suffix is null ? path : path[..^suffix.Length]);
        var realLike = like is null ? null : RealOf(like);
        if (suffix == FileNames.ManifestSuffix)
        {
            return StageOfOurs(path, file, _place.BaseOf(file, member) + suffix, new MemorySource(bytes), realLike);
        }

        if (suffix == FileNames.BackupSuffix)
        {
            return StageBackup(path, file, member, bytes, realLike);
        }

        if (member is not null)
        {
            if (!_staged.TryGetValue(file, out var cabinet))
            {
                _staged[file] = cabinet = new StagedCabinet(this, file);
            }

            return cabinet.Add(path, member, bytes, realLike);
        }

        // The original comes back as it was packed, not as we would pack it.
        if (BackupOf(file) is { } backup && IsPacked(backup))
        {
            using var original = OpenRaw(backup);
            if (PackedDriver.Unpack(original.Source).AsSpan().SequenceEqual(bytes))
            {
                return Bulk(path).Stage(file, original.Source, realLike);
            }
        }

        if (!IsPacked(file))
        {
            return _inner.Stage(file, bytes, realLike);
        }

        using var old = OpenRaw(file);
        return _inner.Stage(file, PackedDriver.Repack(old.Source, Path.GetFileName(file), bytes), realLike);
    });

    /// <summary>The real files that hold these drivers, with the new content of each, as they would be
    /// written.</summary>
    /// <exception cref="FileProblemException">A file does not allow it; the message says why.</exception>
    public IReadOnlyList<(string File, ByteSource Content)> Repacked(IEnumerable<(string Path, byte[] Bytes)> drivers)
    {
        var files = new List<(string, ByteSource)>();
        foreach (var group in drivers.GroupBy(d => Locate(d.Path).File))
        {
            files.Add((group.Key, Problem(group.Key, () =>
            {
                var first = group.First();
                if (Locate(first.Path).Member is null)
                {
                    return new MemorySource(IsPacked(group.Key)
                        ? PackedDriver.Repack(OpenRaw(group.Key).Source, Path.GetFileName(group.Key), first.Bytes)
                        : first.Bytes);
                }

                // Not disposed: the new content reads the old file while it is read.
                return DriverCabinet.Replace(OpenRaw(group.Key).Source, group.ToDictionary(d => Locate(d.Path).Member!, d => d.Bytes));
            })));
        }

        return files;
    }

    /// <summary>A driver packed as Windows Setup reads it.</summary>
    /// <param name="fileName">Of the packed file, <c>TCPIP.SY_</c>.</param>
    public static byte[] Pack(string fileName, byte[] driver) => PackedDriver.Pack(fileName, driver);

    public void Delete(string path)
    {
        var suffix = Suffix(path);
        var (file, member) = Locate(suffix is null ? path : path[..^suffix.Length]);
        if (suffix is null)
        {
            _inner.Delete(file);
            return;
        }

        // The backup of a cabinet goes when no driver's manifest speaks of it any more.
        if (suffix == FileNames.ManifestSuffix || member is null || !Members(file).Any(m => HasManifest(file, m.FileName)))
        {
            _inner.Delete(_place.BaseOf(file, suffix == FileNames.ManifestSuffix ? member : null) + suffix);
        }

        if (_place.FolderFor(file) is { } folder && _place.IsOwn(folder))
        {
            RemoveIfEmpty(folder);
        }
    }

    public int RemoveLeftovers(string path)
    {
        if (FileNames.OldPartOf(path, out _) >= 0)
        {
            return _inner.RemoveLeftovers(RealOf(path));
        }

        var suffix = Suffix(path);
        var (file, member) = Locate(suffix is null ? path : path[..^suffix.Length]);
        return _inner.RemoveLeftovers(suffix is null ? file
            : _place.BaseOf(file, suffix == FileNames.ManifestSuffix ? member : null) + suffix);
    }

    /// <summary>A cabinet is locked with its folder; once, however many of the drivers are in that folder.</summary>
    public IDisposable Lock(string folder)
    {
        var isInCabinet = _inner.Find(folder) is not { Kind: EntryKind.Folder } && IsCabinet(folder);
        var real = isInCabinet ? LocalFileStore.FolderOf(folder) : folder;
        var (held, count) = _locks.TryGetValue(real, out var existing) ? existing : (_inner.Lock(real), 0);
        _locks[real] = (held, count + 1);
        return new SharedLock(this, real);
    }

    private IBulkStore Bulk(string path) => _bulk ?? throw new FileProblemException(path, "nothing packed is written here.");

    private string RealOf(string path) => FileNames.OldPartOf(path, out _) >= 0 ? OldOf(path)
        : Suffix(path) is { } suffix ? MappedBackup(path, suffix) ?? path : Locate(path).File;

    /// <summary>The real backup of a file, if there is one.</summary>
    private string? BackupOf(string file) =>
        _place.BaseOf(file, null) + FileNames.BackupSuffix is var backup && _inner.Find(backup) is { Kind: EntryKind.File } ? backup : null;

    private IStagedFile StageBackup(string path, string file, string? member, byte[] bytes, string? like)
    {
        var target = _place.BaseOf(file, null) + FileNames.BackupSuffix;
        if (member is null && !IsPacked(file))
        {
            return StageOfOurs(path, file, target, new MemorySource(bytes), like);
        }

        if (member is not null && BackupOf(file) is { } existing)
        {
            using var before = OpenRaw(existing);
            if (DriverCabinet.Unpack(before.Source, member).AsSpan().SequenceEqual(bytes))
            {
                return new NothingStaged(path);
            }

            CheckReplaceable(path, file, existing, before.Source);
        }

        using var old = OpenRaw(file);
        var unpacked = member is null ? PackedDriver.Unpack(old.Source) : DriverCabinet.Unpack(old.Source, member);
        return unpacked.AsSpan().SequenceEqual(bytes) ? StageOfOurs(path, file, target, old.Source, like)
            : throw new FileProblemException(path, "the file changed while it was being looked at: try again.");
    }

    private IStagedFile StageOfOurs(string path, string file, string target, ByteSource content, string? like)
    {
        var folder = _place.FolderFor(file);
        if (folder is null || !_place.IsOwn(folder))
        {
            return content is MemorySource ? _inner.Stage(target, content.Read(0, (int)content.Length), like)
                : Bulk(path).Stage(target, content, like);
        }

        if (_inner.Find(folder) is null)
        {
            Bulk(path).CreateFolder(folder);
            _madeFolders.Add(folder);
        }

        return Bulk(path).Stage(target, content, like);
    }

    private void RemoveIfEmpty(string folder)
    {
        try
        {
            _bulk?.RemoveEmptyFolder(folder);
        }
        catch (FileProblemException)
        {
            // An empty folder harms nobody.
        }
    }

    /// <summary>The whole cabinet with everything that is staged for it, or its backup where that is the
    /// same.</summary>
    private void WithCabinet(string file, IReadOnlyDictionary<string, byte[]> drivers, Action<ByteSource> use)
    {
        if (BackupOf(file) is { } backup)
        {
            using var original = OpenRaw(backup);
            using var now = _inner.Find(file) is null ? null : OpenRaw(file);
            var members = DriverCabinet.Members(HalfOpen.Media.Cabinets.Cabinet.Open(original.Source));
            if (members.All(m => IsOriginal(m.FileName, original.Source, now?.Source)))
            {
                use(original.Source);
                return;
            }
        }

        using var old = OpenRaw(file);
        use(DriverCabinet.Replace(old.Source, drivers));

        bool IsOriginal(string name, ByteSource original, ByteSource? now)
        {
            var wanted = DriverCabinet.Unpack(original, name);
            var staged = drivers.FirstOrDefault(d => SameName(d.Key, name)).Value;
            return (staged ?? (now is null ? wanted : DriverCabinet.Unpack(now, name))).AsSpan().SequenceEqual(wanted);
        }
    }

    /// <summary>One cabinet that several drivers are staged for: written once with all of them.</summary>
    private sealed class StagedCabinet(PackedFileStore store, string file)
    {
        private readonly Dictionary<string, byte[]> _drivers = new(StringComparer.OrdinalIgnoreCase);
        private IStagedFile? _whole;
        private bool _isCommitted;

        public IStagedFile Add(string path, string member, byte[] bytes, string? like)
        {
            _drivers[member] = bytes;
            _whole?.Dispose();
            _whole = null;
            store.WithCabinet(file, _drivers, content => _whole = store.Bulk(path).Stage(file, content, like));
            return new Part(this, path);
        }

        private void Commit()
        {
            if (!_isCommitted)
            {
                store._staged.Remove(file);
                _isCommitted = true;
                _whole!.Commit();
            }
        }

        private void TakeBack()
        {
            if (_isCommitted)
            {
                _whole!.TakeBack();
                _isCommitted = false;
            }
        }

        private void Dispose()
        {
            store._staged.Remove(file);
            _whole?.Dispose();
        }

        private sealed class Part(StagedCabinet cabinet, string path) : IStagedFile
        {
            public string Path => path;

            public void Commit() => cabinet.Commit();

            public void TakeBack() => cabinet.TakeBack();

            public void Dispose() => cabinet.Dispose();
        }
    }

    private sealed class NothingStaged(string path) : IStagedFile
    {
        public string Path => path;

        public void Commit()
        {
        }

        public void TakeBack()
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class SharedLock(PackedFileStore store, string folder) : IDisposable
    {
        private bool _isOver;

        public void Dispose()
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
            var (held, count) = store._locks[folder];
            if (count > 1)
            {
                store._locks[folder] = (held, count - 1);
                return;
            }

            store._locks.Remove(folder);
            held.Dispose();
        }
    }
}
