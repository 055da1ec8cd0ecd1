namespace HalfOpen.Xp.Files;

/// <summary>What stands at a path. A link is never followed to find out.</summary>
internal enum DiskEntry
{
    None,
    File,
    Folder,

    /// <summary>A link, a mount point, a device: nothing that this program writes to.</summary>
    Other,
}

/// <summary>What became of a file that was to replace another.</summary>
internal enum Replacement
{
    Done,

    /// <summary>Windows has the old file in use; nothing changed.</summary>
    InUse,
}

/// <summary>
/// The single steps of a transaction. Each happens or does not; between any two the power may fail. Tests put a failure
/// at every one of them. Every failure is a <see cref="DiskProblemException"/>.
/// </summary>
internal interface IDiskSteps
{
    DiskEntry KindOf(string path);

    /// <summary>Names in a folder, in ordinal order; none when there is no such folder.</summary>
    List<string> List(string folder);

    /// <param name="maxBytes">A larger file is a problem, found before anything is read.</param>
    byte[] Read(string path, int maxBytes);

    /// <summary>The first bytes of a file of any size; fewer when it is shorter.</summary>
    byte[] ReadStart(string path, int count);

    /// <summary>Creates a file that must not exist, writes it and waits until the disk has it.</summary>
    void CreateSynced(string path, byte[] bytes);

    /// <summary>Attributes, times and access list.</summary>
    void CopyMetadata(string from, string to);

    /// <summary>Renames over the old file, and waits until the disk has it.</summary>
    Replacement Replace(string from, string to);

    /// <summary>Asks Windows to rename at its next start, before any driver is loaded.</summary>
    void ReplaceAtRestart(string from, string to);

    /// <summary>Whether <see cref="ReplaceAtRestart"/> is on record for this file.</summary>
    bool IsReplacedAtRestart(string from);

    /// <summary>No file there is no problem.</summary>
    void Delete(string path);

    /// <summary>Keeps other runs of this program out of a Windows folder until disposed.</summary>
    IDisposable Lock(string folder);
}
