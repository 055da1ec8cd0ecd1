using HalfOpen.Windows.Files;
using HalfOpen.Windows.Hives;

namespace HalfOpen.Windows.Search;

/// <summary>
/// Finds and reads the <c>system</c> hive that belongs to a driver. Remembers what it read; not thread-safe.
/// </summary>
public sealed class HiveFinder(IFileStore store)
{
    /// <summary>Bytes. NT5 limits the hive to 200 MB on disk; what is larger is not read.</summary>
    public const int MaxHiveSize = 256 * 1024 * 1024;

    /// <summary>
    /// From system32\drivers\tcpip.sys up to the Windows directory there are three steps; one more for folders below.
    /// </summary>
    private const int MaxLevels = 4;

    private readonly Dictionary<string, SystemFacts?> _read = new(StringComparer.Ordinal);

    /// <summary>All hives met so far, in the order of their paths.</summary>
    public IEnumerable<SystemFacts> All => _read.Values.OfType<SystemFacts>().OrderBy(f => f.Path, StringComparer.Ordinal);

    /// <summary>What the registry beside a driver says; null when there is none, or none that can be found.</summary>
    public SystemFacts? For(string driverPath)
    {
        var folder = LocalFileStore.FolderOf(driverPath);
        for (var level = 0; level < MaxLevels && folder is not null; level++)
        {
            if (InWindowsDirectory(folder) is { } facts)
            {
                return facts;
            }

            folder = Path.GetDirectoryName(folder);
        }

        return null;
    }

    private SystemFacts? InWindowsDirectory(string folder)
    {
        if (_read.TryGetValue(folder, out var known))
        {
            return known;
        }

        var path = FindHive(folder);
        return _read[folder] = path is null ? null : ReadHive(path);
    }

    private string? FindHive(string folder)
    {
        try
        {
            return In([folder], "system32").SelectMany(f => In([f], "config")).SelectMany(store.List)
                .FirstOrDefault(e => e.Kind == EntryKind.File && e.Name.Equals("system", StringComparison.OrdinalIgnoreCase))?.Path;
        }
        catch (FileProblemException)
        {
            return null; // a folder above that we may not list: then there is no registry to ask
        }
    }

    private IEnumerable<string> In(IEnumerable<string> folders, string name) => folders.SelectMany(store.List)
        .Where(e => e.Kind == EntryKind.Folder && e.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(e => e.Path);

    private SystemFacts ReadHive(string path)
    {
        try
        {
            return SystemFacts.Read(path, store.Read(path, MaxHiveSize));
        }
        catch (FileProblemException e)
        {
            return new SystemFacts { Path = path, Problem = e.Problem };
        }
    }
}
