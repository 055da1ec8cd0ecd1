using System.Security.Cryptography;

namespace HalfOpen.Windows.Files;

/// <summary>
/// Drivers on the local file system. A file is replaced by writing the new content under a temporary name in the same folder, waiting for the disk, renaming,
/// and waiting for the disk again: whenever the power fails, the file is all old or all new. Not thread-safe.
/// </summary>
public sealed class LocalFileStore : IFileStore
{
    private readonly IFileOperations _operations;

    public LocalFileStore()
        : this(new LocalFileOperations())
    {
    }

    internal LocalFileStore(IFileOperations operations) => _operations = operations;

    public FileEntry? Find(string path) => Try(path, () => _operations.Find(path));

    public IReadOnlyList<FileEntry> List(string folder) => Try(folder, () =>
        _operations.Find(folder)?.Kind == EntryKind.Folder || Directory.Exists(folder) ? _operations.List(folder) : []);

    public byte[] Read(string path, int maxBytes) => Try(path, () =>
    {
        // Looked at before it is opened: opening a pipe would wait for ever, and a file of gigabytes need not be touched.
        var entry = _operations.Find(path) ?? throw new FileProblemException(path, "no such file.");
        if (entry.Kind == EntryKind.SymbolicLink)
        {
            var target = ResolveLink(path);
            entry = _operations.Find(target) ?? throw new FileProblemException(path, "this is a symbolic link to a file that does not exist.");
        }

        switch (entry.Kind)
        {
            case EntryKind.Folder:
                throw new FileProblemException(path, "this is a folder, not a file.");
            case EntryKind.Other:
                throw new FileProblemException(path, "this is a device or a pipe, not a file.");
        }

        return entry.Size > maxBytes
            ? throw new FileProblemException(path, LocalFileOperations.TooLarge(entry.Size, maxBytes))
            : _operations.Read(entry.Path, maxBytes);
    });

    public IStagedFile Stage(string path, byte[] bytes, string? like) => Try(path, () =>
    {
        var temporary = path + FileNames.TemporaryInfix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var staged = new Staged(this, path, temporary, bytes);
        try
        {
            _operations.CreateSynced(temporary, bytes);
            if (like is not null)
            {
                _operations.CopyMetadata(like, temporary);
            }

            staged.Verify(temporary);
            return staged;
        }
        catch (Exception)
        {
            staged.Dispose();
            throw;
        }
    });

    public void Delete(string path) => Try(path, () =>
    {
        if (_operations.Find(path) is not null)
        {
            _operations.Delete(path);
            _operations.SyncFolder(FolderOf(path));
        }

        return 0;
    });

    public int RemoveLeftovers(string path) => Try(path, () =>
    {
        var leftovers = List(FolderOf(path)).Where(e => e.Kind == EntryKind.File && FileNames.IsTemporaryOf(e.Name, Path.GetFileName(path))).ToList();
        foreach (var leftover in leftovers)
        {
            _operations.Delete(leftover.Path);
        }

        return leftovers.Count;
    });

    public IDisposable Lock(string folder) => Try(folder, () => _operations.Lock(folder));

    internal static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) ?? Path.GetPathRoot(path) ?? "/";

    private static string ResolveLink(string path) =>
        File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? throw new FileProblemException(path, "this symbolic link leads nowhere.");

    /// <summary>What the system throws becomes one line that names the file and what to do.</summary>
    private static T Try<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (FileProblemException)
        {
            throw;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new FileProblemException(path, "permission denied; are you the owner, or root?", e);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new FileProblemException(path, "its folder does not exist.", e);
        }
        catch (PathTooLongException e)
        {
            throw new FileProblemException(path, "the path is too long.", e);
        }
        catch (IOException e)
        {
            throw new FileProblemException(path, Describe(e), e);
        }
    }

    private static string Describe(IOException e) => OperatingSystem.IsWindows() ? e.Message : e.HResult switch
    {
        11 => "the file is in use by another program: close it and try again.", // EAGAIN, from .NET's own lock
        16 or 26 => "the file is in use by another program: close it and try again.", // EBUSY, ETXTBSY
        27 => "the file would be larger than is allowed here (ulimit -f).", // EFBIG
        28 => "the disk is full; nothing of the old file was lost. Free some space and try again.", // ENOSPC
        30 => "the file system is read-only: mount it for writing (mount -o remount,rw) and try again.", // EROFS
        40 => "too many symbolic links.", // ELOOP
        122 => "your disk quota is used up.", // EDQUOT
        _ => e.Message,
    };

    private sealed class Staged(LocalFileStore store, string path, string temporary, byte[] bytes) : IStagedFile
    {
        private bool _isDone;

        public string Path => path;

        public void Commit() => Try(path, () =>
        {
            store._operations.Rename(temporary, path);
            _isDone = true;
            store._operations.SyncFolder(FolderOf(path));
            Verify(path);
            return 0;
        });

        public void Verify(string where)
        {
            if (!store._operations.Read(where, bytes.Length).AsSpan().SequenceEqual(bytes))
            {
                throw new FileProblemException(where, "what was written reads back differently: check this disk before you trust it.");
            }
        }

        public void Dispose()
        {
            if (_isDone)
            {
                return;
            }

            _isDone = true;
            try
            {
                store._operations.Delete(temporary);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next run sweeps it (RemoveLeftovers); the failure that brought us here is the one to report.
            }
        }
    }
}
