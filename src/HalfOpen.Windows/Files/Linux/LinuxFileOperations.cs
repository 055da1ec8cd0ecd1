using HalfOpen.Images;

namespace HalfOpen.Windows.Files.Linux;

/// <summary>
/// The steps on Linux, for root in a folder that belongs to somebody else: everything is done with open folders and
/// open files, no link below what the caller named is followed, and nothing that is no plain file is ever opened. Why:
/// docs/decisions/0023-folders-of-others.md. Not thread-safe.
/// </summary>
internal sealed class LinuxFileOperations : IFileOperations
{
    private const int EntriesAtOnce = 64 * 1024;

    /// <summary>Bytes. No driver and few hives are as large.</summary>
    private const int LargeFile = 4 * 1024 * 1024;

    private const uint OwnerOnlyFolder = 0x1C0; // 0700
    private const uint AnyNewFile = 0x1B6, OwnerOnly = 0x180; // 0666, of which the umask takes away; 0600

    private const string Swapped =
        "somebody put another file in its place while it was being written: look who works in this folder, and try again.";

    private readonly FolderWalk _walk = new();

    public void Trust(string named) => _walk.Trust(named);

    public FileEntry? Find(string path)
    {
        using var folder = _walk.OpenParent(path, out var name, out var error);
        if (folder is not null && FileStatus.Of(folder, name, out error) is { } status)
        {
            return new FileEntry(path, status.Kind, status.Size);
        }

        // A link on the way counts as nothing there: it is not followed.
        return error is Errno.NotFound or Errno.NotAFolder or Errno.Loop ? null : throw Errno.Problem(path, error);
    }

    public IReadOnlyList<FileEntry> List(string folder)
    {
        using var open = OpenFolder(folder);
        var entries = new List<FileEntry>();
        var buffer = new byte[EntriesAtOnce];
        while (true)
        {
            var length = Libc.GetEntries(open.Number, buffer, (nuint)buffer.Length);
            if (length < 0)
            {
                throw Errno.Problem(folder, Errno.Last);
            }

            if (length == 0)
            {
                entries.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
                return entries;
            }

            AddEntries(open, folder, buffer.AsSpan(0, (int)length), entries);
        }
    }

    public byte[] Read(string path, int maxBytes, bool followLink)
    {
        using var folder = Parent(path, out var name);
        using var file = PlainFile.Open(folder, name, path, followLink, out var status);

        // Somebody who holds the file for himself is noticed here, not after half the work.
        if (Libc.Flock(file.Number, Libc.LockShared | Libc.LockNow) == 0)
        {
            file.IsLocked = true;
        }
        else if (Errno.Last == Errno.WouldBlock)
        {
            throw Errno.Problem(path, Errno.WouldBlock);
        }

        if (status.Size > maxBytes)
        {
            throw new FileProblemException(path, LocalFileStore.TooLarge(status.Size, maxBytes));
        }

        if (status.Size >= LargeFile)
        {
            GC.Collect(); // the one before it may still be there: the collector lets several of these come together before it looks
        }

        return PlainFile.Read(file, path, (int)status.Size);
    }

    public byte[] ReadStart(string path, int count)
    {
        using var folder = Parent(path, out var name);
        using var file = PlainFile.Open(folder, name, path, followLink: false, out var status);
        return PlainFile.Read(file, path, (int)Math.Min(count, status.Size));
    }

    public string? ObstacleTo(string path)
    {
        using var folder = _walk.OpenParent(path, out var name, out var error);
        if (folder is null)
        {
            return Errno.Describe(error);
        }

        // First the flags: of a folder that is immutable the system itself only says "not permitted".
        if ((Flagged(FileStatus.Of(folder, name, out _), "the file", path)
            ?? Flagged(FileStatus.Of(folder, out _), "its folder", LocalFileStore.FolderOf(path))) is { } flag)
        {
            return flag;
        }

        // Any other error says nothing of writing: some file systems in user space cannot be asked.
        return Libc.AccessAt(folder.Number, [(byte)'.', 0], Libc.WriteAccess | Libc.SearchAccess, 0) != 0
            && Errno.Last is Errno.ReadOnlyFileSystem or Errno.AccessDenied or Errno.NotPermitted ? Errno.Describe(Errno.Last) : null;
    }

