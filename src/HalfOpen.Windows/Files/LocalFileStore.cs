using System.Security.Cryptography;
using HalfOpen.Images;
using HalfOpen.Media.Sources;
using HalfOpen.Windows.Files.Linux;

namespace HalfOpen.Windows.Files;

/// <summary>
/// Drivers on the local file system. A file is replaced by writing the new content under a temporary name in the same
/// folder, waiting for the disk, renaming, and waiting for the disk again: whenever the power fails, the file is all
/// old or all new. Not thread-safe.
/// </summary>
/// <remarks>
/// On Linux the folders may belong to somebody who means harm to the root that works in them: see
/// docs/decisions/0023-folders-of-others.md. Names there need not be UTF-8; paths carry them as <see cref="LinuxName"/>
/// says.
/// </remarks>
public sealed class LocalFileStore : IBulkStore
{
    internal const string ReadsBackDifferently = "what was written reads back differently: check this disk before you trust it.";
    internal const string AnotherIsAtWork = "another halfopen is at work in this folder: wait for it and try again.";

    private readonly IFileOperations _operations;

    public LocalFileStore()
        : this(OperatingSystem.IsLinux() ? new LinuxFileOperations() : new PathFileOperations())
    {
    }

    internal LocalFileStore(IFileOperations operations) => _operations = operations;

    /// <summary>
    /// Says that the caller named this path himself: it is opened now, through links, and what is below it is found in
    /// that very folder from then on.
    /// </summary>
    public void Trust(string named) => _operations.Trust(Path.TrimEndingDirectorySeparator(LinuxPath.Full(named)));

    public FileEntry? Find(string path) => Try(path, () => _operations.Find(LinuxPath.Full(path)));

    public IReadOnlyList<FileEntry> List(string folder) => Try(folder, () =>
        LinuxPath.Full(folder) is var full && _operations.Find(full)?.Kind == EntryKind.Folder ? _operations.List(full) : []);

    public byte[] Read(string path, int maxBytes, bool followLink = false) =>
        Try(path, () => _operations.Read(LinuxPath.Full(path), maxBytes, followLink));

    public byte[] ReadStart(string path, int count) => Try(path, () => _operations.ReadStart(LinuxPath.Full(path), count));

    public string? ObstacleTo(string path) =>
        Try(path, () => SleepingWindows.Find(this, path) ?? _operations.ObstacleTo(LinuxPath.Full(path)));

    public IStagedFile Stage(string path, byte[] bytes, string? like) => Stage(path, new MemorySource(bytes), like);

    public ByteSource Open(string path) => Try(path, () => (ByteSource)_operations.Open(LinuxPath.Full(path)));

    public void CreateFolder(string path) => Try(path, () =>
    {
        var full = LinuxPath.Full(path);
        if (!_operations.CreateFolder(full) && _operations.Find(full)?.Kind != EntryKind.Folder)
        {
            throw new FileProblemException(path, "something that is no folder has this name: move it away and try again.");
        }

        _operations.SyncFolder(FolderOf(full));
        return 0;
    });

    public void RemoveEmptyFolder(string path) => Try(path, () => _operations.RemoveFolder(LinuxPath.Full(path)));

