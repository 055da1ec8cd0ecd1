using System.Diagnostics;
using HalfOpen.SystemTests.Guard;

namespace HalfOpen.SystemTests.Xp;

/// <summary>
/// A Windows of wine's own, and in it the console of HalfOpen.exe on .NET 10: Debian's wine has no .NET Framework, so
/// that the executable itself cannot run there. Its functions of Windows are the same. Made when first asked for.
/// </summary>
public sealed class WinePrefix : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-wine-").FullName;
    private readonly Lazy<string> _program;

    public WinePrefix() => _program = new Lazy<string>(Prepare);

    public string WindowsFolder => Path.Combine(_folder, "prefix", "drive_c", "windows");

    /// <summary>A path of this machine as wine's programs see it.</summary>
    public static string Seen(string path) => "Z:" + path.Replace('/', '\\');

    internal static void Need() => Needs.Program("/usr/bin/wine", "wine");

    public (int Code, string Out) Run(params string[] args)
    {
        using var process = Start("wine", [_program.Value, .. args, "/language", "en"]);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    /// <summary>A neighbour of ours that does one thing (see Neighbours.cs) until its input is closed.</summary>
    public Process Neighbour(params string[] args)
    {
        var process = Start("wine", [_program.Value, .. args]);
        return process.StandardOutput.ReadLine() == "ready" ? process
            : throw new InvalidOperationException("it did not begin: " + process.StandardError.ReadToEnd());
    }

    /// <summary>What Windows does at its start: among it the renames that are on record.</summary>
    public void Restart()
    {
        _ = _program.Value;
        RunTool("wine", "wineboot", "-r");
    }

    /// <summary>A script with wine in it, in a network of its own; in it <c>$PROGRAM</c> is our console.</summary>
    public string RunInNetwork(string script)
    {
        _ = _program.Value;
        Stop();
        return RunTool("unshare", "-n", "sh", "-ec", script);
    }

    public void Dispose()
    {
        if (_program.IsValueCreated)
        {
            Stop();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private void Stop()
    {
        using var stop = Start("/usr/lib/wine/wineserver", ["-k"]);
        stop.WaitForExit();
        using var wait = Start("/usr/lib/wine/wineserver", ["-w"]);
        wait.WaitForExit();
    }

    private string Prepare()
    {
        var project = Path.Combine(BuiltProgram.Root, "tests", "HalfOpen.XpShow");
        var output = Path.Combine(_folder, "program");
        RunTool("dotnet", "publish", project, "-c", "Release", "-f", "net10.0", "-r", "win-x64", "-o", output, "-v", "q", "--nologo");
        RunTool("wine", "wineboot", "-i");
        return Path.Combine(output, "HalfOpen.XpShow.exe");
    }

    private string RunTool(string program, params string[] args)
    {
        using var process = Start(program, args);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', args)}: {process.ExitCode}: {output}{error.Result}");
    }

    private Process Start(string program, string[] args)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        Array.ForEach(args, start.ArgumentList.Add);
        start.Environment["WINEPREFIX"] = Path.Combine(_folder, "prefix");
        start.Environment["WINEDEBUG"] = "-all";
        start.Environment["DISPLAY"] = "";
        start.Environment["PROGRAM"] = _program.IsValueCreated ? _program.Value : "";
        return Process.Start(start)!;
    }
}
