using System.Globalization;
using System.Text;
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
    private const int MaxGroups = 50_000;

    /// <summary>Executables whose name says nothing without the script that they run.</summary>
    private static readonly string[] Interpreters =
        ["python", "node", "java", "perl", "ruby", "php", "bash", "sh", "dash", "mono", "dotnet", "deno", "bun", "lua"];

    private readonly Dictionary<uint, ProgramFacts?> _processes = [];
    private readonly Dictionary<uint, ProgramFacts> _sockets = [];
    private readonly Dictionary<ulong, string> _groups = [];
    private readonly Dictionary<uint, string> _users = [];
    private readonly string? _cgroupRoot = ControlGroups.FindRoot();
    private SocketProcesses _owners = new();
    private bool _groupsRead;

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

    private static ProgramFacts? Read(uint process)
    {
        if (ProcessFacts.Read(process) is not { } facts)
        {
            return null;
        }

        var name = Path.GetFileName(facts.Executable);
        if (Array.Exists(Interpreters, i => name.StartsWith(i, StringComparison.Ordinal)) && Script(process) is { } script)
        {
            name = $"{name} {script}";
        }

        return name.Length == 0 ? null : new ProgramFacts(name, NameOrigin.Process, process, User(process), Unit(facts.Cgroup));
    }

    /// <summary>The file name of the first argument that is no flag: other arguments may be secrets.</summary>
    private static string? Script(uint process)
    {
        try
        {
            Span<byte> room = stackalloc byte[1024];
            using var file = File.OpenHandle($"/proc/{process}/cmdline");
            var words = Encoding.UTF8.GetString(room[..RandomAccess.Read(file, room, 0)]).Split('\0');
            var script = words.Skip(1).FirstOrDefault(w => w.Length > 0 && w[0] != '-');
            return script is null || script.Contains(' ', StringComparison.Ordinal) ? null : Path.GetFileName(script) is { Length: > 0 } n
                ? n : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
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
        if (cgroup <= 1 || _cgroupRoot is null)
        {
            return null;
        }

        if (!_groupsRead)
        {
            _groupsRead = true;
            ReadGroups();
        }

        if (!_groups.TryGetValue(cgroup, out var path) || path.Length == 0)
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

    /// <summary>A control group's id is the inode of its folder.</summary>
    private void ReadGroups()
    {
        try
        {
            var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, MaxRecursionDepth = 16,
                AttributesToSkip = FileAttributes.ReparsePoint };
            foreach (var folder in Directory.EnumerateDirectories(_cgroupRoot!, "*", options).Take(MaxGroups))
            {
                if (InodeIdentity.Of(folder) is { } identity)
                {
                    _groups[identity.Inode] = Path.GetRelativePath(_cgroupRoot!, folder);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then users must do.
        }
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
