using HalfOpen.Windows.Files;
using HalfOpen.Windows.Files.Linux;
using HalfOpen.Windows.Media;

namespace HalfOpen.Windows.Search;

/// <summary>
/// Finds the drivers of a Windows installation: where Windows keeps them, or everywhere below a folder. Reads names
/// only. Not thread-safe.
/// </summary>
/// <remarks>
/// Names match in any case of letters, as on Windows; on a file system that tells them apart, every entry that matches
/// is considered. Links are followed only when the caller names one: below it, linked folders are left alone (no loops,
/// nothing outside), and a linked driver is listed as the link it is.
/// </remarks>
public sealed class DriverSearch(IFileStore store)
{
    /// <summary>Folders that one search visits at most.</summary>
    public const int MaxFolders = 200_000;

    /// <summary>Levels that one search goes down at most: every step down is gone anew for each folder.</summary>
    private const int MaxDepth = 64;

    /// <summary>
    /// Below a Windows directory: where drivers run, and where Windows File Protection and service packs take them
    /// from.
    /// </summary>
    private static readonly string[][] WindowsPlaces =
    [
        ["system32", "drivers"], ["system32", "dllcache"], ["ServicePackFiles", "i386"], ["ServicePackFiles", "amd64"],
        ["Driver Cache", "i386"], ["Driver Cache", "amd64"],
    ];

    /// <summary>Below any other folder: it may be system32 itself, or installation media.</summary>
    private static readonly string[][] OtherPlaces =
    [
        ["drivers"], ["dllcache"], ["i386"], ["amd64"],
        ["$OEM$", "$$", "system32", "drivers"], ["i386", "$OEM$", "$$", "system32", "drivers"],
        ["amd64", "$OEM$", "$$", "system32", "drivers"],
    ];

    /// <summary>
    /// The paths of all drivers, and of drivers that are gone while their backup is there, in a fixed order: what is in
    /// use first (system32\drivers).
    /// A path that is a file is itself the answer, whatever its name. The search goes on as the answers are taken, and
    /// keeps none of them.
    /// </summary>
    /// <param name="path">A file; or a Windows directory, a drive root, a folder of plain files.</param>
    /// <param name="recurse">Look everywhere below, not only where Windows keeps drivers.</param>
    /// <param name="onFolder">Told how many folders a search below has visited; may throw to end it. Null: nobody is
    /// told.</param>
    /// <param name="onPassedOver">Told of each folder below that could not be searched, while the search goes on. Null:
    /// nobody is told.</param>
    /// <exception cref="FileProblemException">There is no such path, or the folder itself cannot be read; while answers
    /// are taken: there are too many folders.</exception>
    public IEnumerable<string> Find(string path, bool recurse, Action<int>? onFolder = null,
        Action<FileProblemException>? onPassedOver = null)
    {
        var full = Path.TrimEndingDirectorySeparator(LinuxPath.Full(path));
        if (store.Find(full) is not { } entry)
        {
            return store.Find(FileNames.BackupOf(full)) is not null
                ? [full] : throw new FileProblemException(path, "no such file or folder.");
        }

        // A link to a folder that the caller names is that folder; a linked file stays one, so that patching can refuse
        // it.
        if (entry.Kind != EntryKind.Folder)
        {
            return [full];
        }

        return recurse ? SearchBelow(full, onFolder, onPassedOver) : SearchPlaces(full);
    }

    private IEnumerable<string> SearchPlaces(string root)
    {
        // A folder may be reached twice: WINDOWS itself was named, or its drivers.
        var folders = WindowsDirectories(root).SelectMany(windows => WindowsPlaces.SelectMany(place => Descend(windows, place)))
            .Append(root)
            .Concat(OtherPlaces.SelectMany(place => Descend(root, place)));
        return folders.Distinct(StringComparer.Ordinal).SelectMany(f => DriversAndCabinetsIn(f, store.List(f)));
    }

    private IEnumerable<string> DriversAndCabinetsIn(string folder, IReadOnlyList<FileEntry> entries) =>
        DriversIn(folder, entries).Concat(entries.Where(IsCabinet).SelectMany(e => DriversInCabinet(e.Path)));

