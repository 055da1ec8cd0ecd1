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

/// <summary>One entry of a folder. Immutable.</summary>
/// <param name="Path">Full path, in the spelling that the store uses.</param>
/// <param name="Size">Bytes; 0 for anything but a file.</param>
public sealed record FileEntry(string Path, EntryKind Kind, long Size)
{
    public string Name => System.IO.Path.GetFileName(Path);
}

/// <summary>
/// Where the bytes of drivers come from and go to: the one seam between what this project does with drivers and the place they live in. Today: the local file
/// system. A disk image or an archive is another implementation, and nothing above it changes. Every failure is a <see cref="FileProblemException"/>.
/// Implementations need not be thread-safe: one transaction runs at a time.
/// </summary>
public interface IFileStore
{
    /// <summary>What stands at a path, or null. A link is reported as a link.</summary>
    FileEntry? Find(string path);

    /// <summary>The entries of a folder in ordinal order of their names; empty when there is no such folder.</summary>
    IReadOnlyList<FileEntry> List(string folder);

    /// <summary>All bytes of a file.</summary>
    /// <param name="maxBytes">A larger file is a problem, found before anything is read.</param>
    byte[] Read(string path, int maxBytes);

    /// <summary>
    /// Puts the new content of a file in safety beside it, complete and read back, without touching the file. <see cref="IStagedFile.Commit"/> then changes
    /// the file from all old to all new at once.
    /// </summary>
    /// <param name="path">The file to replace or to create.</param>
    /// <param name="like">The file whose permissions, owner, times and attributes the new one gets; null for those of any new file.</param>
    IStagedFile Stage(string path, byte[] bytes, string? like);

    /// <summary>Removes a file for good. No file there is no problem.</summary>
    void Delete(string path);

    /// <summary>Removes what interrupted runs left staged beside a file; gives back how many.</summary>
    int RemoveLeftovers(string path);

    /// <summary>Keeps other runs of this program out of a folder until disposed.</summary>
    IDisposable Lock(string folder);
}

/// <summary>New content in waiting. Disposing without a commit takes it away again.</summary>
public interface IStagedFile : IDisposable
{
    string Path { get; }

    /// <summary>Replaces the file at once, lastingly (it survives a power failure), and reads it back.</summary>
    void Commit();
}

/// <summary>An expected failure with a file: one line that names the path, what is wrong and, where it can, what to do.</summary>
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
