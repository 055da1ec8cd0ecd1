using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using HalfOpen.SystemTests.Guard;

namespace HalfOpen.SystemTests.Watch;

/// <summary>
/// A machine with programs to watch, in namespaces that vanish with this object: dead peers, attempts of a millisecond,
/// and the built program that watches them, in a pipe or on a terminal.
/// </summary>
internal sealed class WatchedNetwork : IDisposable
{
    private readonly TestNetwork _network = new();
    private readonly List<Socket> _sockets = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-watch-").FullName;

    public string RuntimeFolder => _folder;

    public Linux.NetworkNamespace Machine => _network.Machine;

    /// <summary>Of this test's own process.</summary>
    public void HoldDeadPeers(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _sockets.Add(_network.Connect($"10.79.{i / 250}.{1 + (i % 250)}", 80));
        }
    }

    /// <summary>Attempts of one shell, one after the other, each refused at once.</summary>
    public Task TryShortlyAsync(int count) => Task.Run(() => Machine.Run(() => Shell.Run(
        $"exec bash -c 'for i in $(seq {count}); do (exec 3<>/dev/tcp/10.78.0.1/81) 2>/dev/null || :; sleep 0.01; done'")));

    /// <summary>Watches, with the standard output in a pipe.</summary>
    public async Task<(int Code, string Out, string Error)> WatchAsync(string arguments, string before = "")
    {
        using var process = Start($"{before} exec '{BuiltProgram.Script}' watch {arguments}");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, output, await error);
    }

    /// <summary>
    /// On a terminal of 90 columns and 20 rows. Prints the terminal's mode before and after, and the exit code.
    /// </summary>
    /// <param name="until">When this is on the screen, the keys are pressed.</param>
    /// <param name="keys">Pressed one after the other, 300 ms between them.</param>
    /// <param name="then">A shell command that ends it, in place of keys; $P is the process.</param>
    public async Task<string> OnTerminalAsync(string until, IReadOnlyList<string> keys, string then = "", string settings = "")
    {
        // The script is replaced by the program, so the shell's child is the watch.
        var inside = $"stty cols 90 rows 20; echo MODE \\$(stty -g); {settings} '{BuiltProgram.Script}' watch --every 0.2s; "
            + "echo CODE \\$?; echo MODE \\$(stty -g)";
        using var process = Start($"export SHELL=/bin/bash TERM=xterm-256color; exec script -qefc \"{inside}\" /dev/null");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var output = new StringBuilder();
        var buffer = new char[65536];
        var isPressed = false;
        int count;
        while ((count = await process.StandardOutput.ReadAsync(buffer, limit.Token)) > 0)
        {
            output.Append(buffer, 0, count);
            if (!isPressed && output.ToString().Contains(until, StringComparison.Ordinal))
            {
                isPressed = true;
                _ = Task.Run(async () =>
                {
                    foreach (var key in keys)
                    {
                        await process.StandardInput.WriteAsync(key);
                        await process.StandardInput.FlushAsync(limit.Token);
                        await Task.Delay(300, limit.Token);
                    }

                    if (then.Length > 0)
                    {
                        Shell.Run($"P=$(pgrep -P $(pgrep -P {process.Id})); {then}");
                    }
                }, limit.Token);
            }
        }

        await process.WaitForExitAsync(limit.Token);
        return output.ToString();
    }

    public void Dispose()
    {
        _sockets.ForEach(s => s.Dispose());
        _network.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Process Start(string command)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-c", command])
            { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HALFOPEN_RUNTIME_DIR"] = RuntimeFolder;
        start.Environment.Remove("NO_COLOR");
        return Machine.Run(() => Process.Start(start)!);
    }
}
