using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HalfOpen.Lab.Runs;

/// <summary>
/// A temporary folder with a copy of the dotnet host for each program of the lab: the guard tells programs apart by
/// their executable, so they must not be the same file. The folder is locked while the lab lives; whatever an earlier
/// lab left there after kill -9 is removed at the next start. Thread-safe.
/// </summary>
internal sealed class ProgramFolder : IDisposable
{
    private const string Prefix = "halfopen-lab-";
    private const string LockName = "lock";
    private static readonly string[] Names = ["swarm", "browser", "shell", "scanner", "load"];

    private readonly string _path;
    private readonly FileStream _lock;

    public ProgramFolder()
    {
        RemoveLeftovers();
        _path = Directory.CreateTempSubdirectory(Prefix).FullName;
        _lock = new FileStream(Path.Combine(_path, LockName), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        var runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        foreach (var name in Names)
        {
            var folder = Directory.CreateDirectory(Path.Combine(_path, name)).FullName;
            File.Copy(Path.Combine(runtime, "dotnet"), Path.Combine(folder, "dotnet"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "host"), Path.Combine(runtime, "host"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "shared"), Path.Combine(runtime, "shared"));
        }
    }

    /// <summary>How to start a program of the lab.</summary>
    public ProcessStartInfo Command(string program, IEnumerable<string> words)
    {
        var own = Path.Combine(_path, program, "dotnet");
        var start = new ProcessStartInfo(File.Exists(own) ? own : Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var word in (string[])[Environment.GetCommandLineArgs()[0], "lab", "program", program, .. words])
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
