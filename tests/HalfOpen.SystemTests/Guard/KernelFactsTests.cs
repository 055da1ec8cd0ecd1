using System.Net;
using System.Net.Sockets;
using HalfOpen.Linux.Netlink;
using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Packets;
using HalfOpen.Wire.Sockets;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// What the guard takes for granted about this kernel's packet queue and sockets, one fact a test, without a guard in
/// between.
/// </summary>
public sealed class KernelFactsTests
{
    private const ushort QueueNumber = 9;

    [Fact]
    public void A_dropped_syn_comes_back_with_the_same_addresses_and_sequence_number()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        WithQueue(network, queue =>
        {
            using var socket = network.Connect("10.78.0.1", 8080);
            var first = Assert.Single(Take(queue, 1));
            queue.Verdict(first.Id, accept: false);
            queue.Flush();
            var again = Assert.Single(Take(queue, 1));
            Assert.NotEqual(first.Id, again.Id);
            Assert.Equal(first.Segment, again.Segment);
            queue.Verdict(again.Id, accept: true);
            queue.Flush();
            AssertConnects(socket);
        });
    }

    [Fact]
    public void Verdicts_go_out_in_any_order_many_to_a_send()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        WithQueue(network, queue =>
        {
            Socket[] sockets = [.. Enumerable.Range(1, 40).Select(i => network.Connect("10.78.0." + i, 8080))];
            var packets = Take(queue, sockets.Length);
            var refused = packets.Single(p => p.Segment.Flow.Remote == Flow.FromAddress(IPAddress.Parse("10.78.0.7")));
            new Random(1).Shuffle(packets);
            foreach (var packet in packets)
            {
                queue.Verdict(packet.Id, accept: packet != refused);
            }

            queue.Flush();
            for (var i = 0; i < sockets.Length; i++)
            {
                if (i + 1 != 7)
                {
                    AssertConnects(sockets[i]);
                }
            }

            // Only the one that was dropped comes again: each verdict met its own packet.
            Assert.Equal(refused.Segment, Assert.Single(Take(queue, 1)).Segment);
            Array.ForEach(sockets, s => s.Dispose());
        });
    }

    [Fact]
    public void A_held_syn_takes_no_conntrack_entry_and_names_the_destination_that_was_asked_for()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        network.Machine.Run(() => Shell.Run("iptables -w -t nat -A OUTPUT -d 10.78.0.50 -p tcp -j DNAT --to-destination 10.78.0.1"));
        WithQueue(network, queue =>
        {
            using var socket = network.Connect("10.78.0.50", 8080);
            var held = Assert.Single(Take(queue, 1));
            Assert.Equal(IPAddress.Parse("10.78.0.50"), Flow.ToAddress(held.Segment.Flow.Remote));
            Assert.Equal(0, ConntrackEntries());
            queue.Verdict(held.Id, accept: true);
            queue.Flush();
            AssertConnects(socket);
            Assert.Equal(1, ConntrackEntries());
        });
    }

    [Fact]
    public void The_socket_of_a_held_syn_is_found_with_its_owner()
    {
        Needs.Root();
        using var network = new TestNetwork();
        WithQueue(network, queue =>
        {
            using var socket = network.Connect("fd78::1", 8080);
            var held = Assert.Single(Take(queue, 1));
            using var sockets = new SocketTable();
            Assert.True(sockets.TryFind(held.Segment.Flow, 0, out var found));
            Assert.Equal((TcpState.SynSent, 0u), (found.State, found.Uid));
            Assert.NotEqual(0u, found.Inode);
            Assert.NotEqual(0u, found.Cookie);
            Assert.NotEqual(0u, found.CgroupId);
            socket.Dispose();
            Assert.False(sockets.TryFind(held.Segment.Flow, 0, out _));
            Assert.Equal(1, WaitingInQueue()); // closing the socket leaves the packet: accepting it would send an orphan
        });
    }

    [Fact]
    public void Many_more_than_the_default_of_1024_can_be_held()
    {
        Needs.Root();
        const int Count = 3000;
        using var network = new TestNetwork();
        WithQueue(network, queue =>
        {
            var sockets = Enumerable.Range(0, Count).Select(i => Libc.Begin(Libc.Address(79, i), 80)).ToArray();
            Assert.Equal(Count, WaitingInQueue());
            Array.ForEach(sockets, s => _ = Libc.Close(s));
        });
    }

    private static void WithQueue(TestNetwork network, Action<PacketQueue> test) => network.Machine.Run(() =>
    {
        using var queue = new PacketQueue(QueueNumber, maxLength: 65_536, failOpen: true);
        foreach (var tables in new[] { "iptables", "ip6tables" })
        {
            Shell.Run($"{tables} -w -t raw -A OUTPUT -p tcp --syn ! -o lo -j NFQUEUE --queue-num {QueueNumber}");
        }

        test(queue);
    });

    /// <summary>The next packets, held. Waits for them.</summary>
    private static Held[] Take(PacketQueue queue, int count)
    {
        List<Held> packets = [];
        for (var i = 0; i < 1000 && packets.Count < count; i++)
        {
            var received = queue.Receive();
            for (var j = 0; j < received; j++)
            {
                var reader = new NetlinkReader(queue.Datagram(j));
                Assert.True(reader.TryRead(out var message) & QueuedPacket.TryParse(message, out var packet));
                Assert.True(TcpSegment.TryParse(packet.Packet, out var segment) && segment.IsSyn);
                packets.Add(new Held(packet.Id, segment));
            }

            if (received == 0)
            {
                Thread.Sleep(10);
            }
        }

        Assert.Equal(count, packets.Count);
        return [.. packets];
    }

    private static void AssertConnects(Socket socket)
    {
        Assert.True(socket.Poll(10_000_000, SelectMode.SelectWrite));
        Assert.Equal(0, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error));
    }

    private static int ConntrackEntries() => int.Parse(Shell.Run("sysctl -n net.netfilter.nf_conntrack_count"));

    /// <summary>Third field of the queue's line.</summary>
    private static int WaitingInQueue() =>
        int.Parse(File.ReadAllText("/proc/thread-self/net/netfilter/nfnetlink_queue").Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]);

    private sealed record Held(uint Id, TcpSegment Segment);
}
