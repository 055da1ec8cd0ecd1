using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HalfOpen.Linux;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Doctor;

/// <summary>
/// A machine to be looked at, in a network namespace of its own, and an internet beside it: 30.0.0.0/8 is there (closed
/// ports refuse), 20.0.0.0/8 is silent. Addresses are public ones, since private ones mean something to doctor; nothing
/// leaves the two namespaces. Everything vanishes with this object.
/// </summary>
internal sealed class PatientNetwork : IDisposable
{
    private readonly List<IDisposable> _held = [];
    private readonly List<Process> _processes = [];
    private readonly string _runtime = Directory.CreateTempSubdirectory("halfopen-test-").FullName;
    private readonly NetworkNamespace _machine = NetworkNamespace.Create();
    private readonly NetworkNamespace _internet = NetworkNamespace.Create();

    public PatientNetwork(bool tracks = false)
    {
        _internet.Run(() => Shell.Run("ip link set lo up; sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0"));
        _machine.Run(() => Shell.Run($"ip link set lo up; ip link add veth0 type veth peer name veth1 netns {_internet.Path}; "
            + "ip addr add 31.0.0.1/24 dev veth0; ip link set veth0 up; sysctl -qw net.ipv4.ip_local_port_range='20000 60000'"));
        _internet.Run(() => Shell.Run("ip addr add 31.0.0.2/24 dev veth1; ip link set veth1 up; ip route add local 30.0.0.0/8 dev lo; "
            + "ip route add blackhole 20.0.0.0/8"));
        _machine.Run(() => Shell.Run("ip route add default via 31.0.0.2"));
        if (tracks)
        {
            _machine.Run(() => Shell.Run("iptables -A OUTPUT -m conntrack --ctstate NEW -j ACCEPT"));
        }
    }

    /// <summary>Runs a shell command on the machine, once.</summary>
    public void OnMachine(string command) => _machine.Run(() => Shell.Run(command));

    /// <summary>A socket of the machine that begins to connect; kept until the end.</summary>
    public void Connect(string address, int port)
    {
        var socket = _machine.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false });
        _held.Add(socket);
        try
        {
            socket.Connect(IPAddress.Parse(address), port);
        }
        catch (SocketException)
        {
            // In progress, or no port left: doctor shall see it.
        }
    }

    /// <summary>A server on the internet that accepts on all its addresses and keeps the connections.</summary>
    public void Serve(int port)
    {
        var listener = _internet.Run(() => new TcpListener(IPAddress.Any, port));
        _internet.Run(() => listener.Start(4096));
        _held.Add(listener);
        _ = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    _held.Add(await listener.AcceptSocketAsync());
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The end.
            }
        });
    }

    /// <summary>A server on the machine that never accepts, and clients from outside.</summary>
    public void ServeSlowly(int port, int backlog, int clients)
    {
        var server = _machine.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        server.Bind(new IPEndPoint(IPAddress.Any, port));
        server.Listen(backlog);
        _held.Add(server);
        for (var i = 0; i < clients; i++)
        {
            var client = _internet.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream,
                ProtocolType.Tcp) { Blocking = false });
            _held.Add(client);
            try
            {
                client.Connect(IPAddress.Parse("31.0.0.1"), port);
            }
            catch (SocketException)
            {
                // In progress.
            }
        }
    }

    /// <summary>A folder of this network's own, for what its programs need; taken away in the end.</summary>
    public string Folder => _runtime;

    /// <summary>A program of the machine that runs until the end.</summary>
    public void Start(string command) => _processes.Add(Start(_machine, command));

    /// <summary>A program of the internet that runs until the end; returns when it has said that it is ready.</summary>
    public void StartOutside(string command) => _processes.Add(UntilItSpeaks(Start(_internet, command)));

    /// <summary>A program of the machine; returns when it has said its first line.</summary>
    /// <param name="command">With exec, so that the process is the program itself.</param>
    public Process StartUntilItSpeaks(string command)
    {
        var process = UntilItSpeaks(Start(_machine, command));
        _processes.Add(process);
        return process;
    }

    /// <summary>Doctor on the machine, as a user starts it; of other scenarios' namespaces it knows nothing.</summary>
    /// <param name="program">How it is started; null: as root.</param>
    public async Task<(int Code, string Out)> DoctorAsync(int seconds, string? program = null)
    {
        using var process = Start(_machine, $"exec {program ?? $"'{BuiltProgram.Script}'"} doctor --json --this-namespace "
            + $"--watch-for {seconds}s");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, output);
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            process.Dispose();
        }

        foreach (var held in _held.ToArray())
        {
            held.Dispose();
        }

        _machine.Dispose();
        _internet.Dispose();
        Directory.Delete(_runtime, recursive: true);
    }

    private static Process UntilItSpeaks(Process process)
    {
        var line = process.StandardOutput.ReadLine();
        Assert.False(string.IsNullOrEmpty(line), "the program ended and said nothing");
        _ = process.StandardOutput.ReadToEndAsync();
        return process;
    }

    private Process Start(NetworkNamespace where, string command)
    {
        var start = new ProcessStartInfo("/usr/bin/nsenter") { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["HALFOPEN_RUNTIME_DIR"] = _runtime;
        foreach (var word in (string[])["--net=" + where.Path, "/bin/bash", "-c", command])
        {
            start.ArgumentList.Add(word);
        }

        return Process.Start(start) ?? throw new InvalidOperationException("could not start " + command);
    }
}
