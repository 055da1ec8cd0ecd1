using HalfOpen.Linux.Processes;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Attribution;

/// <summary>Where an attempt comes from: process, program and its owner. Immutable.</summary>
/// <param name="Program">What it is called among its owner's programs.</param>
/// <param name="Executable">Full path; empty when not known.</param>
/// <param name="Cgroup">Path below the root of the cgroup2 hierarchy, without the leading slash; empty when not
/// known.</param>
/// <param name="ProcessId">One that it was found by; 0: none.</param>
internal sealed record AttemptOrigin(string Program, string Executable = "", string Cgroup = "", uint ProcessId = 0)
{
    private string? _fullName;

    /// <summary>The user, container or host whose program it is; empty: it is one by itself.</summary>
    public string Owner { get; init; } = "";

    /// <summary>What it is called where owners do not matter.</summary>
    public string FlatName { get => field.Length > 0 ? field : Program; init; } = "";

    /// <summary>The engine's name where they do: no other owner's program has it.</summary>
    public string FullName => _fullName ??= ProgramName.WithOwner(Owner, Program);

    /// <summary>Characters that it takes in memory.</summary>
    public int Length => Executable.Length + Cgroup.Length + FlatName.Length + (2 * (Owner.Length + Program.Length));
}

/// <summary>Finds the origin of an attempt. The guard's thread only.</summary>
internal interface IOrigins
{
    /// <summary>By process, which may be gone already; then by user.</summary>
    AttemptOrigin OfProcess(uint processId, uint userId, long now);

    /// <summary>
    /// By a socket, where nobody told the process: by the process that has it open, by cgroup where processes are not
    /// to be seen (a container's PID namespace), or by user when nothing is found in the time that may be spent on
    /// that.
    /// </summary>
    AttemptOrigin OfSocket(uint inode, ulong cgroupId, uint userId, long now);

    /// <summary>A forwarded attempt: by source address.</summary>
    AttemptOrigin OfSource(UInt128 address);

    /// <summary>Whether a process runs this very executable, by <see cref="ExemptExecutables"/>.</summary>
    bool Runs(uint processId, string executable);
}

/// <summary>
/// Origins from /proc: executable and cgroup of a process cost 12-21 us each to read (measured), so they are kept for
/// two seconds, within which a process id is not used again in practice. Bounded: a crowd of short-lived processes
/// empties the cache and costs time, not memory, however long their paths are.
/// </summary>
internal sealed class ProcessOrigins : IOrigins
{
    private const int MaxCached = 4096;
    private const long KeepTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>Of all names together that are kept, in characters.</summary>
    private const int MaxCharacters = 4 << 20;

    private const string Unknown = "unknown program";
    private readonly Dictionary<(uint Process, uint User), (AttemptOrigin Origin, long Until)> _processes = [];
    private readonly Dictionary<uint, (AttemptOrigin Origin, long Until)> _users = [];
    private readonly Dictionary<UInt128, AttemptOrigin> _sources = [];
    private readonly SocketProcesses _sockets = new();
    private readonly CommandLines _commands = new();
    private readonly UserOwners _names = new();
    private readonly ExemptExecutables _exempt = new();
    private readonly CgroupOrigins? _cgroups;
    private int _characters;

    public ProcessOrigins() => _cgroups = ProcessNamespace.IsInitial ? null : new CgroupOrigins(_names);

    public AttemptOrigin OfProcess(uint processId, uint userId, long now)
    {
        if (processId == 0)
        {
            return OfUser(userId, now);
        }

        var key = (processId, userId);
        if (_processes.TryGetValue(key, out var cached) && now < cached.Until)
        {
            return cached.Origin;
        }

        if (_processes.Count >= MaxCached || _characters >= MaxCharacters)
        {
            _processes.Clear();
            _characters = 0;
        }

        var origin = Read(processId, userId, now) ?? OfUser(userId, now);
        _processes[key] = (origin, now + KeepTicks);
        _characters += origin.Length;
        return origin;
    }

    public AttemptOrigin OfSocket(uint inode, ulong cgroupId, uint userId, long now) =>
        _sockets.Find(inode) is var process && process == 0 && _cgroups?.Find(cgroupId, userId, now) is { } origin
            ? origin : OfProcess(process, userId, now);

    public AttemptOrigin OfSource(UInt128 address)
    {
        if (!_sources.TryGetValue(address, out var origin))
        {
            Bound(_sources);
            var host = Flow.ToAddress(address).ToString();
            origin = new AttemptOrigin(host) { Owner = "host " + host };
            _sources.Add(address, origin);
        }

        return origin;
    }

    public bool Runs(uint processId, string executable) => _exempt.Runs(processId, executable);

    private AttemptOrigin? Read(uint processId, uint userId, long now)
    {
        if (ProcessFacts.Read(processId) is not { } facts)
        {
            return null;
        }

        var container = ContainerName.Find(facts.Cgroup, out var cgroup);
        if (container.Length == 0 && facts.LegacyCgroup.Length > 0)
        {
            container = ContainerName.Find(facts.LegacyCgroup, out var legacy);
            cgroup = container.Length > 0 ? legacy : cgroup;
        }

        var script = ScriptFinder.IsInterpreter(facts.Executable) ? ScriptFinder.Find(facts.Executable, _commands.Read(processId)) : "";
        var unit = ProgramName.UnitOf(cgroup);
        return new AttemptOrigin(ProgramName.Of(facts.Executable, script, unit), facts.Executable, facts.Cgroup, processId)
        {
            Owner = container.Length > 0 ? ProgramName.OfOwner(container) : _names.Find(userId, now),
            FlatName = container.Length > 0
                ? ProgramName.Of(facts.Executable, script, unit.Length > 0 ? $"{container}, {unit}" : container) : "",
        };
    }

    private static void Bound<TKey, TValue>(Dictionary<TKey, TValue> cache)
        where TKey : notnull
    {
        if (cache.Count >= MaxCached)
        {
            cache.Clear();
        }
    }

    private AttemptOrigin OfUser(uint userId, long now)
    {
        if (!_users.TryGetValue(userId, out var cached) || now >= cached.Until)
        {
            Bound(_users);
            var name = _names.Find(userId, now);
            cached = (new AttemptOrigin(Unknown) { Owner = name, FlatName = name }, now + KeepTicks);
            _users[userId] = cached;
        }

        return cached.Origin;
    }
}
