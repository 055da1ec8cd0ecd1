using HalfOpen.Linux.Processes;

namespace HalfOpen.Guard.Attribution;

/// <summary>
/// Owners by cgroup, for a guard in a PID namespace of its own: processes outside of it have no id there, and without
/// this all of them would be one program. The guard's thread only.
/// </summary>
internal sealed class CgroupOwners
{
    private const int MaxCached = 4096;
    private const ulong Root = 1;
    private readonly CgroupNames _names = new(ControlGroups.FindRoot());
    private readonly Dictionary<ulong, Owner> _owners = [];

    /// <summary>What is less known, in words; empty in the machine's own PID namespace.</summary>
    public static string Problem => ProcessNamespace.IsInitial ? ""
        : "programs outside of this PID namespace (a container's) are told apart by cgroup only, and none is exempt by executable: "
            + "give the container the host's (docs/guides/guard.md)";

    /// <summary>Null: in no cgroup but the root, or not told.</summary>
    public Owner? Find(ulong cgroupId)
    {
        if (cgroupId <= Root)
        {
            return null;
        }

        if (_owners.TryGetValue(cgroupId, out var owner))
        {
            return owner;
        }

        if (_names.Find(cgroupId) is not { } path)
        {
            return new Owner($"cgroup {cgroupId}"); // not kept: its name may be found later
        }

        if (_owners.Count >= MaxCached)
        {
            _owners.Clear();
        }

        owner = new Owner(ProcessOwners.UnitOf(path) is { Length: > 0 } unit ? unit : "cgroup /" + path, Cgroup: path);
        _owners.Add(cgroupId, owner);
        return owner;
    }
}