    public IStagedFile Stage(string path, ByteSource content, string? like) => Try(path, () =>
    {
        var staged = new Staged(_operations, LinuxPath.Full(path));
        try
        {
            staged.Prepare(content, like);
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
        path = LinuxPath.Full(path);
        if (_operations.Find(path) is not null)
        {
            _operations.Delete(path);
            _operations.SyncFolder(FolderOf(path));
        }

        return 0;
    });

    public int RemoveLeftovers(string path) => Try(path, () =>
    {
        var leftovers = List(FolderOf(path)).Where(e => e.Kind == EntryKind.File && FileNames.IsTemporaryOf(e.Name, Path.GetFileName(path)))
            .ToList();
        foreach (var leftover in leftovers)
        {
            _operations.Delete(leftover.Path);
        }

        return leftovers.Count;
    });

    public bool CanSetAside(string path) => true;

    public IStagedFile? SetAside(string path, string keptAs) => Try(path, () =>
    {
        using var from = _operations.Open(LinuxPath.Full(path));
        if (Find(keptAs) is { Kind: EntryKind.File } entry && entry.Size == from.Length)
        {
            using var kept = _operations.Open(LinuxPath.Full(keptAs));
            if (kept.HasSameBytesAs(from))
            {
                return null;
            }
        }

        return Stage(keptAs, from, like: path);
    });

    public IDisposable Lock(string folder) => Try(folder, () => _operations.Lock(LinuxPath.Full(folder)));

    internal static string FolderOf(string path) => Path.GetDirectoryName(LinuxPath.Full(path)) ?? Path.GetPathRoot(path) ?? "/";

    internal static string TooLarge(long size, int maxBytes) =>
        $"{size:N0} bytes are too many (at most {maxBytes:N0}): this is no driver, and it was not read.";

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
            throw new FileProblemException(
                path, OperatingSystem.IsWindows() ? WindowsError.Describe(e) : Errno.Describe(Errno.AccessDenied), e);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new FileProblemException(path, "its folder does not exist.", e);
        }
        catch (FileNotFoundException e)
        {
            throw new FileProblemException(path, Errno.Describe(Errno.NotFound), e);
        }
        catch (PathTooLongException e)
        {
            throw new FileProblemException(path, Errno.Describe(Errno.NameTooLong), e);
        }
        catch (ImageProblemException e)
        {
            throw new FileProblemException(path, e.Message, e);
        }
        catch (IOException e)
        {
            throw new FileProblemException(path, OperatingSystem.IsWindows() ? WindowsError.Describe(e) : Errno.Describe(e.HResult), e);
        }
    }

    /// <summary>
    /// New content under a temporary name, and the old one under another until it is sure that the new one stays.
    /// </summary>
    private sealed class Staged(IFileOperations operations, string path) : IStagedFile
    {
        private readonly string _new = Temporary(path);
        private byte[]? _hash;
        private FileIdentity _identity;
        private string? _old;
        private FileIdentity _oldIdentity;
        private bool _isCommitted;
        private bool _isNewLeft;
        private bool _isOldLeft;

        public string Path => path;

        public void Prepare(ByteSource content, string? like)
        {
            _hash = Hash(content);
            _isNewLeft = true;
            _identity = operations.Create(_new, content, like is null ? null : LinuxPath.Full(like));
            if (operations.Find(path) is { Kind: EntryKind.File })
            {
                _old = Temporary(path);
                _isOldLeft = true;
                if (!operations.Link(path, _old, out _oldIdentity))
                {
                    using var old = operations.Open(path);
                    _oldIdentity = operations.Create(_old, old, like: path);
                }
            }
        }

        public void Commit() => Try(path, () =>
        {
            operations.Rename(_new, path, _identity);
            (_isCommitted, _isNewLeft) = (true, false);
            operations.SyncFolder(FolderOf(path));
            using var written = operations.Open(path);
            if (!Hash(written).AsSpan().SequenceEqual(_hash))
            {
                throw new FileProblemException(path, ReadsBackDifferently);
            }

            return 0;
        });

        public void TakeBack() => Try(path, () =>
        {
            if (!_isCommitted)
            {
                return 0;
            }

            if (_old is null)
            {
                operations.Delete(path);
            }
            else
            {
                operations.Rename(_old, path, _oldIdentity);
                _isOldLeft = false;
            }

            _isCommitted = false;
            operations.SyncFolder(FolderOf(path));
            return 0;
        });

        public void Dispose()
        {
            Remove(_new, ref _isNewLeft);
            Remove(_old, ref _isOldLeft);
        }

        private static byte[] Hash(ByteSource content)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            content.CopyTo(hash.AppendData);
            return hash.GetHashAndReset();
        }

        private static string Temporary(string path) =>
            path + FileNames.TemporaryInfix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

        private void Remove(string? temporary, ref bool isLeft)
        {
            if (!isLeft)
            {
                return;
            }

            isLeft = false;
            try
            {
                operations.Delete(temporary!);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next run sweeps it (RemoveLeftovers); the failure that brought us here, if any, is the one to
                // report.
            }
        }
    }
}
