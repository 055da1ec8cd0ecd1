using HalfOpen.Linux;
using HalfOpen.Linux.Processes;

namespace HalfOpen.Guard.Attribution;

/// <summary>
/// Whether a process runs an executable that is exempt: the very file, not one that is called so where the process
/// looks. The guard's thread only.
/// </summary>
internal sealed class ExemptExecutables
{
    /// <summary>Versions of one file that are remembered.</summary>
    private const int MaxVersions = 8;

    /// <summary>
    /// Files seen under a path. A program that runs on after its file was replaced by an update is still the program.
    /// </summary>
    private readonly Dictionary<string, List<InodeIdentity>> _versions = new(StringComparer.Ordinal);

    /// <param name="path">Full path, as the configuration names it.</param>
    public bool Runs(uint processId, string path)
    {
        // In this order: who went into a user namespace of his own cannot come back from it. Whatever such a process
        // sees under a path is its own affair, the libraries of the true executable, too.
        if (ProcessFacts.ExecutableOf(processId) is not { } file || !ProcessFacts.IsInOurUserNamespace(processId))
        {
            return false;
        }

        if (!_versions.TryGetValue(path, out var versions))
        {
            _versions.Add(path, versions = []);
        }

        if (versions.Contains(file))
        {
            return true;
        }

        // The second where the unit hides a folder (ProtectHome) from the guard.
        if (InodeIdentity.Of(path) != file && InodeIdentity.Of("/proc/1/root" + path) != file)
        {
            return false;
        }

        if (versions.Count == MaxVersions)
        {
            versions.RemoveAt(0);
        }

        versions.Add(file);
        return true;
    }

    /// <summary>What the exemptions say that will not work, a line for the operator each.</summary>
    public static IEnumerable<string> Useless(IReadOnlyList<Exemption> exemptions) =>
        UselessFiles(exemptions).Concat(exemptions.Any(e => e.Kind == ExemptionKind.Cgroup) && !ProcessNamespace.SeesCgroupPaths
            ? ["exempt cgroup: this is a container with a cgroup namespace of its own, which does not see the paths of others: give "
                + "it the host's (docs/guides/guard.md)"]
            : []);

    private static IEnumerable<string> UselessFiles(IReadOnlyList<Exemption> exemptions) =>
        from exemption in exemptions
        where exemption.Kind == ExemptionKind.Executable
        let why = IsScript(exemption.Value)
        where why is not false
        select why is null
            ? $"exempt exe:{exemption.Value}: there is no such file (yet)"
            : $"exempt exe:{exemption.Value}: that is a script, and what runs is its interpreter: exempt its unit (cgroup:PATH) or "
                + "its user instead";

    /// <summary>Null: not there.</summary>
    private static bool? IsScript(string path)
    {
        try
        {
            using var file = File.OpenRead(File.Exists(path) ? path : "/proc/1/root" + path);
            Span<byte> start = stackalloc byte[2];
            return file.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && start.SequenceEqual("#!"u8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return File.Exists(path) ? false : null; // there, and not ours to read
        }
    }
}
