namespace HalfOpen.Windows.Files;

/// <summary>The steps on the local file system.</summary>
internal sealed class LocalFileOperations : IFileOperations
{
    public FileEntry? Find(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            return NativeFile.Stat(path) is { } stat ? new FileEntry(path, stat.Kind, stat.Size) : null;
        }

        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return Directory.Exists(path) ? new FileEntry(path, new DirectoryInfo(path).LinkTarget is null ? EntryKind.Folder : EntryKind.SymbolicLink, 0) : null;
        }

        return new FileEntry(path, file.LinkTarget is null ? EntryKind.File : EntryKind.SymbolicLink, file.LinkTarget is null ? file.Length : 0);
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

    public byte[] Read(string path, int maxBytes)
    {
        // FileShare.Read: somebody who holds the file exclusively is noticed here, not after half the work.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        if (stream.Length > maxBytes)
        {
            throw new FileProblemException(path, TooLarge(stream.Length, maxBytes));
        }

        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public void CreateSynced(string path, byte[] bytes)
    {
        // CreateNew never follows a link and never overwrites: a planted name cannot lead the write elsewhere.
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1);
        stream.Write(bytes);
        stream.Flush(flushToDisk: true);
    }

    public void CopyMetadata(string from, string to)
    {
        if (OperatingSystem.IsLinux())
        {
            NativeFile.CopyExtendedAttributes(from, to);
            if (NativeFile.Stat(from) is { } source && NativeFile.Stat(to) is { } target && (source.Owner, source.Group) != (target.Owner, target.Group))
            {
                NativeFile.ChangeOwner(to, source.Owner, source.Group);
            }
        }

        if (OperatingSystem.IsWindows())
        {
            File.SetCreationTimeUtc(to, File.GetCreationTimeUtc(from));
            File.SetAttributes(to, File.GetAttributes(from) & ~FileAttributes.ReadOnly);
        }
        else
        {
            File.SetUnixFileMode(to, File.GetUnixFileMode(from)); // after the owner: chown clears set-id bits
        }

        File.SetLastAccessTimeUtc(to, File.GetLastAccessTimeUtc(from));
        File.SetLastWriteTimeUtc(to, File.GetLastWriteTimeUtc(from));
        if (OperatingSystem.IsWindows())
        {
            File.SetAttributes(to, File.GetAttributes(from));
        }
    }

    public void Rename(string from, string to)
    {
        var wasReadOnly = OperatingSystem.IsWindows() && File.Exists(to) && File.GetAttributes(to).HasFlag(FileAttributes.ReadOnly);
        if (wasReadOnly)
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
        if (OperatingSystem.IsLinux())
        {
            NativeFile.SyncFolder(folder);
        }
    }

    public IDisposable Lock(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new MemoryStream(0);
        }

        return NativeFile.LockFolder(folder) ?? throw new FileProblemException(folder, "another halfopen is at work in this folder: wait for it and try again.");
    }

    internal static string TooLarge(long size, int maxBytes) => $"{size:N0} bytes are too many (at most {maxBytes:N0}): this is no driver, and it was not read.";
}
