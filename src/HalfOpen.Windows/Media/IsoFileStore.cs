using HalfOpen.Images;
using HalfOpen.Media.Iso9660;
using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Media;

/// <summary>
/// The files in the image of a CD, read only: <c>xp.iso/I386/TCPIP.SY_</c>. Names match in any case of letters. A
/// changed image is a new file (<see cref="IsoPatch"/>). Not thread-safe.
/// </summary>
public sealed class IsoFileStore : IByteStore, IDisposable
{
    private const int MaxFolders = 64;
    /// <summary>On Windows also the backslash, which the system puts into full paths.</summary>
    private static readonly char[] Separators = ['/', System.IO.Path.DirectorySeparatorChar];

    private const string NotWritten = "the image of a CD is not changed in place: a new image is made from it.";

    private readonly Dictionary<string, IReadOnlyList<IsoEntry>> _folders = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="path">Full path of the image; every path of this store begins with it.</param>
    /// <param name="source">Its bytes; disposed with this, if that is needed.</param>
    /// <exception cref="FileProblemException">It is damaged.</exception>
    public IsoFileStore(string path, ByteSource source)
    {
        Path = path;
        Source = source;
        Image = Try(path, () => IsoImage.Open(source));
    }

    /// <summary>Opens an image; null, and the source disposed, when it is none.</summary>
    /// <exception cref="FileProblemException">It is one and damaged.</exception>
    public static IsoFileStore? TryOpen(string path, ByteSource source)
    {
        var isKept = false;
        try
        {
            if (!Try(path, () => IsoImage.IsIso(source)))
            {
                return null;
            }

            var store = new IsoFileStore(path, source);
            isKept = true;
            return store;
        }
        finally
        {
            if (!isKept)
            {
                (source as IDisposable)?.Dispose();
            }
        }
    }

    public string Path { get; }

    /// <value>Why the image cannot be changed, one sentence; null when it can, as far as its descriptors tell.</value>
    public string? Obstacle => Image.Obstacle;

    internal IsoImage Image { get; }

    internal ByteSource Source { get; }

    public FileEntry? Find(string path) => Try(path, () => IsRoot(path) ? new FileEntry(path, EntryKind.Folder, 0)
        : Entry(path) is { } entry ? ToFileEntry(path, entry) : null);

    public IReadOnlyList<FileEntry> List(string folder) => Try(folder, () =>
        IsRoot(folder) ? Entries(null) : Entry(folder) is { IsFolder: true } entry ? Entries(entry) : [])
        .Select(e => ToFileEntry(System.IO.Path.Combine(folder, e.Name), e)).OrderBy(e => e.Name, StringComparer.Ordinal).ToList();

    public byte[] Read(string path, int maxBytes, bool followLink = false) => Try(path, () =>
    {
        var file = Open(path);
        return file.Length <= maxBytes ? file.Read(0, (int)file.Length)
            : throw new FileProblemException(path, LocalFileStore.TooLarge(file.Length, maxBytes));
    });

    public byte[] ReadStart(string path, int count) => Try(path, () =>
    {
        var file = Open(path);
        return file.Read(0, (int)Math.Min(count, file.Length));
    });

    public ByteSource Open(string path) => Try(path, () => Image.OpenFile(FileAt(path)));

    public bool IsOnMedium(string path) => true;

    public string? ObstacleTo(string path) => NotWritten;

    public IStagedFile Stage(string path, byte[] bytes, string? like) => throw new FileProblemException(path, NotWritten);

    public void Delete(string path) => throw new FileProblemException(path, NotWritten);

    public int RemoveLeftovers(string path) => 0;

    public IDisposable Lock(string folder) => new MemoryStream(0);

    public void Dispose() => (Source as IDisposable)?.Dispose();

    /// <summary>The record of a file, as the first tree has it.</summary>
    internal IsoEntry FileAt(string path) => Entry(path) switch
    {
        null => throw new FileProblemException(path, "no such file."),
        { IsFolder: true } => throw new FileProblemException(path, "this is a folder, not a file."),
        var entry => entry,
    };

    private static FileEntry ToFileEntry(string path, IsoEntry entry) =>
        new(path, entry.IsFolder ? EntryKind.Folder : EntryKind.File, entry.IsFolder ? 0 : entry.Size);

    private static T Try<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (ImageProblemException e)
        {
            throw new FileProblemException(path, e.Message, e);
        }
    }

    private bool IsRoot(string path) => path == Path;

    private IsoEntry? Entry(string path)
    {
        if (!path.StartsWith(Path, StringComparison.Ordinal) || path.Length == Path.Length || !Separators.Contains(path[Path.Length]))
        {
            return null;
        }

        IsoEntry? entry = null;
        foreach (var name in path[Path.Length..].Split(Separators, StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry is { IsFolder: false })
            {
                return null;
            }

            var entries = Entries(entry);
            entry = entries.FirstOrDefault(e => e.Name == name)
                ?? entries.FirstOrDefault(e => e.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (entry is null)
            {
                return null;
            }
        }

        return entry;
    }

    private IReadOnlyList<IsoEntry> Entries(IsoEntry? folder)
    {
        var key = folder?.Path ?? "";
        if (!_folders.TryGetValue(key, out var entries))
        {
            if (_folders.Count == MaxFolders)
            {
                _folders.Clear();
            }

            _folders[key] = entries = Image.List(Image.Trees[0], folder);
        }

        return entries;
    }
}
