namespace HalfOpen.Linux.Processes;

/// <summary>Finds the cgroup2 hierarchy; <c>ip netns exec</c> hides it from its children, so the one of process 1 is tried as well.</summary>
public static class ControlGroups
{
    /// <summary>A folder that can be opened, or null.</summary>
    public static string? FindRoot() => FindIn("/proc/self/mountinfo", "") ?? FindIn("/proc/1/mountinfo", "/proc/1/root");

    /// <summary>Lines of proc_pid_mountinfo(5): id, parent, device, root, mount point, options, ..., "-", type, source, options.</summary>
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

    private static string? FindIn(string mounts, string prefix)
    {
        try
        {
            return File.ReadLines(mounts).Select(MountPoint).Where(p => p is not null).Select(p => prefix + p).FirstOrDefault(Directory.Exists);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
