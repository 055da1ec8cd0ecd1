using System.Diagnostics;
using System.Globalization;

namespace HalfOpen.Lab.Runs;

/// <summary>
/// A temporary folder with an executable for each program of the lab: the guard tells programs apart by their
/// executable, so they must not be the same file. The folder is locked while the lab lives; whatever an earlier
/// lab left there after kill -9 is removed at the next start. Thread-safe.
/// </summary>
internal sealed class ProgramFolder : IDisposable
{
    private const string Prefix = "halfopen-lab-";
    private const string LockName = "lock";
    private static readonly string[] Names = ["swarm", "browser", "shell", "scanner", "load"];

    private readonly Dictionary<string, string> _executables = []; // not changed after construction
    private readonly string _path;
    private readonly FileStream _lock;
    private int _sockets;

    public ProgramFolder()
    {
        RemoveLeftovers();
        _path = Directory.CreateTempSubdirectory(Prefix).FullName;
        _lock = new FileStream(Path.Combine(_path, LockName), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        foreach (var name in Names)
        {
            _executables.Add(name, OwnProgram.CopyTo(Directory.CreateDirectory(Path.Combine(_path, name)).FullName));
        }
    }

    /// <summary>Where a guard may be asked, that of one machine; nothing is there yet. Only its owner sees into the
    /// folder.</summary>
    public string NewSocket() =>
        Path.Combine(_path, string.Create(CultureInfo.InvariantCulture, $"guard{Interlocked.Increment(ref _sockets)}"));

    /// <summary>How to start a program of the lab.</summary>
    public ProcessStartInfo Command(string program, IEnumerable<string> words)
    {
        var own = _executables.GetValueOrDefault(program);
        var start = new ProcessStartInfo(own ?? OwnProgram.Command[0])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var prefix = own is null ? OwnProgram.Command.Skip(1) : OwnProgram.Prefix;
        foreach (var word in (string[])[.. prefix, "lab", "program", program, .. words])
        {
            start.ArgumentList.Add(word);
        }

        // Small programs: neither a heap for each core nor background compilation.
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        return start;
    }

    public void Dispose()
    {
        _lock.Dispose();
        Remove(_path);
    }

    /// <summary>Folders of labs that were killed. A living lab holds its lock.</summary>
    public static int RemoveLeftovers()
    {
        var removed = 0;
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            try
            {
                using (new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.Write, FileShare.None))
                {
                    Remove(folder);
                    removed++;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // alive, just being made, or somebody else's
            }
        }

        return removed;
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the next lab tries again
        }
    }
}
