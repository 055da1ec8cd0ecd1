using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Media;

/// <summary>
/// Which folders are installation media, copied to a disk: what is put there would be burnt along, so backups stand
/// beside the medium and not in it. Remembers what it found; not thread-safe.
/// </summary>
/// <remarks>
/// A medium's root has a folder I386 or AMD64 with Setup's own list (TXTSETUP.SIF), and no installed Windows beside it:
/// vendors put a copy of I386 on the system's disk, which is none.
/// </remarks>
/// <param name="store">Null: nothing is a medium.</param>
internal sealed class Medium(IFileStore? store)
{
    private const string SetupList = "txtsetup.sif";
    private const int MaxLevels = 12;

    private readonly Dictionary<string, bool> _isRoot = new(StringComparer.Ordinal);

    /// <summary>The root of the medium that a folder is on; null when it is on none.</summary>
    public string? RootOf(string folder)
    {
        var at = folder;
        for (var level = 0; level < MaxLevels && at is not null && store is not null; level++, at = Path.GetDirectoryName(at))
        {
            if (IsRoot(at))
            {
                return at;
            }
        }

        return null;
    }

    private bool IsRoot(string folder)
    {
        if (!_isRoot.TryGetValue(folder, out var isRoot))
        {
            _isRoot[folder] = isRoot = Look(folder);
        }

        return isRoot;
    }

    private bool Look(string folder)
    {
        try
        {
            var below = store!.List(folder).Where(e => e.Kind == EntryKind.Folder).ToList();
            return below.Exists(e => MediaNames.IsSetupFolder(e.Name) && Has(e.Path, SetupList, EntryKind.File))
                && !below.Exists(IsInstalledWindows);
        }
        catch (FileProblemException)
        {
            return false; // a folder above that we may not list
        }
    }

    private bool IsInstalledWindows(FileEntry folder)
    {
        try
        {
            return store!.List(folder.Path).Any(e => e.Kind == EntryKind.Folder
                && e.Name.Equals("system32", StringComparison.OrdinalIgnoreCase)
                && Has(e.Path, "config", EntryKind.Folder));
        }
        catch (FileProblemException)
        {
            return false;
        }
    }

    private bool Has(string folder, string name, EntryKind kind) =>
        store!.List(folder).Any(e => e.Kind == kind && e.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
