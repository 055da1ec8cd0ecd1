using HalfOpen.Driver;
using HalfOpen.Images;
using HalfOpen.Images.FileSystems;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Files.Linux;
using HalfOpen.Windows.Lifting;

namespace HalfOpen.Windows.Images;

/// <content>What changes the image and its journal. Every change of the image comes after a journal that explains
/// it.</content>
public sealed partial class ImageFileStore
{
    private ImageWriter? _writer;
    private int _locks;
    private bool _isJournalOnDisk;

    /// <summary>False while something is staged that the journal on the disk does not explain.</summary>
    private bool _isJournalCurrent = true;

    /// <summary>
    /// What keeps a driver from being changed: one or two sentences with the remedy, or null. The whole image counts: a
    /// Windows that sleeps
    /// on one partition remembers them all.
    /// </summary>
    private const string LinuxOnly = "a disk image is changed on Linux only, since its locks are Linux's: mount it (Windows mounts VHD and "
        + "VHDX by a double click), and name the drive.";

    public string? ObstacleTo(string path)
    {
        try
        {
            if (!_isObstacleKnown)
            {
                (_obstacle, _isObstacleKnown) = (OperatingSystem.IsLinux() ? FindObstacle() : LinuxOnly, true);
            }

            if (_obstacle is not null || InnerOf(path) is not { } inner || VolumeOf(inner) is not { } volume)
            {
                return _obstacle;
            }

            if (volume.FileSystem!.FindWriteProblem() is { } dirty)
            {
                return dirty;
            }

            if (!_records.ContainsKey(inner) && RealEntry(FileNames.BackupOf(path)) is not null)
            {
                return "its backup stands inside the image, so it was patched while the image was mounted: "
                    + "mount it again and patch or restore it there.";
            }

            var (_, file) = Open(path);
            return file.WriteProblem ?? PlaceProblem(volume, file);
        }
        catch (Exception e) when (e is ImageProblemException or FileProblemException)
        {
            return e is FileProblemException f ? f.Problem : e.Message;
        }
    }

