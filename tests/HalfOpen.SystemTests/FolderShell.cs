using System.Diagnostics;
using Xunit;

namespace HalfOpen.SystemTests;

/// <summary>Runs shell commands on a folder of a test. Ends only what it started.</summary>
internal static class FolderShell
{
    /// <summary>Runs a command to its end, with the script of the program as $H and the folder as $D.</summary>
    public static async Task<(int Code, string Out, string Error)> RunAsync(string command, string folder)
    {
        var start = new ProcessStartInfo("bash")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        start.Environment["H"] = BuiltProgram.Script;
        start.Environment["D"] = folder;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(command + " did not end in time", e);
        }
    }

    /// <summary>Skips the test when a program is not there, and says which package has it.</summary>
    public static void Needs(string program, string package)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin");
        Assert.SkipUnless(folders.Any(f => File.Exists(Path.Combine(f, program))), $"needs {program} (Debian package {package})");
    }
}
