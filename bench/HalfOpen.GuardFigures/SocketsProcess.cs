using System.Diagnostics;
using System.Globalization;
using HalfOpen.Linux;
using HalfOpen.SystemTests.Guard;

namespace HalfOpen.GuardFigures;

/// <summary>
/// A process with many silent attempts open: one process may not open as many descriptors as are needed.
/// </summary>
internal sealed class SocketsProcess : IDisposable
{
    private readonly Process _process;

    public SocketsProcess(NetworkNamespace where, int first, int count)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
            { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(SocketsProcess).Assembly.Location);
        foreach (
            var argument in new[]
                { "sockets", where.Path, first.ToString(CultureInfo.InvariantCulture), count.ToString(CultureInfo.InvariantCulture) })
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        if (_process.StandardOutput.ReadLine() != "open")
        {
            throw new InvalidOperationException("the sockets were not opened");
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>The child's side: opens, says so, and keeps them until its input ends.</summary>
    public static int Serve(string where, int first, int count)
    {
        using var there = NetworkNamespace.Open(where);
        var sockets = there.Run(() => Enumerable.Range(first, count).Select(i => Libc.Begin(Libc.Address(79, i), 80)).ToArray());
        if (sockets.Any(s => s < 0))
        {
            return 1;
        }

        Console.WriteLine("open");
        Console.In.ReadToEnd();
        return 0;
    }
}
