using System.Diagnostics;
using HalfOpen.Linux;
using HalfOpen.Linux.Processes;

namespace HalfOpen.SystemTests.Guard;

/// <summary>Programs of users in a namespace: see Loads/load.c. All of them end when this is disposed.</summary>
internal sealed class Load : IDisposable
{
    private readonly NetworkNamespace _where;
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-load-").FullName;
    private readonly List<Process> _running = [];
    private readonly List<string> _cgroups = [];

    public Load(NetworkNamespace where)
    {
        Needs.Program("/usr/bin/gcc", "gcc");
        _where = where;
        File.SetUnixFileMode(_folder, (UnixFileMode)0x1ed); // 755: other users run what is here
        Shell.Run($"gcc -O1 -o {Executable} {Path.Combine(BuiltProgram.Root, "tests/HalfOpen.SystemTests/Guard/Loads/load.c")}");
    }

    public string Folder => _folder;

    private string Executable => Path.Combine(_folder, "load");

    /// <summary>Copies of one binary under names of their own, each with some attempts to silent hosts.</summary>
    /// <param name="ownCgroups">Each copy in a cgroup of its own.</param>
    public void Copies(uint user, int count, int attempts, bool ownCgroups = false)
    {
        string[] cgroups = [];
        if (ownCgroups)
        {
            var root = Path.Combine(
                ControlGroups.FindRoot() ?? throw new InvalidOperationException("no cgroup2 here"), Path.GetFileName(_folder));
            Directory.CreateDirectory(root);
            _cgroups.Add(root);
            cgroups = [root];
        }

        Start([Executable, "copies", $"{user}", $"{count}", $"{attempts}", _folder, .. cgroups]);
    }

    /// <summary>
    /// Copies of one binary under names of their own, each with so many attempts to silent hosts at any time.
    /// </summary>
    public void Churns(uint user, int count, int attempts, int milliseconds) =>
        Start([Executable, "churns", $"{user}", $"{count}", $"{attempts}", $"{milliseconds}", _folder]);

    /// <summary>Executables that live for one attempt of half a second, 50 at a time.</summary>
    public void OneShots(uint user, int count) => Start([Executable, "shots", $"{user}", $"{count}", _folder]);

    /// <summary>The same program under a name of its own: another program to the guard.</summary>
    /// <returns>Its path.</returns>
    public string Copy(string name)
    {
        var path = Path.Combine(_folder, name);
        Shell.Run($"ln {Executable} {path}");
        return path;
    }

    /// <summary>Runs a program as a user, in the background.</summary>
    public Process As(uint user, params string[] command) => Start(
        ["setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", .. command]);

    /// <summary>A browser's page, a program of its own: so many connections at once to hosts that answer.</summary>
    /// <returns>How many connected within the patience, and the milliseconds until the last of them did.</returns>
    public (int Connected, long Milliseconds) Page(uint user, int connects = 30, int patienceMs = 25_000)
    {
        var browser = Path.Combine(_folder, "browser");
        var words = _where.Run(() => Shell.Run($"ln -f {Executable} {browser}; {browser} page {user} {connects} {patienceMs}")).Split(' ');
        return (int.Parse(words[0]), long.Parse(words[1]));
    }

    public void Dispose()
    {
        foreach (var process in _running)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        // Children end with their parent, though not at the same moment.
        foreach (var cgroup in _cgroups)
        {
            Shell.Run($"for i in $(seq 100); do find {cgroup} -depth -type d -exec rmdir {{}} + 2>/dev/null && break; sleep 0.1; done");
        }

        Directory.Delete(_folder, recursive: true);
    }

    private Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, WorkingDirectory = _folder };
        var process = _where.Run(() => Process.Start(start)!);
        _running.Add(process);
        return process;
    }
}
