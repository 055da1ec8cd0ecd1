using HalfOpen.Images;
using HalfOpen.Media.Sources;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Windows.Files;

/// <summary>
/// The steps by path, for systems without the calls of Linux: there a folder belongs to whoever runs this.
/// </summary>
internal sealed class PathFileOperations : IFileOperations
{
    private const string LockName = ".halfopen-lock";

    public void Trust(string named)
    {
        // Every path is followed here.
    }

    public FileEntry? Find(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return Directory.Exists(path)
                ? new FileEntry(path, new DirectoryInfo(path).LinkTarget is null ? EntryKind.Folder : EntryKind.SymbolicLink, 0) : null;
        }

        return new FileEntry(path, file.LinkTarget is null ? EntryKind.File : EntryKind.SymbolicLink,
            file.LinkTarget is null ? file.Length : 0);
    }

    public IReadOnlyList<FileEntry> List(string folder)
    {
        var entries = new List<FileEntry>();
        foreach (var path in Directory.EnumerateFileSystemEntries(folder))
        {
            if (Find(path) is { } entry)
            {
                entries.Add(entry);
            }
        }

        entries.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return entries;
    }

    public byte[] Read(string path, int maxBytes, bool followLink)
    {
        using var stream = Open(path, followLink);
        if (stream.Length > maxBytes)
        {
            throw new FileProblemException(path, LocalFileStore.TooLarge(stream.Length, maxBytes));
        }

        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public byte[] ReadStart(string path, int count)
    {
        using var stream = Open(path, followLink: false);
        var bytes = new byte[Math.Min(count, stream.Length)];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>A read-only file is no obstacle: the attribute is taken off and given back.</summary>
    public string? ObstacleTo(string path) => null;

    public FileBytes Open(string path)
    {
        Open(path, followLink: false).Dispose();
        return new HandleBytes(File.OpenHandle(path));
    }

    public bool CreateFolder(string path)
    {
        if (Directory.Exists(path) || File.Exists(path))
        {
            return false;
        }

        Directory.CreateDirectory(path);
        return true;
    }

    public bool RemoveFolder(string path)
    {
        if (!Directory.Exists(path) || Directory.EnumerateFileSystemEntries(path).Any())
        {
            return false;
        }

        Directory.Delete(path);
        return true;
    }

    public FileIdentity Create(string path, ByteSource content, string? like)
    {
        using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1))
        {
            content.CopyTo(stream.Write);
            stream.Flush(flushToDisk: true);
        }

        if (like is not null)
        {
            CopyMetadata(like, path);
        }

        using var written = Open(path);
        return written.HasSameBytesAs(content) ? default
            : throw new FileProblemException(path, LocalFileStore.ReadsBackDifferently);
    }

    public bool Link(string from, string to, out FileIdentity identity)
    {
        identity = default;
        return false; // .NET has no word for it; the caller copies
    }

    public void Rename(string from, string to, FileIdentity identity)
    {
        if (OperatingSystem.IsWindows() && File.Exists(to) && File.GetAttributes(to).HasFlag(FileAttributes.ReadOnly))
        {
            File.SetAttributes(to, File.GetAttributes(to) & ~FileAttributes.ReadOnly); // Windows refuses to replace a read-only file
        }

        File.Move(from, to, overwrite: true);
    }

    public void Delete(string path)
    {
        if (OperatingSystem.IsWindows() && File.Exists(path))
        {
            File.SetAttributes(path, FileAttributes.Normal);
        }

        File.Delete(path);
    }

    public void SyncFolder(string folder)
    {
        // Windows has no such call: NTFS journals the rename itself.
    }

    /// <summary>A file that nobody else can open, and that goes when it is closed, also by the end of the
    /// process.</summary>
    public IDisposable Lock(string folder)
    {
        var path = Path.Combine(folder, LockName);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (WindowsError.IsSharingViolation(e))
        {
            throw new FileProblemException(folder, LocalFileStore.AnotherIsAtWork, e);
        }
    }

    private static FileStream Open(string path, bool followLink)
    {
        if (Directory.Exists(path))
        {
            throw new FileProblemException(path, "this is a folder, not a file.");
        }

        if (!followLink && new FileInfo(path).LinkTarget is not null)
        {
            throw new FileProblemException(path, "this is a symbolic link, which is not followed here.");
        }

        // FileShare.Read: somebody who holds the file exclusively is noticed here, not after half the work.
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
    }

    private sealed class HandleBytes(SafeFileHandle handle) : FileBytes
    {
        public override long Length { get; } = RandomAccess.GetLength(handle);

        public override void Dispose() => handle.Dispose();

        protected override void ReadCore(long offset, Span<byte> into)
        {
            for (var done = 0; done < into.Length;)
            {
                var read = RandomAccess.Read(handle, into[done..], offset + done);
                done += read > 0 ? read : throw new ImageProblemException("The file became shorter while it was being read: try again.");
            }
        }
    }

    private static void CopyMetadata(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            File.SetCreationTimeUtc(to, File.GetCreationTimeUtc(from));
            File.SetAttributes(to, File.GetAttributes(from) & ~FileAttributes.ReadOnly);
        }
        else
        {
            File.SetUnixFileMode(to, File.GetUnixFileMode(from));
        }

        File.SetLastAccessTimeUtc(to, File.GetLastAccessTimeUtc(from));
        File.SetLastWriteTimeUtc(to, File.GetLastWriteTimeUtc(from));
        if (OperatingSystem.IsWindows())
        {
            File.SetAttributes(to, File.GetAttributes(from));
        }
    }
}
