using System.Diagnostics;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Xp;

/// <summary>HalfOpen.exe as it is built for .NET Framework 2.0, under mono.</summary>
internal static class MonoProgram
{
    private static readonly string Configuration =
        AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";

    public static string Executable => Path.Combine(BuiltProgram.Root, "src", "HalfOpen.Xp", "bin", Configuration, "net20", "HalfOpen.exe");

    /// <summary>Its window before a machine that is made up.</summary>
    public static string Show =>
        Path.Combine(BuiltProgram.Root, "tests", "HalfOpen.XpShow", "bin", Configuration, "net20", "HalfOpen.XpShow.exe");

    public static void Need()
    {
        Needs.Program("/usr/bin/mono", "mono-devel");
        Assert.SkipUnless(File.Exists(Executable), "skipped: needs a build with mono-devel installed (reference assemblies of 2.0)");
    }

    public static async Task<(int Code, string Out, string Error)> RunAsync(string[] args, string input = "")
    {
        using var process = Start(Executable, args, display: null);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        return (process.ExitCode, await output, await error);
    }

    public static Process Start(string executable, string[] args, string? display)
    {
        var start = new ProcessStartInfo("/usr/bin/mono")
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.ArgumentList.Add(executable);
        Array.ForEach(args, start.ArgumentList.Add);
        start.Environment["LANG"] = "C.UTF-8";
        if (display is not null)
        {
            start.Environment["DISPLAY"] = display;
        }

        return Process.Start(start)!;
    }
}