    public IStagedFile Stage(string path, byte[] bytes, string? like) => Try<IStagedFile>(path, () =>
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (path.EndsWith(FileNames.BackupSuffix, StringComparison.Ordinal))
        {
            return new StagedRecord(this, path, InnerOf(path[..^FileNames.BackupSuffix.Length])!, bytes, null);
        }

        if (path.EndsWith(FileNames.ManifestSuffix, StringComparison.Ordinal) && BackupManifest.FromBytes(bytes) is { } manifest)
        {
            return new StagedRecord(this, path, InnerOf(path[..^FileNames.ManifestSuffix.Length])!, null, manifest);
        }

        return StageDriver(path, bytes);
    });

    /// <summary>Forgets a backup: the original stands in the image again. The journal goes with the last one.</summary>
    public void Delete(string path) => Try(path, () =>
    {
        if (DriverOf(path, out var inner) == FileNames.BackupSuffix)
        {
            if (Content(inner) is { } raw && RolledBack(inner, raw) is { } original)
            {
                using var staged = StageDriver(PathOf(inner), original);
                staged.Commit();
            }

            _records.Remove(inner);
            SaveJournal();
        }

        return 0;
    });

    public int RemoveLeftovers(string path) => Try(path, _journalFile.RemoveLeftovers);

    /// <summary>Opens the image for writing and keeps others out until all locks are disposed.</summary>
    public IDisposable Lock(string folder) => Try(folder, () =>
    {
        if (_writer is null)
        {
            _writer = ImageWriter.Open(_files, _image.Disk.Files, _step);
            try
            {
                Reload();
                LoadJournal();
            }
            catch (Exception)
            {
                _writer.Dispose();
                _writer = null;
                throw;
            }
        }

        _locks++;
        return new Held(this);
    });

    /// <summary>
    /// Whether the fields that a patch changes stand in the image as they are; a search for them is part of the answer.
    /// </summary>
    private string? PlaceProblem(DiskVolume volume, VolumeFile file)
    {
        var report = DriverExaminer.Examine(file.Read(0, (int)Math.Min(file.Length, FileNames.MaxDriverSize)));
        if (report.Location is null || report.Checksum is null)
        {
            return null; // not a driver that is patched
        }

        _ = _image.Locate(volume, file, report.Location.FileOffset.Value, JournalEdit.Length);
        _ = _image.Locate(volume, file, report.Checksum.Field.Value, JournalEdit.Length);
        return null;
    }

    /// <summary>There is no place beside the image where a backup could stay; one has to be named.</summary>
    public bool NeedsBackupFolder => !HasJournalFolder;

    private string? FindObstacle()
    {
        if (JournalProblem is not null)
        {
            return JournalProblem;
        }

        if (!HasJournalFolder)
        {
            return "this is a device, beside which no backup can be kept (/dev is emptied at the next start): name a folder for it.";
        }

        if (_image.Disk.WriteProblem is { } problem)
        {
            return problem;
        }

        if (_files.Folder is not null && _writer is null)
        {
            foreach (var part in _image.Disk.Files)
            {
                if (FindWriteProblem(part.Name) is { } unwritable)
                {
                    return unwritable;
                }

                if (ImageUse.Find(_files.HandleOf(part.Name), System.IO.Path.Combine(_files.FolderPath, part.Name)) is { } use)
                {
                    return use;
                }
            }
        }

        if (_writer is null && FindJournalProblem() is { } journal)
        {
            return journal;
        }

        return ImageUse.FindBeside(_files.FolderPath, _files.Name, _image.Disk.Format)
            ?? _image.Volumes.Select(v => SleepingWindows.Find(v) is { } sleeps ? $"Partition {v.Number}: {sleeps}"
                : null).FirstOrDefault(s => s is not null);
    }

    private string? FindWriteProblem(string name) =>
        new LinuxFileOperations().FlagOf(System.IO.Path.Combine(_files.FolderPath, name)) ?? NativeImage.WriteProblem(_files.Folder!, name);

    /// <summary>Whether the journal could be written where it is to stand.</summary>
    private string? FindJournalProblem()
    {
        if (_files.Folder is null)
        {
            return null;
        }

        var operations = new LinuxFileOperations();
        operations.Trust(System.IO.Path.GetDirectoryName(JournalPath)!);
        return operations.ObstacleTo(JournalPath) is { } problem ? $"its journal {JournalPath} cannot be written: {problem}" : null;
    }

    /// <summary>Reads the image anew: between looking at it and locking it, somebody may have changed it.</summary>
    private void Reload()
    {
        _files.Forget();
        _folders.Clear();
        _isObstacleKnown = false;
        _image = DiskImage.Open(_files) ?? throw new FileProblemException(Path, "the image changed while it was being looked at: "
            + "try again.");
    }

    private void LoadJournal()
    {
        _records = new Dictionary<string, DriverRecord>(StringComparer.Ordinal);
        (JournalProblem, IsJournalDamaged) = (null, false);
        _isJournalOnDisk = false;
        byte[]? bytes;
        try
        {
            bytes = _journalFile.Read();
        }
        catch (FileProblemException e)
        {
            JournalProblem = e.Message;
            return;
        }

        if (bytes is null)
        {
            return;
        }

        var journal = ImageJournal.FromBytes(bytes);
        IsJournalDamaged = journal is null;
        JournalProblem = journal is null ? $"the journal {JournalPath} is damaged, so it does not tell what the drivers were before the "
            + "patch: put a sound copy in its place. Without one, move it away, and patch to 10, the limit that Microsoft shipped."
            : journal.Image.Identity != Identity() || journal.Image.DiskSize != _image.Disk.Length
                ? $"the journal {JournalPath} belongs to another image: move it away, or put the image back that it belongs to." : null;
        if (JournalProblem is null)
        {
            foreach (var driver in journal!.Drivers.Where(d => !_forgotten.Contains(d.Path)))
            {
                _records[driver.Path] = new DriverRecord { Manifest = driver.Manifest, Edits = driver.Edits, Size = driver.Size };
            }

            _isJournalOnDisk = true;
        }
    }

    private string Identity() =>
        string.Join(' ', _image.Volumes.Where(v => v.FileSystem is not null).Select(v =>
            v.Number + ":" + v.FileSystem!.Serial).Prepend(_image.Identity ?? "-"));

    private byte[]? OriginalOf(string inner) => _records.TryGetValue(inner, out var record) ? record.Original
        ?? (Content(inner) is { } raw ? record.OriginalFrom(raw) : null) : null;

    private byte[]? RolledBack(string inner, byte[] raw) =>
        _records.TryGetValue(inner, out var record) && record.Original is null && record.IsCutShort(raw) ? record.OriginalFrom(raw) : null;

    private StagedDriver StageDriver(string path, byte[] bytes)
    {
        if (ObstacleTo(path) is { } obstacle)
        {
            throw new FileProblemException(path, obstacle);
        }

        var inner = InnerOf(path)!;
        var (volume, file) = Open(path);
        var raw = file.Read(0, (int)Math.Min(file.Length, FileNames.MaxDriverSize));
        var record = _records.GetValueOrDefault(inner);
        var original = record?.OriginalFrom(raw);
        var edits = original is null || bytes.Length != raw.Length ? null : EditsOf(volume, file, original, raw, bytes);
        return edits is null ? throw new FileProblemException(path, "only a new limit can be written into an image, not another "
            + "file: mount the image for that.")
            : new StagedDriver(this, path, inner, edits, BackupState.Hash(bytes));
    }

    /// <summary>The two fields that a patch may change; null when anything else differs.</summary>
    private List<StagedEdit>? EditsOf(DiskVolume volume, VolumeFile file, byte[] original, byte[] raw, byte[] bytes)
    {
        var report = DriverExaminer.Examine(original);
        if (report.Location is null || report.Checksum is null)
        {
            return null;
        }

        var edits = new List<StagedEdit>();
        var rest = (byte[])bytes.Clone();
        foreach (var offset in new[] { report.Location.FileOffset.Value, report.Checksum.Field.Value })
        {
            byte[] Field(byte[] of) => of[offset..(offset + JournalEdit.Length)];
            var places = _image.Locate(volume, file, offset, JournalEdit.Length);
            edits.Add(new StagedEdit(offset, Field(original), Field(raw), Field(bytes), places));
            Field(raw).CopyTo(rest, offset);
        }

        return rest.AsSpan().SequenceEqual(raw) ? edits : null;
    }

    /// <summary>Whether the journal on the disk already explains what is about to be written.</summary>
    private bool IsExplained(string inner, List<StagedEdit> edits) =>
        _isJournalOnDisk && _records.TryGetValue(inner, out var record) && record.Edits.Count == edits.Count
        && edits.Zip(record.Edits).All(e => e.First.Offset == e.Second.Offset && e.Second.Explains(e.First.Before)
            && e.Second.Explains(e.First.After));

    private void SaveJournal()
    {
        var writer = _writer ?? throw new InvalidOperationException("The journal is written under a lock only.");
        var drivers = _records.Where(r => r.Value is { Manifest: not null, Edits.Count: > 0 }).OrderBy(r => r.Key, StringComparer.Ordinal)
            .Select(r => new JournalDriver { Path = r.Key, Size = r.Value.Size, Manifest = r.Value.Manifest!, Edits =
                r.Value.Edits }).ToList();
        if (drivers.Count > 0)
        {
            var image = new JournalImage(_files.Name, _image.Disk.Format, Identity(), _image.Disk.Length);
            _journalFile.Write(new ImageJournal { Format = 1, Image = image, Drivers = drivers }.ToBytes(), writer.Main);
            _isJournalOnDisk = true;
        }
        else if (_isJournalOnDisk)
        {
            _journalFile.Delete();
            _isJournalOnDisk = false;
        }
    }

    /// <summary>Writes fields in place and proves them by reading the driver anew.</summary>
    private void WriteInPlace(string path, List<StagedEdit> edits, Func<StagedEdit, byte[]> content, string? sha256)
    {
        foreach (var edit in edits)
        {
            _writer!.Write(edit.Places, content(edit), edit.Before, edit.After, edit.Original);
        }

        _writer!.Sync();
        Reload();
        if (sha256 is not null && (Content(InnerOf(path)!) is not { } bytes || BackupState.Hash(bytes) != sha256))
        {
            throw new FileProblemException(path, "what was written reads back differently: check this disk and this image before "
                + "you trust them.");
        }
    }

    private void Release()
    {
        if (--_locks == 0)
        {
            _writer?.Dispose();
            _writer = null;
        }
    }

    private sealed class Held(ImageFileStore store) : IDisposable
    {
        private bool _isDone;

        public void Dispose()
        {
            if (!_isDone)
            {
                _isDone = true;
                store.Release();
            }
        }
    }
}