    /// <summary>What of a file's own flags forbids to change it, with the remedy; null when nothing does.</summary>
    public string? FlagOf(string path)
    {
        _walk.Trust(LocalFileStore.FolderOf(path));
        using var folder = _walk.OpenParent(path, out var name, out _);
        return folder is null ? null : Flagged(FileStatus.Of(folder, name, out _), "the file", path);
    }

    public FileBytes Open(string path)
    {
        using var folder = Parent(path, out var name);
        return new LinuxFileBytes(PlainFile.Open(folder, name, path, followLink: false, out var status), status.Size);
    }

    public bool CreateFolder(string path)
    {
        using var folder = Parent(path, out var name);
        return Libc.MakeFolderAt(folder.Number, name, OwnerOnlyFolder) == 0
            || (Errno.Last == Errno.Exists ? false : throw Failed(path, folder, name));
    }

    public bool RemoveFolder(string path)
    {
        // By its name in the folder above: the folder itself may be open.
        using var above = Parent(Path.Combine(LocalFileStore.FolderOf(path), "any"), out _);
        return LinuxName.Encode(Path.GetFileName(path)) is { } name && Libc.UnlinkAt(above.Number, name, Libc.RemoveFolderAt) == 0;
    }

    public FileIdentity Create(string path, ByteSource content, string? like)
    {
        using var folder = Parent(path, out var name);
        using var model = like is null ? null : OpenPlain(like);

        // An existing name, a link too, is an error: a planted name cannot lead the write elsewhere. What gets
        // another's owner is for nobody else until then.
        const int Flags = Libc.ReadWrite | Libc.Create | Libc.Exclusive | Libc.CloseOnExec | Libc.NoTerminal;
        var number = Libc.OpenAt(folder.Number, name, Flags | Libc.NoFollow, model is null ? AnyNewFile : OwnerOnly);
        if (number < 0)
        {
            throw Failed(path, folder, name);
        }

        FileIdentity identity;
        using (var file = new OpenFile(number))
        {
            identity = FileStatus.Of(file, out var error)?.Identity ?? throw Errno.Problem(path, error);
            PlainFile.Write(file, path, content);
            if (model is not null)
            {
                Metadata.Give(file, path, model);
            }

            if (Libc.Sync(number) != 0)
            {
                throw Errno.Problem(path, Errno.Last);
            }
        }

        // Opened anew: some file systems in user space know the size of a file only after it was closed.
        ReadBack(folder, name, path, content, identity);
        return identity;
    }

    public bool Link(string from, string to, out FileIdentity identity)
    {
        using var folder = Parent(from, out var name);
        using var toFolder = Parent(to, out var toName);
        identity = default;
        if (Libc.LinkAt(folder.Number, name, toFolder.Number, toName, 0) != 0)
        {
            // NotPermitted: no links on FAT, or a file of somebody else's; the caller copies instead.
            return Errno.Last is Errno.NotPermitted or Errno.NoSuchCall or Errno.NotSupported or Errno.TooManyLinks or Errno.AccessDenied
                or Errno.CrossDevice
                ? false : throw Failed(to, toFolder, toName);
        }

        identity = FileStatus.Of(toFolder, toName, out var error)?.Identity ?? throw Errno.Problem(to, error);
        return true;
    }

    public void Rename(string from, string to, FileIdentity identity)
    {
        using var folder = Parent(from, out var name);
        using var toFolder = Parent(to, out var toName);
        CheckIdentity(folder, name, from, identity);
        if (Libc.RenameAt(folder.Number, name, toFolder.Number, toName) != 0)
        {
            throw Failed(to, toFolder, toName);
        }

        CheckIdentity(toFolder, toName, to, identity);
    }

    public void Delete(string path)
    {
        using var folder = Parent(path, out var name);
        if (Libc.UnlinkAt(folder.Number, name, 0) != 0 && Errno.Last != Errno.NotFound)
        {
            throw Failed(path, folder, name);
        }
    }

    public void SyncFolder(string folder)
    {
        // Some file systems in user space cannot; they order what they are told on their own.
        using var open = OpenFolder(folder);
        if (Libc.Sync(open.Number) != 0 && Errno.Last is var error && error != Errno.Invalid && !Errno.IsMissingFeature(error))
        {
            throw Errno.Problem(folder, error);
        }
    }

