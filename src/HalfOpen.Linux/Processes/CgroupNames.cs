using System.Diagnostics;

namespace HalfOpen.Linux.Processes;

/// <summary>
/// From the id of a cgroup to its path, by a walk over the mounted hierarchy: for guards that do not see the processes.
/// At most one part in ten of our time goes into it; what a walk saw is kept for the next question. Not thread-safe.
/// </summary>
/// <param name="root">Folder of the hierarchy; null: none is mounted, and nothing is found.</param>
public sealed class CgroupNames(string? root)
{
    private const int MaxCgroups = 65_536;
    private const int WaitFactor = 9;
    private readonly Dictionary<ulong, string> _paths = [];
    private long _nextWalk;

    /// <summary>
    /// The path below the root, without the leading slash; null: not known (yet). On 64 bits an id is the inode of the
    /// cgroup's folder.
    /// </summary>
    public string? Find(ulong id)
    {
        if (_paths.TryGetValue(id, out var path))
        {
            return path;
        }

        var start = Stopwatch.GetTimestamp();
        if (root is null || start < _nextWalk)
        {
            return null;
        }

        _paths.Clear();
        var folders = new Queue<string>([root]);
        while (folders.TryDequeue(out var folder) && _paths.Count < MaxCgroups)
        {
            if (InodeIdentity.Of(folder) is { } identity)
            {
                _paths[identity.Inode] = folder[root.Length..].TrimStart('/');
            }

            Array.ForEach(Below(folder), folders.Enqueue);
        }

        var end = Stopwatch.GetTimestamp();
        _nextWalk = end + (WaitFactor * (end - start));
        return _paths.GetValueOrDefault(id);
    }

    private static string[] Below(string folder)
    {
        try
        {
            return Directory.GetDirectories(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // removed meanwhile
        }
    }
}
