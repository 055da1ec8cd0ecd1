using HalfOpen.Core;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using HalfOpen.Guard;
using HalfOpen.Guard.Rules;
using HalfOpen.Linux;

namespace HalfOpen.GuardFigures;

/// <summary>
/// A guard in a process of its own, so that its CPU time and memory are only its own. Commands go in by lines, answers
/// come out by lines.
/// </summary>
internal sealed partial class GuardProcess : IDisposable
{
    /// <summary>Of <see cref="NetworkNamespace"/>.</summary>
    private const string ThreadName = "namespace";
    private readonly Process _process;

    public GuardProcess(NetworkNamespace where, GuardOptions options)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
            { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
        {
            start.ArgumentList.Add(typeof(GuardProcess).Assembly.Location);
        }

        start.ArgumentList.Add("guard");
        start.ArgumentList.Add(where.Path);
        start.ArgumentList.Add(options.Limit.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add(options.Policy.Text);
        start.ArgumentList.Add(options.Lease ? "lease" : "queue");
        var begin = Stopwatch.GetTimestamp();
        _process = Process.Start(start)!;
        if (_process.StandardOutput.ReadLine() != "ready")
        {
            throw new InvalidOperationException("the guard did not come up");
        }

        ReadyAfter = Stopwatch.GetElapsedTime(begin);
    }

    /// <summary>From the start of the process to "rules are set and packets are read".</summary>
    public TimeSpan ReadyAfter { get; }

    public double ResidentMiB
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    /// <summary>CPU time of all its threads so far, to the nanosecond.</summary>
    public unsafe TimeSpan Cpu
    {
        get
        {
            // Of another process: MAKE_PROCESS_CPUCLOCK of the kernel's posix-timers.h. /proc counts in steps of 10 ms.
            const int ByScheduler = 2;
            var time = stackalloc long[2];
            return ClockGetTime((~_process.Id << 3) | ByScheduler, time) == 0
                ? TimeSpan.FromSeconds(time[0]) + TimeSpan.FromMicroseconds(time[1] / 1000.0)
                : throw new InvalidOperationException("the guard is gone");
        }
    }

    /// <summary>Of that, what its one working thread had: not the JIT, not the runtime's own threads.</summary>
    public TimeSpan ThreadCpu
    {
        get
        {
            var nanoseconds = 0L;
            foreach (var task in Directory.EnumerateDirectories($"/proc/{_process.Id}/task"))
            {
                if (File.ReadAllText(task + "/comm").TrimEnd() == ThreadName)
                {
                    nanoseconds += long.Parse(File.ReadAllText(task + "/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);
                }
            }

            return TimeSpan.FromMicroseconds(nanoseconds / 1000.0);
        }
    }

    public GuardStatus Status() => JsonSerializer.Deserialize<GuardStatus>(Ask("status"))!;

    public void SetLimit(int limit) => Ask("limit " + limit.ToString(CultureInfo.InvariantCulture));

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(20_000))
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    /// <summary>The child's side.</summary>
    public static int Serve(string where, int limit, string policyText, string how)
    {
        if (!PolicyTable.Shipped.TryParse(policyText, out var policy, out var problem))
        {
            throw new InvalidOperationException(problem);
        }

        var options = new GuardOptions { NetworkNamespace = where, Limit = limit, Policy = policy, Lease = how == "lease" };
        using var stop = new CancellationTokenSource();
        var session = new GuardSession(options, new ThrowawayRules());
        var thread = new Thread(() => session.Run(stop.Token)) { Name = "guard" };
        thread.Start();
        session.Ready.Wait();
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            if (line.StartsWith("limit ", StringComparison.Ordinal))
            {
                session.SetLimit(int.Parse(line[6..]));
            }

            Console.WriteLine(JsonSerializer.Serialize(session.Snapshot()));
        }

        stop.Cancel();
        thread.Join();
        return 0;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static unsafe partial int ClockGetTime(int clock, long* secondsAndNanoseconds);

    private string Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the guard is gone");
    }
}