    public IDisposable Lock(string folder)
    {
        var open = OpenFolder(folder);
        if (Libc.Flock(open.Number, Libc.LockExclusive | Libc.LockNow) == 0)
        {
            open.IsLocked = true;
            return new LockedFolder(_walk, folder, open);
        }

        var error = Errno.Last;
        if (error == Errno.Invalid || Errno.IsMissingFeature(error))
        {
            return new LockedFolder(_walk, folder, open); // no locks on this file system
        }

        open.Dispose();
        throw error == Errno.WouldBlock ? new FileProblemException(folder, LocalFileStore.AnotherIsAtWork) : Errno.Problem(folder, error);
    }

    /// <summary>struct linux_dirent64: inode 8 bytes, offset 8, length of the record 2, type 1, name, zero.</summary>
    private static void AddEntries(OpenFile open, string folder, ReadOnlySpan<byte> records, List<FileEntry> entries)
    {
        while (!records.IsEmpty)
        {
            var record = records[..BitConverter.ToUInt16(records[16..])];
            records = records[record.Length..];
            var name = record[19..];
            name = name[..(name.IndexOf((byte)0) + 1)];
            if (name.SequenceEqual(".\0"u8) || name.SequenceEqual("..\0"u8))
            {
                continue;
            }

            // An entry that cannot be asked (a damaged disk) is listed nevertheless: a driver that cannot be read must
            // not go unseen.
            var status = FileStatus.Of(open, name.ToArray(), out var error);
            if (error != Errno.NotFound)
            {
                entries.Add(new FileEntry(folder, LinuxName.Decode(name[..^1]), status?.Kind ?? EntryKind.Other, status?.Size ?? 0));
            }
        }
    }

    private static void CheckIdentity(OpenFile folder, byte[] name, string path, FileIdentity identity)
    {
        if (FileStatus.Of(folder, name, out _)?.Identity != identity)
        {
            throw new FileProblemException(path, Swapped);
        }
    }

    private static void ReadBack(OpenFile folder, byte[] name, string path, ByteSource content, FileIdentity identity)
    {
        using var file = PlainFile.Open(folder, name, path, followLink: false, out var status);
        if (status.Identity != identity)
        {
            throw new FileProblemException(path, Swapped);
        }

        if (!PlainFile.Holds(file, content))
        {
            throw new FileProblemException(path, LocalFileStore.ReadsBackDifferently);
        }
    }

    private static string? Flagged(FileStatus? status, string what, string path) => status switch
    {
        { IsImmutable: true } => $"{what} is immutable: 'chattr -i {path}' takes that away; then try again.",
        { IsAppendOnly: true } => $"{what} can only grow: 'chattr -a {path}' takes that away; then try again.",
        _ => null,
    };

    /// <summary>
    /// The last error with a path. Where the system only says "not permitted", the flag that forbids it is named if
    /// there is one.
    /// </summary>
    private static FileProblemException Failed(string path, OpenFile folder, byte[] name)
    {
        var error = Errno.Last;
        var flag = error != Errno.NotPermitted ? null
            : Flagged(FileStatus.Of(folder, name, out _), "the file", path)
                ?? Flagged(FileStatus.Of(folder, out _), "its folder", LocalFileStore.FolderOf(path));
        return new FileProblemException(path, flag ?? Errno.Describe(error));
    }

    private OpenFile OpenPlain(string path)
    {
        using var folder = Parent(path, out var name);
        return PlainFile.Open(folder, name, path, followLink: false, out _);
    }

    private OpenFile Parent(string path, out byte[] name) => _walk.OpenParent(path, out name, out var error)
        ?? throw new FileProblemException(path, error == Errno.NotFound ? "its folder does not exist." : Errno.Describe(error));

    private OpenFile OpenFolder(string folder)
    {
        using var above = _walk.OpenParent(folder, out var name, out var error);
        var number = above is null
            ? -1 : Libc.OpenAt(above.Number, name, Libc.ReadOnly | Libc.Directory | Libc.NoFollow | Libc.CloseOnExec, 0);
        return number >= 0 ? new OpenFile(number) : throw Errno.Problem(folder, above is null ? error : Errno.Last);
    }

    /// <summary>While it is locked, its path means this very folder.</summary>
    private sealed class LockedFolder : IDisposable
    {
        private readonly FolderWalk _walk;
        private readonly string _path;
        private readonly OpenFile _folder;
        private readonly bool _isKept;

        public LockedFolder(FolderWalk walk, string path, OpenFile folder)
        {
            (_walk, _path, _folder) = (walk, path, folder);
            _isKept = walk.Keep(path, folder);
        }

        public void Dispose()
        {
            if (_isKept)
            {
                _walk.Forget(_path);
            }

            _folder.Dispose();
        }
    }
}
