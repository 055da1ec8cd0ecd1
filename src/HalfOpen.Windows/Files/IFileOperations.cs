using HalfOpen.Images;

namespace HalfOpen.Windows.Files;

/// <summary>
/// Which file a name leads to, whatever the name: what a rename keeps and what two files never share. All zero where
/// the system has no such numbers.
/// </summary>
internal readonly record struct FileIdentity(ulong Device, ulong Number);

/// <summary>
/// The single steps that <see cref="LocalFileStore"/> is made of. Each either happens or not; between any two the power
/// may fail. Tests put a failure, or the end of the process, at every one of them. Paths are full.
/// </summary>
internal interface IFileOperations
{
    /// <summary>What the caller named itself may have links in its path; what is below may not.</summary>
    void Trust(string named);

    FileEntry? Find(string path);

    IReadOnlyList<FileEntry> List(string folder);

    byte[] Read(string path, int maxBytes, bool followLink);

    /// <summary>The first bytes of a file of any size.</summary>
    byte[] ReadStart(string path, int count);

    /// <summary>A file of any size, open for reading. A link is not followed.</summary>
    FileBytes Open(string path);

    /// <summary>Makes a folder; false when something has the name.</summary>
    bool CreateFolder(string path);

    /// <summary>Removes an empty folder; false when that is not possible.</summary>
    bool RemoveFolder(string path);

    /// <summary>
    /// What would keep a file from being replaced, found without writing; null when nothing is known to.
    /// </summary>
    string? ObstacleTo(string path);

    /// <summary>
    /// Creates a file that must not exist, writes it, gives it the permissions, owner, times and attributes of another,
    /// waits until the disk has it and reads it back: all of it with the one file that was created, whatever its name
    /// leads to meanwhile.
    /// </summary>
    /// <param name="like">Null: the metadata of any new file.</param>
    FileIdentity Create(string path, ByteSource content, string? like);

    /// <summary>Gives a file a second name; false where the file system has no such thing.</summary>
    bool Link(string from, string to, out FileIdentity identity);

    /// <summary>
    /// Renames within a folder, over what has the name. It is an error when either name leads to another file than this
    /// one.
    /// </summary>
    void Rename(string from, string to, FileIdentity identity);

    void Delete(string path);

    /// <summary>Waits until the disk has the folder's entries.</summary>
    void SyncFolder(string folder);

    IDisposable Lock(string folder);
}
