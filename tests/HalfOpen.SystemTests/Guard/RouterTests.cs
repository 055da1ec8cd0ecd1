using HalfOpen.Core;
using System.Net;
using System.Net.Sockets;
using HalfOpen.Guard;
using HalfOpen.Linux;
using HalfOpen.SystemTests.Control;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// The guard on a gateway: a LAN host's attempts are held in FORWARD, keyed by its address; answers are seen on the
/// wire.
/// </summary>
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
            network.Machine,
                new GuardOptions
                    { Limit = 2, Policy = new FifoOptions(), Router = true, ForwardedTimeout = TimeSpan.FromSeconds(3),
                        ReconcileEvery = TimeSpan.FromMilliseconds(200) });
        using var first = Connect(lan, "10.79.0.1", 80);
        using var second = Connect(lan, "fd79::1", 80);
        guard.Until(s => s.HalfOpen == 2, "two silent ones are out");
        using var third = Connect(lan, "10.78.0.1", 80);
        var status =
            guard.Until(s => s.Waiting == 1 && s.Counters.CopiesDropped > 0, "the third waits, and its retry was not kept beside it");
        Assert.Contains(status.Programs, p => p.Name == "10.76.0.2" && p.Waiting == 1);
        Assert.True(third.Poll(10_000_000, SelectMode.SelectWrite));
        status = guard.Until(s => s.Totals.Established == 1, "it was answered");
        Assert.True(status.Totals.TimedOut >= 1, "a silent one gave its slot back");

        using var refused = Connect(lan, "10.78.0.1", 81);
        using var unreachable = Connect(lan, "10.80.0.1", 80);
        guard.Until(s => s.Totals.Refused == 1 && s.Totals.Unreachable == 1, "RST and ICMP were seen in passing");
        guard.Until(s => s.Waiting == 0, "nothing waits");
    }

    [Theory]
    [InlineData("docker0", true)]
    [InlineData("lan0", false)]
    public void Containers_are_governed_by_their_interface_and_nothing_else_that_is_forwarded(string name, bool governed)
    {
        Needs.Root();
        var folder = Directory.CreateTempSubdirectory("halfopen-test-");
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        using var lan = AddLan(network, name);
        using (var guard = new GuardProcess(network.Machine, folder.FullName, ["--limit", "1", "--policy", "fifo", "--containers"]))
        {
            using var silent = Connect(lan, "10.79.0.1", 80);
            using var silent6 = Connect(lan, "fd79::1", 80);
            using var alive = Connect(lan, "10.78.0.1", 8080);
            if (governed)
            {
                GuardVerbTests.Until(guard, s => s["counted"]!.GetValue<int>() == 1 && s["waiting"]!.GetValue<int>() == 2);
                Assert.Contains("10.76.0.2", GuardVerbTests.Status(guard)["programs"]!.ToJsonString(), StringComparison.Ordinal);
                Assert.False(alive.Poll(200_000, SelectMode.SelectWrite));
            }
            else
            {
                Assert.True(alive.Poll(5_000_000, SelectMode.SelectWrite));
                Assert.Equal(0, GuardVerbTests.Status(guard)["totals"]!["submitted"]!.GetValue<int>());
            }
        }

        folder.Delete(recursive: true);
    }

    /// <summary>
    /// What the budget is for: the connection table of this very router, which keeps an entry for each attempt that
    /// nobody answers.
    /// </summary>
    [Fact]
    public void With_a_nat_budget_the_routers_own_table_stays_within_it()
    {
        Needs.Root();
        const string Table = "/proc/thread-self/net/nf_conntrack";
        const int Budget = 20;
        Assert.SkipUnless(File.Exists(Table), "skipped: needs /proc/net/nf_conntrack");
        using var network = new TestNetwork();
        network.Machine.Run(() => Shell.Run("iptables -w -t nat -A POSTROUTING -o veth0 -j MASQUERADE"));
        using var lan = AddLan(network);
        using var guard = new RunningGuard(
            network.Machine,
                new GuardOptions
                    { Limit = 100, Policy = new FairOptions { NatBudget = Budget }, Router = true,
                        ForwardedTimeout = TimeSpan.FromMilliseconds(300), ReconcileEvery = TimeSpan.FromMilliseconds(200) });
        Socket[] sockets = [.. Enumerable.Range(1, 60).Select(i => Connect(lan, $"10.79.0.{i}", 80))];
        var most = 0;
        guard.Until(
            s =>
            {
                most = Math.Max(most,
                    network.Machine.Run(() => File.ReadLines(Table).Count(l => l.Contains("SYN_SENT", StringComparison.Ordinal))));
                return s.Totals.TimedOut >= 10 && s.Waiting > 0 && s.HalfOpen == 0; // slots are free, the table is not
            },
            "the budget is used up");
        Assert.InRange(most, 10, Budget);
        Array.ForEach(sockets, s => s.Dispose());
    }

    internal static NetworkNamespace AddLan(TestNetwork network, string name = "lan0")
    {
        var lan = NetworkNamespace.Create();
        network.Machine.Run(() =>
        {
            Shell.Run($"ip link add {name} type veth peer name lan1 netns {lan.Path}");
            Shell.Run(
                $"ip addr add 10.76.0.1/24 dev {name}; ip -6 addr add fd76::1/64 dev {name} nodad; ip link set {name} up; sysctl -qw "
                + $"net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        });
        lan.Run(() =>
        {
            Shell.Run(
                "ip link set lo up; ip addr add 10.76.0.2/24 dev lan1; ip -6 addr add fd76::2/64 dev lan1 nodad; ip link set lan1 up");
            Shell.Run("ip route add default via 10.76.0.1; ip -6 route add default via fd76::1");
        });
        network.Internet.Run(() => Shell.Run("ip route add 10.76.0.0/16 via 10.77.0.1; ip -6 route add fd76::/64 via fd77::1"));
        return lan;
    }

    internal static Socket Connect(NetworkNamespace lan, string address, int port) => lan.Run(() =>
    {
        var target = IPAddress.Parse(address);
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        Assert.Throws<SocketException>(() => socket.Connect(new IPEndPoint(target, port)));
        return socket;
    });
}
