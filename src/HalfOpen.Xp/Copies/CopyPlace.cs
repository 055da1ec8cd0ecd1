using HalfOpen.Windows.Files;
using HalfOpen.Xp.Files;

namespace HalfOpen.Xp.Copies;

/// <summary>
/// Why Windows keeps a copy. The order is the order of writing: what Windows File Protection restores from comes before
/// what it watches.
/// </summary>
internal enum CopyRole
{
    /// <summary>system32\dllcache: Windows File Protection takes originals from here first.</summary>
    Cache,

    /// <summary>
    /// ServicePackFiles: where Windows File Protection looks next, when the service pack was installed over an older
    /// Windows.
    /// </summary>
    ServicePack,

    /// <summary>system32\drivers: the file that is loaded.</summary>
    InUse,
}

/// <summary>Where one copy of a driver stands. Immutable.</summary>
internal sealed class CopyPlace
{
    /// <summary>As the Linux program's list (HalfOpen.Windows.Search.DriverSearch), what is in use first.</summary>
    private static readonly KeyValuePair<CopyRole, string[]>[] Folders =
    {
        new KeyValuePair<CopyRole, string[]>(CopyRole.InUse, new[] { "system32", "drivers" }),
        new KeyValuePair<CopyRole, string[]>(CopyRole.Cache, new[] { "system32", "dllcache" }),
        new KeyValuePair<CopyRole, string[]>(CopyRole.ServicePack, new[] { "ServicePackFiles", "i386" }),
        new KeyValuePair<CopyRole, string[]>(CopyRole.ServicePack, new[] { "ServicePackFiles", "amd64" }),
    };

    public CopyPlace(CopyRole role, string path, string shortPath)
    {
        Role = role;
        Path = path;
        ShortPath = shortPath;
    }

    public CopyRole Role { get; }

    public string Path { get; }

    /// <summary>Below the Windows folder, for a list: <c>system32\drivers\tcpip.sys</c>.</summary>
    public string ShortPath { get; }

    /// <summary>
    /// All copies of tcpip.sys and tcpip6.sys, and those that are gone while their backup is there. Names in any case
    /// of letters.
    /// </summary>
    public static List<CopyPlace> Find(IDiskSteps disk, string windowsFolder)
    {
        var found = new List<CopyPlace>();
        var seen = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var place in Folders)
        {
            foreach (var folder in Descend(disk, windowsFolder, place.Value, 0))
            {
                foreach (var entry in disk.List(folder))
                {
                    var isBackup = entry.EndsWith(FileNames.BackupSuffix, StringComparison.Ordinal);
                    var name = isBackup ? entry.Substring(0, entry.Length - FileNames.BackupSuffix.Length) : entry;
                    var path = System.IO.Path.Combine(folder, name);
                    if (FileNames.IsDriverName(name) && !seen.ContainsKey(path))
                    {
                        seen.Add(path, true);
                        var below = path.Substring(windowsFolder.Length).TrimStart('/', '\\');
                        found.Add(new CopyPlace(place.Key, path, below.Replace('/', '\\')));
                    }
                }
            }
        }

        return found;
    }

    /// <summary>
    /// Windows does not tell case apart; a file system under mono does, so every folder that matches is entered. Links
    /// are not.
    /// </summary>
    internal static IEnumerable<string> Descend(IDiskSteps disk, string folder, string[] names, int level)
    {
        if (level == names.Length)
        {
            yield return folder;
            yield break;
        }

        foreach (var entry in disk.List(folder))
        {
            var path = System.IO.Path.Combine(folder, entry);
            if (string.Equals(entry, names[level], StringComparison.OrdinalIgnoreCase) && disk.KindOf(path) == DiskEntry.Folder)
            {
                foreach (var below in Descend(disk, path, names, level + 1))
                {
                    yield return below;
                }
            }
        }
    }
}
