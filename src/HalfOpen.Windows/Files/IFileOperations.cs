namespace HalfOpen.Windows.Files;

/// <summary>
/// The single steps that <see cref="LocalFileStore"/> is made of. Each either happens or not; between any two the power may fail. Tests put a failure, or the
/// end of the process, at every one of them.
/// </summary>
internal interface IFileOperations
{
    FileEntry? Find(string path);

    IReadOnlyList<FileEntry> List(string folder);

    byte[] Read(string path, int maxBytes);

    /// <summary>Creates a file that must not exist, writes it and waits until the disk has it.</summary>
    void CreateSynced(string path, byte[] bytes);

    /// <summary>Permissions, owner, times, attributes and, where the file system has them, access lists.</summary>
    void CopyMetadata(string from, string to);

    void Rename(string from, string to);

    void Delete(string path);

    /// <summary>Waits until the disk has the folder's entries.</summary>
    void SyncFolder(string folder);

    IDisposable Lock(string folder);
}