    /// <summary>A cabinet is a folder where the store can look into it.</summary>
    private static bool IsCabinet(FileEntry entry) => entry.Kind == EntryKind.Folder && MediaNames.IsDriverCabinet(entry.Name);

    /// <summary>One that cannot be looked into counts as a driver: what is wrong with it is shown and not
    /// hidden.</summary>
    private IEnumerable<string> DriversInCabinet(string cabinet)
    {
        try
        {
            return DriversIn(cabinet, store.List(cabinet)).ToList();
        }
        catch (FileProblemException)
        {
            return [cabinet];
        }
    }

    /// <summary>
    /// The folder itself and every folder in it that has a system32: WINDOWS, WINNT, or whatever it was called at
    /// installation.
    /// </summary>
    private IEnumerable<string> WindowsDirectories(string root)
    {
        foreach (var candidate in Folders(root).Prepend(root))
        {
            IEnumerable<string> below;
            try
            {
                below = Descend(candidate, ["system32"]).ToList();
            }
            catch (FileProblemException) when (candidate != root)
            {
                continue; // a neighbour that we may not read (System Volume Information, lost+found) holds no Windows of ours
            }

            if (below.Any())
            {
                yield return candidate;
            }
        }
    }

    private IEnumerable<string> SearchBelow(string root, Action<int>? onFolder, Action<FileProblemException>? onPassedOver)
    {
        // Names instead of paths: a folder may have a hundred thousand of them.
        var waiting = new Stack<(string Above, string[] Names, int Next)>();
        waiting.Push((root, [""], 0));
        var visited = 0;
        while (waiting.TryPop(out var level))
        {
            if (level.Next == level.Names.Length)
            {
                continue;
            }

            waiting.Push(level with { Next = level.Next + 1 });
            var folder = Path.Join(level.Above, level.Names[level.Next]);
            if (++visited > MaxFolders)
            {
                throw new FileProblemException(root, $"more than {MaxFolders:N0} folders: name a folder further down.");
            }

            onFolder?.Invoke(visited);
            if (ListOrPassOver(folder, waiting.Count, isRoot: visited == 1, onPassedOver) is { } entries)
            {
                foreach (var driver in DriversAndCabinetsIn(folder, entries))
                {
                    yield return driver;
                }

                waiting.Push((folder, [.. entries.Where(e => e.Kind == EntryKind.Folder && !IsCabinet(e)).Select(e => e.Name)], 0));
            }
        }
    }

    private IReadOnlyList<FileEntry>? ListOrPassOver(string folder, int depth, bool isRoot, Action<FileProblemException>? onPassedOver)
    {
        try
        {
            return depth <= MaxDepth ? store.List(folder)
                : throw new FileProblemException(folder, $"more than {MaxDepth} levels below what was named.");
        }
        catch (FileProblemException e) when (!isRoot)
        {
            onPassedOver?.Invoke(e);
            return null;
        }
    }

    private static IEnumerable<string> DriversIn(string folder, IReadOnlyList<FileEntry> entries)
    {
        HashSet<string>? seen = null;
        foreach (var entry in entries)
        {
            // A folder with a driver's name is listed only where it stands for a file that should be there: it is an
            // error to show, not to hide.
            var isBackup = entry.Name.EndsWith(FileNames.BackupSuffix, StringComparison.Ordinal);
            var name = isBackup ? entry.Name[..^FileNames.BackupSuffix.Length] : entry.Name;
            if ((FileNames.IsDriverName(name) || MediaNames.IsPackedDriver(name))
                && (seen ??= new HashSet<string>(StringComparer.Ordinal)).Add(name))
            {
                yield return Path.Join(folder, name);
            }
        }
    }

    private IEnumerable<string> Descend(string folder, string[] names)
    {
        IEnumerable<string> level = [folder];
        foreach (var name in names)
        {
            level = level.SelectMany(f => Folders(f).Where(sub => Path.GetFileName(sub).Equals(name, StringComparison.OrdinalIgnoreCase)));
        }

        return level;
    }

    private IEnumerable<string> Folders(string folder) => store.List(folder).Where(e => e.Kind == EntryKind.Folder).Select(e => e.Path);
}
