using System.Net;
using System.Net.Sockets;
using HalfOpen.Guard;
using HalfOpen.Guard.Kernel;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>The guard on a gateway: a LAN host's attempts are held in FORWARD, keyed by its address; answers are seen on the wire.</summary>
public sealed class RouterTests
{
    [Fact]
    public void A_lan_hosts_attempt_waits_for_a_slot_and_is_kept_once()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var lan = AddLan(network);
        using var guard = new RunningGuard(
            network.Machine, new GuardOptions { Limit = 2, Policy = GuardPolicy.Fifo, Router = true, ForwardedTimeout = TimeSpan.FromSeconds(3), ReconcileEvery = TimeSpan.FromMilliseconds(200) });
        using var first = Connect(lan, "10.79.0.1", 80);
        using var second = Connect(lan, "fd79::1", 80);
        guard.Until(s => s.InFlight == 2, "two silent ones are out");
        using var third = Connect(lan, "10.78.0.1", 80);
        var status = guard.Until(s => s.Waiting == 1 && s.Counters.CopiesDropped > 0, "the third waits, and its retry was not kept beside it");
        Assert.Contains(status.Programs, p => p.Name == "10.76.0.2" && p.Waiting == 1);
        Assert.True(third.Poll(10_000_000, SelectMode.SelectWrite));
        status = guard.Until(s => s.Totals.Established == 1, "it was answered");
        Assert.True(status.Totals.TimedOut >= 1, "a silent one gave its slot back");

        using var refused = Connect(lan, "10.78.0.1", 81);
        using var unreachable = Connect(lan, "10.80.0.1", 80);
        guard.Until(s => s.Totals.Refused == 1 && s.Totals.Unreachable == 1, "RST and ICMP were seen in passing");
        guard.Until(s => s.Waiting == 0, "nothing waits");
    }

    private static NetworkNamespace AddLan(TestNetwork network)
    {
        var lan = NetworkNamespace.Create();
        network.Machine.Run(() =>
        {
            Shell.Run($"ip link add lan0 type veth peer name lan1 netns {lan.Path}");
            Shell.Run("ip addr add 10.76.0.1/24 dev lan0; ip -6 addr add fd76::1/64 dev lan0 nodad; ip link set lan0 up; sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        });
        lan.Run(() =>
        {
            Shell.Run("ip link set lo up; ip addr add 10.76.0.2/24 dev lan1; ip -6 addr add fd76::2/64 dev lan1 nodad; ip link set lan1 up");
            Shell.Run("ip route add default via 10.76.0.1; ip -6 route add default via fd76::1");
        });
        network.Internet.Run(() => Shell.Run("ip route add 10.76.0.0/16 via 10.77.0.1; ip -6 route add fd76::/64 via fd77::1"));
        return lan;
    }

    private static Socket Connect(NetworkNamespace lan, string address, int port) => lan.Run(() =>
    {
        var target = IPAddress.Parse(address);
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        Assert.Throws<SocketException>(() => socket.Connect(new IPEndPoint(target, port)));
        return socket;
    });
}
