using System.Diagnostics;
using HalfOpen.Linux;
using Xunit;

namespace HalfOpen.SystemTests.Control;

/// <summary>
/// The built program guarding a private namespace, with a runtime folder of its own. Ended, if need be with SIGKILL,
/// when disposed.
/// </summary>
internal sealed class GuardProcess : IDisposable
{
    private readonly NetworkNamespace _where;
    private readonly Process _process;
    private readonly Task<string> _error;

    public GuardProcess(NetworkNamespace where, string runtimeFolder, string[] arguments, string[]? wrapper = null,
        string? notifySocket = null)
    {
        (_where, RuntimeFolder) = (where, runtimeFolder);
        _process = Start([.. wrapper ?? [], BuiltProgram.Script, "guard", "--json", .. arguments], notifySocket);
        _error = _process.StandardError.ReadToEndAsync();
        FirstLine = _process.StandardOutput.ReadLine() ?? "";
        _ = _process.StandardOutput.ReadToEndAsync();
    }

    public string RuntimeFolder { get; }

    /// <summary>Of the process; the script has become the program.</summary>
    public int Id => _process.Id;

    /// <summary>The JSON event that says it is ready; empty when it ended before.</summary>
    public string FirstLine { get; }

    /// <summary>Runs another verb where this guard runs.</summary>
    public (int Code, string Out, string Error) Run(params string[] arguments)
    {
        using var process = Start([BuiltProgram.Script, .. arguments], null);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)), "the verb did not end");
        return (process.ExitCode, output, error.Result);
    }

    public void Signal(string name) => Process.Start("/bin/kill", ["-" + name, _process.Id.ToString()]).WaitForExit();

    /// <summary>Waits for its end: exit code and standard error.</summary>
    public (int Code, string Error) End()
    {
        Assert.True(_process.WaitForExit(TimeSpan.FromSeconds(60)), "the guard did not end");
        return (_process.ExitCode, _error.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private Process Start(string[] command, string? notifySocket)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
            { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HALFOPEN_RUNTIME_DIR"] = RuntimeFolder;
        start.Environment.Remove("JOURNAL_STREAM");
        if (notifySocket is not null)
        {
            start.Environment["NOTIFY_SOCKET"] = notifySocket;
        }

        return _where.Run(() => Process.Start(start)!);
    }
}
