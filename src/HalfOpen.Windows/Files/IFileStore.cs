namespace HalfOpen.Windows.Files;

/// <summary>What an entry of a folder is. A link is never followed to find out.</summary>
public enum EntryKind
{
    File,
    Folder,
    SymbolicLink,

    /// <summary>A pipe, a socket, a device.</summary>
    Other,
}

/// <summary>One entry of a folder. Immutable. Kept in parts: a folder may have a hundred thousand of them.</summary>
public sealed record FileEntry
{
    private readonly string _folder;

    /// <param name="path">Full path, in the spelling that the store uses; names that are not UTF-8 as <see
    /// cref="Linux.LinuxName"/> says.</param>
    /// <param name="size">Bytes; 0 for anything but a file.</param>
    public FileEntry(string path, EntryKind kind, long size)
        : this(System.IO.Path.GetDirectoryName(path) ?? path, System.IO.Path.GetFileName(path), kind, size)
    {
    }

    public FileEntry(string folder, string name, EntryKind kind, long size) => (_folder, Name, Kind, Size) = (folder, name, kind, size);

    public string Path => System.IO.Path.Join(_folder, Name);

    public string Name { get; }

    public EntryKind Kind { get; }

    /// <value>Bytes; 0 for anything but a file.</value>
    public long Size { get; }
}

/// <summary>
/// Where the bytes of drivers come from and go to: the one seam between what this project does with drivers and the
/// place they live in. Today: the local file system. A disk image or an archive is another implementation, and nothing
/// above it changes. Every failure is a <see cref="FileProblemException"/>. Implementations need not be thread-safe:
/// one transaction runs at a time.
/// </summary>
public interface IFileStore
{
    /// <summary>
    /// What stands at a path, or null. A link is reported as a link, except a link to a folder that the caller named
    /// himself: that is the folder.
    /// </summary>
    FileEntry? Find(string path);

    /// <summary>The entries of a folder in ordinal order of their names; empty when there is no such folder.</summary>
    IReadOnlyList<FileEntry> List(string folder);

    /// <summary>All bytes of a plain file.</summary>
    /// <param name="maxBytes">A larger file is a problem, found before anything is read.</param>
    /// <param name="followLink">Whether a link is followed. Only for what is shown: what is written on must not come
    /// from behind a link.</param>
    byte[] Read(string path, int maxBytes, bool followLink = false);

    /// <summary>
    /// The first bytes of a plain file of any size, fewer when it is shorter. A link is not followed.
    /// </summary>
    byte[] ReadStart(string path, int count);

    /// <summary>
    /// What would keep a file from being replaced, so far as that can be found without writing: one sentence with the
    /// remedy, or null. Replacing can fail nevertheless.
    /// </summary>
    string? ObstacleTo(string path);

    /// <summary>
    /// Puts the new content of a file in safety beside it, complete and read back, without touching the file.
    /// <see cref="IStagedFile.Commit"/> then changes the file from all old to all new at once.
    /// </summary>
    /// <param name="path">The file to replace or to create.</param>
    /// <param name="like">The file whose permissions, owner, times and attributes the new one gets; null for those of
    /// any new file.</param>
    IStagedFile Stage(string path, byte[] bytes, string? like);

    /// <summary>Removes a file for good. No file there is no problem.</summary>
    void Delete(string path);

    /// <summary>Removes what interrupted runs left staged beside a file; gives back how many.</summary>
    int RemoveLeftovers(string path);

    /// <summary>Where a person finds the backup of a driver.</summary>
    string ShownBackupOf(string path) => FileNames.BackupOf(path);

    /// <summary>Whether the backup of a replaced build can be kept under another name beside the driver.</summary>
    bool CanSetAside(string path) => false;

    /// <summary>
    /// Prepares an exact copy of a backup or manifest under its other name (<see cref="FileNames.OldBackupOf"/>,
    /// <see cref="FileNames.OldManifestOf"/>). Nothing is staged where that copy is there already.
    /// </summary>
    IStagedFile? SetAside(string path, string keptAs) => throw new FileProblemException(path, "it cannot be set aside here.");

    /// <summary>There is no place beside the files where a backup could stay; one has to be named.</summary>
    bool NeedsBackupFolder => false;

    /// <summary>How a file is packed, for people; null when it is not.</summary>
    /// <exception cref="FileProblemException">It is packed, and damaged.</exception>
    string? PackingOf(string path) => null;

    /// <summary>Whether a file is on installation media, not on a disk that Windows runs from.</summary>
    bool IsOnMedium(string path) => false;

    /// <summary>Keeps other runs of this program out of a folder until disposed.</summary>
    IDisposable Lock(string folder);
}

/// <summary>
/// New content in waiting. Disposing removes what need not stay: the new content without a commit, after it the old.
/// </summary>
public interface IStagedFile : IDisposable
{
    string Path { get; }

    /// <summary>Replaces the file at once, lastingly (it survives a power failure), and reads it back.</summary>
    void Commit();

    /// <summary>
    /// Takes a commit back: the file is the old one again in every respect, or gone when there was none. Without a
    /// commit, or a half one: whatever is needed.
    /// </summary>
    void TakeBack();
}

/// <summary>
/// An expected failure with a file: one line that names the path, what is wrong and, where it can, what to do.
/// </summary>
public sealed class FileProblemException : IOException
{
    public FileProblemException(string path, string problem, Exception? cause = null)
        : base(path + ": " + problem, cause)
    {
        Path = path;
        Problem = problem;
    }

    public string Path { get; }

    public string Problem { get; }
}
