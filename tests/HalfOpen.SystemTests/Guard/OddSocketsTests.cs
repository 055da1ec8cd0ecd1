using System.Net;
using System.Net.Sockets;
using HalfOpen.Core;
using HalfOpen.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>SYNs of sockets that are not the ordinary kind: bound to a device, link-local, MPTCP, raw.</summary>
public sealed class OddSocketsTests
{
    private static readonly GuardOptions One = new() { Limit = 1, Policy = new FifoOptions() };

    [Theory]
    [InlineData("10.79.0.2", true)]
    [InlineData("fd79::2", true)]
    [InlineData("fe80::1234", false)]
    public void A_socket_of_one_device_is_refused_at_the_hold_cap(string address, bool bind)
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var guard = new RunningGuard(network.Machine, One with { HoldCap = TimeSpan.FromMilliseconds(300) });
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        Socket[] held = [.. Enumerable.Range(1, 8).Select(i => BeginAt(network, address, 80 + i, bind))];
        guard.Until(s => s.Waiting == 0 && s.Counters.Refused == 8, "the hold cap ended them");
        Assert.All(held, s =>
        {
            Assert.True(s.Poll(2_000_000, SelectMode.SelectError), "it was not told");
            Assert.Equal((int)SocketError.ConnectionAborted, s.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error));
        });
        Array.ForEach(held, s => s.Dispose());
    }

    [Theory]
    [InlineData(OutcomeChoice.Bpf)]
    [InlineData(OutcomeChoice.Nflog)]
    public void A_socket_of_one_device_keeps_its_slot_until_it_is_closed(OutcomeChoice outcomes)
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var guard =
            new RunningGuard(network.Machine, One with { Outcomes = outcomes, ReconcileEvery = TimeSpan.FromMilliseconds(50) });
        using var bound = BeginAt(network, "10.79.0.2", 80, bind: true);
        var runs = guard.Until(s => s.HalfOpen == 1, "it is out").Reconciliation.Runs;
        var status = guard.Until(s => s.Reconciliation.Runs > runs + 10, "compared");
        Assert.Equal((1, 0), (status.HalfOpen, status.Reconciliation.SlotsRecovered));
        bound.Dispose();
        guard.Until(s => s.HalfOpen == 0, "it was closed");
    }

    [Fact]
    public void Mptcp_is_not_switched_off_by_waiting()
    {
        Needs.Root();
        Assert.SkipUnless(File.Exists("/proc/sys/net/mptcp/blackhole_timeout"), "skipped: needs Linux 6.12 with MPTCP");
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new RunningGuard(network.Machine, One);
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        var held = network.Machine.Run(() => Libc.BeginMultipath(Libc.Address(78, 256 + 1), 80));
        Assert.True(held >= 0);
        guard.Until(s => s.Waiting == 1, "it waits");
        guard.Until(s => s.Totals.Established == 1 || network.Machine.Run(() => Multipath("MPCapableSYNTXDrop")) > 0,
            "it went out, or the kernel gave MPTCP up");
        Assert.Equal((0, 0), network.Machine.Run(() => (Multipath("MPCapableSYNTXDrop"), Multipath("Blackhole"))));
        Assert.Equal(1, guard.Status.Counters.MultipathPassed);
        _ = Libc.Close(held);
    }

    /// <summary>As nmap -sS sends them: nobody's connection, so nobody's outcome would be known.</summary>
    [Theory]
    [InlineData(OutcomeChoice.Bpf)]
    [InlineData(OutcomeChoice.Nflog)]
    public void A_syn_without_a_socket_passes_uncounted(OutcomeChoice outcomes)
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var watch = new SynWatch(network.Internet);
        using var guard = new RunningGuard(network.Machine, One with { Outcomes = outcomes });
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        using var raw = network.Machine.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Tcp));
        for (var port = 1; port <= 60; port++)
        {
            raw.SendTo(Syn(port), new IPEndPoint(IPAddress.Parse("10.78.0.1"), 0));
        }

        Assert.Equal(59, watch.Until(60).Length);
        var status = guard.Status;
        Assert.Equal((1, 1, 0, 60), (status.Totals.Submitted, status.HalfOpen, status.Waiting, status.Counters.WithoutSocket));
    }

    /// <summary>From port 50,000, without options or checksum.</summary>
    private static byte[] Syn(int port)
    {
        var tcp = new byte[20];
        (tcp[0], tcp[1], tcp[3], tcp[7], tcp[12], tcp[13]) = (50_000 >> 8, 50_000 & 255, (byte)port, 7, 5 << 4, 2);
        return tcp;
    }

    private static Socket BeginAt(TestNetwork network, string address, int port, bool bind) => network.Machine.Run(() =>
    {
        var target = IPAddress.Parse(address);
        if (target.IsIPv6LinkLocal)
        {
            target.ScopeId =
                long.Parse(
                    File.ReadAllText("/proc/thread-self/net/if_inet6").Split('\n').First(l => l.EndsWith("veth0", StringComparison.Ordinal))
                        .Split(' ')[1], System.Globalization.NumberStyles.HexNumber);
        }

        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        if (bind)
        {
            socket.SetRawSocketOption(1, 25, "veth0\0"u8); // SO_BINDTODEVICE
        }

        Assert.Throws<SocketException>(() => socket.Connect(new IPEndPoint(target, port)));
        return socket;
    });

    private static int Multipath(string counter)
    {
        var lines = File.ReadLines("/proc/thread-self/net/netstat").Where(l => l.StartsWith("MPTcpExt:", StringComparison.Ordinal))
            .Select(l => l.Split(' ')).ToArray();
        return int.Parse(lines[1][Array.IndexOf(lines[0], counter)]);
    }
}
