using HalfOpen.Linux.Processes;

namespace HalfOpen.Guard.Attribution;

/// <summary>
/// Origins by cgroup, for a guard in a PID namespace of its own: processes outside of it have no id there, and without
/// this all of a user's would be one program. The guard's thread only.
/// </summary>
internal sealed class CgroupOrigins(UserOwners users)
{
    private const int MaxCached = 1024;
    private const ulong Root = 1;
    private readonly CgroupNames _names = new(ControlGroups.FindRoot());
    private readonly Dictionary<(ulong Cgroup, uint User), AttemptOrigin> _origins = [];

    /// <summary>What is less known, in words; empty in the machine's own PID namespace.</summary>
    public static string Problem => ProcessNamespace.IsInitial ? ""
        : "programs outside of this PID namespace (a container's) are told apart by cgroup only, and none is exempt by executable: "
            + "give the container the host's (docs/guides/guard.md)";

    /// <summary>Null: in no cgroup but the root, or not told.</summary>
    public AttemptOrigin? Find(ulong cgroupId, uint userId, long now)
    {
        if (cgroupId <= Root)
        {
            return null;
        }

        if (_origins.TryGetValue((cgroupId, userId), out var origin))
        {
            return origin;
        }

        if (_names.Find(cgroupId) is not { } path)
        {
            return new AttemptOrigin($"cgroup {cgroupId}") { Owner = users.Find(userId, now) }; // not kept: its name may be found later
        }

        if (_origins.Count >= MaxCached)
        {
            _origins.Clear();
        }

        var container = ContainerName.Find(path, out var rest);
        var unit = ProgramName.UnitOf(rest);
        var isUnit = unit.EndsWith(".service", StringComparison.Ordinal) || unit.EndsWith(".scope", StringComparison.Ordinal);
        var program = ProgramName.Of(isUnit ? unit : "cgroup /" + rest, "", "");
        origin = new AttemptOrigin(program, Cgroup: path)
        {
            Owner = container.Length > 0 ? ProgramName.OfOwner(container) : users.Find(userId, now),
            FlatName = container.Length > 0 ? ProgramName.Of(program, "", container) : "",
        };
        _origins.Add((cgroupId, userId), origin);
        return origin;
    }
}
