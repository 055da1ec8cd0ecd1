using HalfOpen.Windows.Files;
using HalfOpen.Windows.Hives;

namespace HalfOpen.Windows.Search;

/// <summary>
/// Finds and reads the <c>system</c> hive that belongs to a driver. Remembers what it read; not thread-safe.
/// </summary>
public sealed class HiveFinder(IFileStore store)
{
    /// <summary>
    /// Bytes; what is larger is not read. On XP this hive must fit into the 16 MB that the boot loader has; 20 MB is
    /// much on Windows 7.
    /// </summary>
    public const int MaxHiveSize = 48 * 1024 * 1024;

    /// <summary>
    /// Registries that are remembered: a search below a folder of many installations must not collect them without end.
    /// </summary>
    public const int MaxRegistries = 1_000;

    /// <summary>
    /// Folders that are remembered to have none; a search comes by the same ones again and again, but not by those that
    /// it has left.
    /// </summary>
    private const int MaxRemembered = 1_000;

    /// <summary>
    /// From system32\drivers\tcpip.sys up to the Windows directory there are three steps; one more for folders below.
    /// </summary>
    private const int MaxLevels = 4;

    private readonly Dictionary<string, SystemFacts?> _read = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SystemFacts> _all = new(StringComparer.Ordinal);

    /// <summary>
    /// The hives met so far, in the order of their paths; the first <see cref="MaxRegistries"/> of them.
    /// </summary>
    public IEnumerable<SystemFacts> All => _all.Values;

    /// <value>How many hives were met besides.</value>
    public int LeftOut { get; private set; }

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

        if (_read.Count >= MaxRemembered)
        {
            var above = folder + Path.DirectorySeparatorChar;
            var isLeft = (string k) => !above.StartsWith(k + Path.DirectorySeparatorChar, StringComparison.Ordinal);
            foreach (var left in _read.Keys.Where(isLeft).ToList())
            {
                _read.Remove(left);
            }
        }

        var path = FindHive(folder);
        var facts = path is null ? null : ReadHive(path);
        _read[folder] = facts;
        if (facts is not null && !_all.ContainsKey(facts.Path))
        {
            if (_all.Count < MaxRegistries)
            {
                _all.Add(facts.Path, facts);
            }
            else
            {
                LeftOut++;
            }
        }

        return facts;
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
