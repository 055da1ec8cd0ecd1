using System.Globalization;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Linux.Processes;

namespace HalfOpen.Linux.Collecting;

/// <summary>
/// Whose socket it is, in words: its process, else its control group, else its user. Never nothing. Bounded caches. Not
/// thread-safe.
/// </summary>
internal sealed class ProgramNames
{
    private const int MaxCached = 65_536;

    private readonly Dictionary<uint, ProgramFacts?> _processes = [];
    private readonly Dictionary<uint, ProgramFacts> _sockets = [];
    private readonly Dictionary<uint, string> _users = [];
    private readonly CgroupNames _groups = new(ControlGroups.FindRoot());
    private readonly CommandLines _commands = new();
    private SocketProcesses _owners = new();

    /// <summary>By the facts of inet_diag.</summary>
    public ProgramFacts OfSocket(uint inode, ulong cgroup, uint user)
    {
        if (inode != 0 && _sockets.TryGetValue(inode, out var known))
        {
            return known;
        }

        var process = _owners.Find(inode);
        var program = (process != 0 ? OfProcess(process) : null) ?? OfGroup(cgroup, user) ?? OfUser(user);
        if (program.Origin == NameOrigin.Process)
        {
            Bound(_sockets);
            _sockets[inode] = program;
        }

        return program;
    }

    /// <summary>By process; null: gone, or not ours to see.</summary>
    public ProgramFacts? OfProcess(uint process)
    {
        if (!_processes.TryGetValue(process, out var program))
        {
            Bound(_processes);
            _processes[process] = program = Read(process);
        }

        return program;
    }

    public ProgramFacts OfUser(uint user) => new("a program of user " + UserName(user), NameOrigin.User, 0, user);

    /// <summary>Forgets which sockets belong to whom, so that the next question looks anew.</summary>
    public void LookAgain() => _owners = new SocketProcesses();

    private ProgramFacts? Read(uint process)
    {
        if (ProcessFacts.Read(process) is not { } facts)
        {
            return null;
        }

        var name = Path.GetFileName(facts.Executable);
        if (ScriptFinder.IsInterpreter(facts.Executable)
            && ScriptFinder.Find(facts.Executable, _commands.Read(process)) is { Length: > 0 } script)
        {
            name = $"{name} {script}";
        }

        return name.Length == 0 ? null : new ProgramFacts(name, NameOrigin.Process, process, User(process), Unit(facts.Cgroup));
    }

    private static long? User(uint process) => InodeOwner.Of($"/proc/{process}");

    /// <summary>Service or scope that a control group belongs to; empty for sessions and the like.</summary>
    internal static string Unit(string cgroup)
    {
        foreach (var part in cgroup.Split('/').Reverse())
        {
            var isService = part.EndsWith(".service", StringComparison.Ordinal) && !part.StartsWith("user@", StringComparison.Ordinal);
            var isScope = part.EndsWith(".scope", StringComparison.Ordinal) && !part.StartsWith("session-", StringComparison.Ordinal)
                && part != "init.scope";
            if (isService || isScope)
            {
                return part;
            }
        }

        return "";
    }

    private ProgramFacts? OfGroup(ulong cgroup, uint user)
    {
        if (cgroup <= 1 || _groups.Find(cgroup) is not { Length: > 0 } path)
        {
            return null;
        }

        var unit = Unit(path);
        return new ProgramFacts(unit.Length > 0 ? unit : $"a program of user {UserName(user)} in {path}", NameOrigin.ControlGroup, 0, user,
            unit);
    }

    private string UserName(uint user)
    {
        if (!_users.TryGetValue(user, out var name))
        {
            Bound(_users);
            _users[user] = name = Accounts.UserName(user) ?? user.ToString(CultureInfo.InvariantCulture);
        }

        return name;
    }

    private static void Bound<TKey, TValue>(Dictionary<TKey, TValue> cache)
        where TKey : notnull
    {
        if (cache.Count >= MaxCached)
        {
            cache.Clear();
        }
    }
}
