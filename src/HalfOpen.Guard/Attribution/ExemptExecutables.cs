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
}
