using System.ComponentModel;
using System.Diagnostics;

namespace HalfOpen.Guard.Rules;

/// <summary>What a tool said.</summary>
/// <param name="ExitCode">0: done. -1: there is no such tool.</param>
/// <param name="Error">The first line of its complaint, or of what it printed.</param>
internal readonly record struct ToolResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    public bool Missing => ExitCode == -1;
}

/// <summary>
/// Runs the packet filter's own tools. A child started here is in the network namespace of the calling thread.
/// </summary>
internal static class FilterTool
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly string[] Folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"];

    /// <summary>
    /// Runs all at the same time; the results are in the order of the scripts. Never throws for what a tool does.
    /// </summary>
    public static ToolResult[] Run(IReadOnlyList<RuleScript> scripts)
    {
        // All are started before any is waited for: IPv4 and IPv6 cost one wait, not two.
        var started = scripts.Select(s => Start(s)).ToArray();
        return [.. started.Select(p => p is null ? new ToolResult(-1, "", "not installed") : Finish(p))];
    }

    public static ToolResult Run(string tool, params string[] arguments) => Run([new RuleScript(tool, arguments, "")])[0];

    private static Process? Start(RuleScript script)
    {
        var path = Folders.Select(f => Path.Combine(f, script.Tool)).FirstOrDefault(File.Exists);
        if (path is null)
        {
            return null;
        }

        var start = new ProcessStartInfo(path, script.Arguments)
            { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
                WorkingDirectory = "/" };
        try
        {
            var process = Process.Start(start)!;
            try
            {
                process.StandardInput.Write(script.Text);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading: its exit code says why.
            }

            return process;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static ToolResult Finish(Process process)
    {
        using (process)
        {
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill();
                process.WaitForExit();
                return new ToolResult(124, "", $"no answer within {Patience.TotalSeconds:0} s");
            }

            var complaint = error.GetAwaiter().GetResult();
            var line = complaint.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .FirstOrDefault(l => !l.StartsWith('#')) ?? "";
            return new ToolResult(process.ExitCode, output.GetAwaiter().GetResult(), line);
        }
    }
}
