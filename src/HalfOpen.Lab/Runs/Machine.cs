using System.Diagnostics;
using HalfOpen.Linux;
using HalfOpen.Lab.Link;
using HalfOpen.Lab.Programs;
using HalfOpen.Lab.World;

namespace HalfOpen.Lab.Runs;

/// <summary>
/// One machine with a link to an internet of its own, in two anonymous network namespaces. Nothing of it has a name on
/// this system, so nothing can be left behind: it is gone when this process is.
/// </summary>
internal sealed class Machine : IDisposable
{
    private readonly NetworkNamespace _machine;
    private readonly NetworkNamespace _outside;
    private readonly Servers _servers;
    private readonly UserLink _link;

    /// <param name="peerTried">See <see cref="UserLink"/>.</param>
    public Machine(Internet internet, RouterOptions router, bool onePerDestination, Action<uint> peerTried)
    {
        _machine = NetworkNamespace.Create();
        _outside = NetworkNamespace.Create();
        var toMachine = _machine.Run(() =>
        {
            var device = new TunDevice("wan");
            ConfigureLinks(
                """
                link set lo up
                addr add 192.168.77.2/24 dev wan
                link set wan up
                route add default dev wan
                """);

            // Retry ticks every second, so that a timeout set late is seen in time, and none before two minutes.
            Tune("ipv4/tcp_syn_linear_timeouts", "127");
            Tune("ipv4/tcp_syn_retries", "127");

            // After 127 of them, every two seconds instead of ever more rarely: under --full attempts wait for minutes
            // before they go out (Linux 6.15 and later).
            Tune("ipv4/tcp_rto_max_ms", "2000");
            Tune("ipv4/ip_local_port_range", "10000 65000");
            return device;
        });
        var toInternet = _outside.Run(() =>
        {
            var device = new TunDevice("lan");
            ConfigureLinks(
                """
                link set lo up
                addr add 192.168.77.1/24 dev lan
                link set lan up
                route add local 10.0.0.0/8 dev lo
                """);
            return device;
        });
        _servers = _outside.Run(() => new Servers(internet));
        _link = new UserLink(internet, router, _machine, toMachine, toInternet, onePerDestination, peerTried);
    }

    public LinkTotals Totals => _link.Totals;

    /// <inheritdoc cref="UserLink.SilenceService"/>
    public void SilenceService() => _link.SilenceService();

    /// <summary>Starts a program on the machine: a child inherits the namespace of the thread that makes it.</summary>
    public Process Start(ProcessStartInfo program) =>
        _machine.Run(() => Process.Start(program)) ?? throw new LabException("cannot start " + program.FileName + ".");

    /// <summary>Runs <paramref name="work"/> on a thread of the machine, and waits.</summary>
    public void Run(Action work) => _machine.Run(work);

    public void Dispose()
    {
        _link.Dispose();
        _servers.Dispose();
        _outside.Dispose();
        _machine.Dispose();
    }

    /// <summary>Runs a batch of ip(8) commands in the namespace of the calling thread.</summary>
    private static void ConfigureLinks(string commands)
    {
        using var process =
            Process.Start(
                new ProcessStartInfo("ip", "-batch -")
                    { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })
            ?? throw new LabException("cannot start ip.");
        process.StandardInput.WriteLine(commands);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new LabException("cannot set up the lab's network: ip: " + error.ReplaceLineEndings(" ").Trim());
        }
    }

    /// <summary>
    /// The files of /proc/sys/net are those of the calling thread's namespace. Some containers mount them read-only:
    /// then the kernel's own ticks stay, and silent attempts end up to a few seconds late.
    /// </summary>
    private static void Tune(string name, string value)
    {
        try
        {
            File.WriteAllText("/proc/sys/net/" + name, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // as said above
        }
    }
}
