using HalfOpen.Images;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Files.Linux;

namespace HalfOpen.Tests.Windows;

internal enum Fault
{
    /// <summary>
    /// The process ends at this step: nothing that comes after happens, not even in a finally block. A file being
    /// written is left half written.
    /// </summary>
    Kill,

    /// <summary>This one step fails, as with a disk that is full for a moment.</summary>
    FailOnce,

    /// <summary>This step and every change after it fail, as with a disk that is pulled.</summary>
    FailForever,
}

/// <summary>The process is gone. No code of ours catches this.</summary>
#pragma warning disable CA1064, RCS1194, MA0054
internal sealed class ProcessEndedException : Exception;
#pragma warning restore CA1064, RCS1194, MA0054

/// <summary>The real file operations with one fault at a chosen step.</summary>
internal sealed class FaultyOperations : IFileOperations
{
    private readonly LinuxFileOperations _real = new();
    private int _faultAt = int.MaxValue;
    private Fault _fault;

    /// <summary>Steps since arming.</summary>
    public int Steps { get; private set; }

    public bool Happened => Steps > _faultAt;

    public void Arm(int faultAt, Fault fault) => (Steps, _faultAt, _fault) = (0, faultAt, fault);

    public void Trust(string named) => _real.Trust(named);

    public FileEntry? Find(string path) => IsDead ? throw new ProcessEndedException() : _real.Find(path);

    public IReadOnlyList<FileEntry> List(string folder) => IsDead ? throw new ProcessEndedException() : _real.List(folder);

    public byte[] Read(string path, int maxBytes, bool followLink)
    {
        Step(isChange: false);
        return _real.Read(path, maxBytes, followLink);
    }

    public byte[] ReadStart(string path, int count)
    {
        Step(isChange: false);
        return _real.ReadStart(path, count);
    }

    public string? ObstacleTo(string path) => IsDead ? throw new ProcessEndedException() : _real.ObstacleTo(path);

    public FileBytes Open(string path)
    {
        Step(isChange: false);
        return _real.Open(path);
    }

    public bool CreateFolder(string path)
    {
        Step(isChange: true);
        return _real.CreateFolder(path);
    }

    public bool RemoveFolder(string path)
    {
        Step(isChange: true);
        return _real.RemoveFolder(path);
    }

    public FileIdentity Create(string path, ByteSource content, string? like)
    {
        if (Steps == _faultAt)
        {
            File.WriteAllBytes(path, content.Read(0, (int)content.Length / 2));
        }

        Step(isChange: true);
        return _real.Create(path, content, like);
    }

    /// <summary>
    /// Whether the file system can give a file a second name: FAT cannot, and the old content is copied.
    /// </summary>
    public bool HasLinks { get; init; } = true;

    public bool Link(string from, string to, out FileIdentity identity)
    {
        Step(isChange: true);
        identity = default;
        return HasLinks && _real.Link(from, to, out identity);
    }

    public void Rename(string from, string to, FileIdentity identity)
    {
        Step(isChange: true);
        _real.Rename(from, to, identity);
    }

    public void Delete(string path)
    {
        Step(isChange: true);
        _real.Delete(path);
    }

    public void SyncFolder(string folder)
    {
        Step(isChange: true);
        _real.SyncFolder(folder);
    }

    public IDisposable Lock(string folder)
    {
        Step(isChange: false);
        return _real.Lock(folder);
    }

    private bool IsDead => _fault == Fault.Kill && Happened;

    private void Step(bool isChange)
    {
        var now = Steps++;
        if (now == _faultAt || (now > _faultAt && (_fault == Fault.Kill || (_fault == Fault.FailForever && isChange))))
        {
            throw _fault == Fault.Kill ? new ProcessEndedException() : new IOException("no space left", 28);
        }
    }
}
