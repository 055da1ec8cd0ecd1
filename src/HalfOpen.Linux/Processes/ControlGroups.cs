namespace HalfOpen.Linux.Processes;

/// <summary>
/// Finds the cgroup2 hierarchy. <c>ip netns exec</c> hides it from its children, and a cgroup namespace shows a part of
/// it as if it were the whole: so that of process 1 is tried as well. Where neither can be had (in a container without
/// the right to look at process 1), it is mounted where nobody else sees it, until this process ends.
/// </summary>
public static class ControlGroups
{
    /// <summary>Inode of the real root of a hierarchy, in whatever namespace it is looked at.</summary>
    private const ulong RootInode = 1;

    private static readonly Lazy<string?> Mounted = new(Mount);

    /// <summary>Keeps the mount, which has no place in the tree of files.</summary>
    private static Descriptor? _mount;

    /// <summary>
    /// A folder that can be opened, or null. The root of the whole hierarchy where it can be reached.
    /// </summary>
    public static string? FindRoot()
    {
        string[] found = [.. FindIn("/proc/self/mountinfo", ""), .. FindIn("/proc/1/mountinfo", "/proc/1/root")];
        return Array.Find(found, IsWhole) ?? found.FirstOrDefault() ?? Mounted.Value;
    }

    /// <summary>Whether a folder is the root of the whole hierarchy and not of a part, as in a container.</summary>
    public static bool IsWhole(string folder) => InodeIdentity.Of(folder)?.Inode == RootInode;

    /// <summary>
    /// Whether there is a cgroup of this path relative to the root; null where the whole hierarchy is not to be seen.
    /// </summary>
    public static bool? Exists(string path) => FindRoot() is { } root && IsWhole(root) ? Directory.Exists($"{root}/{path}") : null;

    /// <summary>
    /// Lines of proc_pid_mountinfo(5): id, parent, device, root, mount point, options, ..., "-", type, source, options.
    /// </summary>
    internal static string? MountPoint(string line)
    {
        var separator = line.IndexOf(" - ", StringComparison.Ordinal);
        if (separator < 0 || !line.AsSpan(separator + 3).StartsWith("cgroup2 "))
        {
            return null;
        }

        var fields = line[..separator].Split(' ');
        return fields.Length > 4 ? fields[4].Replace("\\040", " ", StringComparison.Ordinal) : null;
    }

    /// <summary>Null: the kernel or our rights do not allow it.</summary>
    private static string? Mount()
    {
        _mount = Native.MountDetached("cgroup2");
        return _mount is null ? null : $"/proc/self/fd/{_mount.Number}/";
    }

    private static IEnumerable<string> FindIn(string mounts, string prefix)
    {
        try
        {
            return [.. File.ReadLines(mounts).Select(MountPoint).OfType<string>().Select(p => prefix + p).Where(Directory.Exists)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
