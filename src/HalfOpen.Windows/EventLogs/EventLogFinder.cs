using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.EventLogs;

/// <summary>Finds the System log that belongs to a driver. Not thread-safe.</summary>
public sealed class EventLogFinder(IFileStore store)
{
    private const int MaxLevels = 5;

    /// <summary>
    /// The path of <c>system32\config\SysEvent.Evt</c> (NT5), or of <c>system32\winevt\Logs\System.evtx</c> (later), of
    /// the Windows that a driver stands in; null: none found.
    /// </summary>
    public string? For(string driverPath)
    {
        var folder = Path.GetDirectoryName(driverPath);
        for (var level = 0; level < MaxLevels && !string.IsNullOrEmpty(folder); level++)
        {
            foreach (var system in Below([folder], "system32"))
            {
                var found = Below([system], "config").SelectMany(f => FilesOf(f, "sysevent.evt"))
                    .Concat(Below(Below([system], "winevt"), "logs").SelectMany(f => FilesOf(f, "system.evtx"))).FirstOrDefault();
                if (found is not null)
                {
                    return found;
                }
            }

            folder = Path.GetDirectoryName(folder);
        }

        return null;
    }

    private IEnumerable<string> Below(IEnumerable<string> folders, string name) => folders.SelectMany(List)
        .Where(e => e.Kind == EntryKind.Folder && e.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(e => e.Path);

    private IEnumerable<string> FilesOf(string folder, string name) => List(folder)
        .Where(e => e.Kind == EntryKind.File && e.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(e => e.Path);

    private IReadOnlyList<FileEntry> List(string folder)
    {
        try
        {
            return store.List(folder);
        }
        catch (FileProblemException)
        {
            return []; // a folder above that we may not list
        }
    }
}
