using HalfOpen.Windows.Files;
using HalfOpen.Windows.Files.Linux;

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

    private const int MaxDepth = 64;

    /// <summary>
    /// Below a Windows directory: where drivers run, and where Windows File Protection and service packs take them
    /// from.
    /// </summary>
    private static readonly string[][] WindowsPlaces =
    [
        ["system32", "drivers"], ["system32", "dllcache"], ["ServicePackFiles", "i386"], ["ServicePackFiles", "amd64"],
    ];

    /// <summary>Below any other folder: it may be system32 itself, or installation media.</summary>
    private static readonly string[][] OtherPlaces = [["drivers"], ["dllcache"], ["i386"], ["amd64"]];

    /// <summary>
    /// The paths of all drivers, and of drivers that are gone while their backup is there, in a fixed order: what is in
    /// use first (system32\drivers). A path that is a file is itself the answer, whatever its name.
    /// </summary>
    /// <param name="path">A file; or a Windows directory, a drive root, a folder of plain files.</param>
    /// <param name="recurse">Look everywhere below, not only where Windows keeps drivers.</param>
    /// <param name="onFolder">Told how many folders a search below has visited; may throw to end it. Null: nobody is
    /// told.</param>
    /// <exception cref="FileProblemException">There is no such path, or a folder cannot be read, or there are too
    /// many.</exception>
    public IReadOnlyList<string> Find(string path, bool recurse, Action<int>? onFolder = null)
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

        var found = new List<string>();
        if (recurse)
        {
            SearchBelow(full, found, onFolder);
        }
        else
        {
            SearchPlaces(full, found);
        }

        return found;
    }

    private void SearchPlaces(string root, List<string> found)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var windows in WindowsDirectories(root))
        {
            foreach (var folder in WindowsPlaces.SelectMany(place => Descend(windows, place)))
            {
                AddDrivers(folder, seen, found);
            }
        }

        AddDrivers(root, seen, found);
        foreach (var folder in OtherPlaces.SelectMany(place => Descend(root, place)))
        {
            AddDrivers(folder, seen, found);
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

    private void SearchBelow(string root, List<string> found, Action<int>? onFolder)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Stack<(string Folder, int Depth)>();
        waiting.Push((root, 0));
        var visited = 0;
        while (waiting.TryPop(out var next))
        {
            if (++visited > MaxFolders || next.Depth > MaxDepth)
            {
                throw new FileProblemException(root,
                    $"more than {MaxFolders:N0} folders, or more than {MaxDepth} levels: name a folder further down.");
            }

            onFolder?.Invoke(visited);
            AddDrivers(next.Folder, seen, found);
            foreach (var folder in Folders(next.Folder).Reverse())
            {
                waiting.Push((folder, next.Depth + 1));
            }
        }
    }

    private void AddDrivers(string folder, HashSet<string> seen, List<string> found)
    {
        foreach (var entry in store.List(folder))
        {
            // A folder with a driver's name is listed only where it stands for a file that should be there: it is an
            // error to show, not to hide.
            var isBackup = entry.Name.EndsWith(FileNames.BackupSuffix, StringComparison.Ordinal);
            var name = isBackup ? entry.Name[..^FileNames.BackupSuffix.Length] : entry.Name;
            var path = Path.Combine(folder, name);
            if (FileNames.IsDriverName(name) && seen.Add(path))
            {
                found.Add(path);
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
