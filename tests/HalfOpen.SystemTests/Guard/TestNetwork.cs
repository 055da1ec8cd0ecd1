using System.Net;
using System.Net.Sockets;
using HalfOpen.Linux;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// Two anonymous namespaces joined by a veth pair; they vanish with the process. The machine is 10.77.0.1 and fd77::1.
/// The internet is 10.77.0.2 and fd77::2 (closed ports refuse), all of 10.78.0.0/16 and fd78::/16 (likewise),
/// 10.79.0.0/16 and fd79::/16 (silent), 10.80.0.0/16 (ICMP host unreachable).
/// </summary>
internal sealed class TestNetwork : IDisposable
{
    private readonly List<Socket> _listeners = [];

    public TestNetwork()
    {
        Internet.Run(() =>
        {
            Shell.Run("ip link set lo up");
            Shell.Run(
                "sysctl -eqw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 "
                + "net.ipv4.icmp_msgs_per_sec=100000 net.core.somaxconn=65535 net.ipv4.tcp_max_syn_backlog=65535");
        });
        Machine.Run(() =>
        {
            Shell.Run("ip link set lo up");
            Shell.Run($"ip link add veth0 type veth peer name veth1 netns {Internet.Path}");
            Shell.Run("ip addr add 10.77.0.1/24 dev veth0; ip -6 addr add fd77::1/64 dev veth0 nodad; ip link set veth0 up");
            Shell.Run("sysctl -qw net.ipv4.ip_local_port_range='1024 65535'");
        });
        Internet.Run(() =>
        {
            Shell.Run("ip addr add 10.77.0.2/24 dev veth1; ip -6 addr add fd77::2/64 dev veth1 nodad; ip link set veth1 up");
            Shell.Run("ip route add local 10.78.0.0/16 dev lo; ip -6 route add local fd78::/16 dev lo");
            Shell.Run("ip route add blackhole 10.79.0.0/16; ip -6 route add blackhole fd79::/16");
            Shell.Run("ip route add unreachable 10.80.0.0/16");
        });
        Machine.Run(() => Shell.Run("ip route add default via 10.77.0.2; ip -6 route add default via fd77::2"));
    }

    public NetworkNamespace Machine { get; } = NetworkNamespace.Create();

    public NetworkNamespace Internet { get; } = NetworkNamespace.Create();

    /// <summary>
    /// Accepts on a port on all addresses of the internet, both families, for as long as this lives, and ends each
    /// connection at once: with a reset (nothing is left behind), or gracefully.
    /// </summary>
    public void Listen(int port, bool reset = true)
    {
        var listener = Internet.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            socket.Listen(65535);
            return socket;
        });
        _listeners.Add(listener);
        var thread = new Thread(() => Accept(listener, reset)) { IsBackground = true, Name = "listener" };
        thread.Start();
    }

    /// <summary>A socket of the machine.</summary>
    public Socket Socket(AddressFamily family = AddressFamily.InterNetwork) =>
        Machine.Run(() => new Socket(family, SocketType.Stream, ProtocolType.Tcp));

    /// <summary>Begins a connection without waiting.</summary>
    public Socket Connect(string address, int port)
    {
        var target = IPAddress.Parse(address);
        var socket = Socket(target.AddressFamily);
        socket.Blocking = false;
        try
        {
            socket.Connect(new IPEndPoint(target, port));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
        }

        return socket;
    }

    public void Dispose()
    {
        foreach (var listener in _listeners)
        {
            listener.Dispose();
        }

        Machine.Dispose();
        Internet.Dispose();
    }

    private static void Accept(Socket listener, bool reset)
    {
        try
        {
            while (true)
            {
                using var accepted = listener.Accept();
                if (reset)
                {
                    accepted.LingerState = new LingerOption(true, 0); // no TIME-WAIT: tests open many
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }
}
