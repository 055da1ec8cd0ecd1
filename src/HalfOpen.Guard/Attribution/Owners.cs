using HalfOpen.Linux.Processes;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Attribution;

/// <summary>Whose attempt it is. Immutable.</summary>
/// <param name="Program">What the engine and the status call it.</param>
/// <param name="Executable">Full path; empty when not known.</param>
/// <param name="Cgroup">Path below the root of the cgroup2 hierarchy, without the leading slash; empty when not
/// known.</param>
/// <param name="ProcessId">One that it was found by; 0: none.</param>
internal sealed record Owner(string Program, string Executable = "", string Cgroup = "", uint ProcessId = 0);

/// <summary>Finds the owner of an attempt. The guard's thread only.</summary>
internal interface IOwners
{
    /// <summary>By process, which may be gone already; then by user.</summary>
    Owner OfProcess(uint processId, uint userId, long now);

    /// <summary>
    /// By a socket, where nobody told the process: by the process that has it open, by cgroup where processes are not
    /// to be seen (a container's PID namespace), or by user when nothing is found in the time that may be spent on
    /// that.
    /// </summary>
    Owner OfSocket(uint inode, ulong cgroupId, uint userId, long now);

    /// <summary>A forwarded attempt: by source address.</summary>
    Owner OfSource(UInt128 address);

    /// <summary>Whether a process runs this very executable, by <see cref="ExemptExecutables"/>.</summary>
    bool Runs(uint processId, string executable);
}

/// <summary>
/// Owners from /proc: executable and cgroup of a process cost 12-21 us each to read (measured), so they are kept for
/// two seconds, within which a process id is not used again in practice. Bounded: a crowd of short-lived processes
/// empties the cache and costs time, not memory.
/// </summary>
internal sealed class ProcessOwners : IOwners
{
    private const int MaxCached = 4096;
    private const long KeepTicks = 2 * TimeSpan.TicksPerSecond;
    private readonly Dictionary<uint, (Owner Owner, long Until)> _processes = [];
    private readonly Dictionary<uint, Owner> _users = [];
    private readonly Dictionary<UInt128, Owner> _sources = [];
    private readonly SocketOwners _sockets = new();
    private readonly ExemptExecutables _exempt = new();
    private readonly CgroupOwners? _cgroups = ProcessNamespace.IsInitial ? null : new();

    public Owner OfProcess(uint processId, uint userId, long now)
    {
        if (processId == 0)
        {
            return OfUser(userId);
        }

        if (_processes.TryGetValue(processId, out var cached) && now < cached.Until)
        {
            return cached.Owner;
        }

        if (_processes.Count >= MaxCached)
        {
            _processes.Clear();
        }

        var owner = Read(processId) ?? OfUser(userId);
        _processes[processId] = (owner, now + KeepTicks);
        return owner;
    }

    public Owner OfSocket(uint inode, ulong cgroupId, uint userId, long now) =>
        _sockets.Find(inode) is var process && process == 0 && _cgroups?.Find(cgroupId) is { } owner
            ? owner : OfProcess(process, userId, now);

    public Owner OfSource(UInt128 address)
    {
        if (!_sources.TryGetValue(address, out var owner))
        {
            Bound(_sources);
            owner = new Owner(Flow.ToAddress(address).ToString());
            _sources.Add(address, owner);
        }

        return owner;
    }

    public bool Runs(uint processId, string executable) => _exempt.Runs(processId, executable);

    /// <summary>
    /// The unit that tells two programs with one executable (python3, node, java) apart: the last part of the cgroup
    /// when it is a service or a container's scope.
    /// </summary>
    internal static string UnitOf(string cgroup)
    {
        var last = cgroup[(cgroup.LastIndexOf('/') + 1)..];
        var isUnit = last.EndsWith(".service", StringComparison.Ordinal) && !last.StartsWith("user@", StringComparison.Ordinal);
        var isScope = last.EndsWith(".scope", StringComparison.Ordinal) && !last.StartsWith("session-", StringComparison.Ordinal)
            && last != "init.scope";
        return isUnit || isScope ? last : "";
    }

    private static Owner? Read(uint processId)
    {
        if (ProcessFacts.Read(processId) is not { } facts)
        {
            return null;
        }

        var unit = UnitOf(facts.Cgroup);
        var program = unit.Length > 0 ? $"{facts.Executable} ({unit})" : facts.Executable;
        return new Owner(program, facts.Executable, facts.Cgroup, processId);
    }

    private static void Bound<TKey>(Dictionary<TKey, Owner> cache)
        where TKey : notnull
    {
        if (cache.Count >= MaxCached)
        {
            cache.Clear();
        }
    }

    private Owner OfUser(uint userId)
    {
        if (!_users.TryGetValue(userId, out var owner))
        {
            Bound(_users);
            owner = new Owner("user " + userId);
            _users.Add(userId, owner);
        }

        return owner;
    }
}
