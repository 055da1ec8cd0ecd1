using System.Diagnostics;

namespace HalfOpen.SystemTests;

/// <summary>The program as users start it: the script at the root. Ends only what it started.</summary>
internal static class BuiltProgram
{
    public static string Root { get; } = FindRoot();

    public static string Script => Path.Combine(Root, "halfopen");

    public static async Task<(int Code, string Out, string Error)> RunAsync(string[] args, string input = "", TimeSpan? timeout = null)
    {
        using var process = Start(args);
        using var limit = new CancellationTokenSource(timeout ?? TimeSpan.FromMinutes(2));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException("halfopen " + string.Join(' ', args) + " did not end in time", e);
        }
    }

    public static Process Start(string[] args, string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(Script)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? Root,
        };
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        return Process.Start(start) ?? throw new InvalidOperationException("could not start " + Script);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "HalfOpen.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("HalfOpen.slnx was not found above the test binaries.");
    }
}
