using System.Diagnostics;

namespace HalfOpen.SystemTests.Guard;

/// <summary>Runs a command in the namespace of the calling thread.</summary>
internal static class Shell
{
    public static string Run(string command)
    {
        var start = new ProcessStartInfo("/bin/sh")
            { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-ec");
        start.ArgumentList.Add(command);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{command}: {error.Result}");
    }
}
