using FsCheck;
using FsCheck.Fluent;
using HalfOpen.Lab.Link;
using HalfOpen.Wire.Sockets;
using HalfOpen.Wire.Packets;
using Xunit;

namespace HalfOpen.Tests.Lab;

/// <summary>The parts of the lab's link that decide what is seen and what is lost.</summary>
public sealed class LinkTests
{
    private static readonly RouterOptions Small = new(2, TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(10));

    [Fact]
    public void A_full_router_loses_new_flows_until_an_entry_expires()
    {
        var router = new RouterTable(Small, ticksPerSecond: 1);
        Assert.True(router.Outbound(1, TcpFlags.Syn, 0));
        Assert.True(router.Outbound(2, TcpFlags.Syn, 5));
        Assert.False(router.Outbound(3, TcpFlags.Syn, 119));
        Assert.True(router.Outbound(3, TcpFlags.Syn, 120));
        Assert.Equal(2, router.MaxCount);
        Assert.Equal(1, router.Dropped);
    }

    [Fact]
    public void Each_unanswered_syn_prolongs_its_entry_and_an_open_connection_stays()
    {
        var router = new RouterTable(Small, ticksPerSecond: 1);
        router.Outbound(1, TcpFlags.Syn, 0);
        router.Outbound(1, TcpFlags.Syn, 100);
        router.Outbound(2, TcpFlags.Syn, 0);
        Assert.True(router.Inbound(2, TcpFlags.Syn | TcpFlags.Ack, 1));
        Assert.True(router.Outbound(2, TcpFlags.Ack, 100_000));
        Assert.Equal(1, router.Count);
    }

    [Fact]
    public void A_refused_or_closed_flow_is_remembered_briefly_and_strangers_get_no_answer()
    {
        var router = new RouterTable(Small, ticksPerSecond: 1);
        router.Outbound(1, TcpFlags.Syn, 0);
        Assert.True(router.Inbound(1, TcpFlags.Rst | TcpFlags.Ack, 1));
        Assert.True(router.Outbound(2, TcpFlags.Syn, 10));
        Assert.Equal(2, router.Count);
        Assert.True(router.Outbound(3, TcpFlags.Syn, 11));
        Assert.False(router.Inbound(9, TcpFlags.Ack, 11));
    }

    [Fact]
    public void A_reset_answers_its_syn_with_right_numbers_and_checksums() => Prop.ForAll<uint, ushort, ushort>((sequence, from, to) =>
    {
        var syn = Syn(0xc0a84d02, from, 0x0a400001, to, sequence);
        var answer = new byte[ResetPacket.Length];
        ResetPacket.Write(syn, answer);
        Assert.True(TcpSegment.TryParse(answer, out var reset));
        Assert.Equal(new Flow(Flow.MapV4(0x0a400001), to, Flow.MapV4(0xc0a84d02), from), reset.Flow);
        Assert.Equal(unchecked(sequence + 1), reset.Acknowledgement);
        Assert.Equal(TcpFlags.Rst | TcpFlags.Ack, reset.Flags);
        Assert.Equal(0, ResetPacket.Checksum(answer.AsSpan(0, 20), 0));
        Assert.Equal(0, ResetPacket.Checksum(answer.AsSpan(12), IpPacket.Tcp + 20));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_observer_counts_what_is_out_and_unanswered()
    {
        var alive = new HashSet<ulong>();
        var observer = new WireObserver(set => set.UnionWith(alive), onePerDestination: false);
        Assert.True(Send(observer, alive, Key(1, 1)));
        Assert.True(Send(observer, alive, Key(1, 2)));
        Assert.False(observer.Syn(Key(1, 2))); // a retransmission
        observer.Answered(Key(1, 1));
        Assert.True(Send(observer, alive, Key(1, 3))); // its destination is known by now
        Assert.True(Send(observer, alive, Key(2, 1)));
        Assert.Equal(2, observer.MaxCounted);
        Assert.Equal(3, observer.MaxHalfOpen);
    }

    [Fact]
    public void Attempts_that_ended_without_a_packet_are_not_counted_for_ever()
    {
        var alive = new HashSet<ulong>();
        var observer = new WireObserver(set => set.UnionWith(alive), onePerDestination: false);
        for (ushort i = 1; i <= 50; i++)
        {
            Send(observer, alive, Key(i, 1));
            alive.Remove(Key(i, 1)); // timed out: nothing is seen on the wire
        }

        Assert.Equal(1, observer.MaxCounted);
    }

    [Fact]
    public void As_Windows_counts_several_attempts_to_one_destination_are_one()
    {
        var alive = new HashSet<ulong>();
        var observer = new WireObserver(set => set.UnionWith(alive), onePerDestination: true);
        Send(observer, alive, Key(1, 1));
        Send(observer, alive, Key(1, 2));
        Send(observer, alive, Key(2, 1));
        Assert.Equal(2, observer.MaxCounted);
        Assert.Equal(3, observer.MaxHalfOpen);
    }

    private static bool Send(WireObserver observer, HashSet<ulong> alive, ulong flow)
    {
        alive.Add(flow);
        return observer.Syn(flow);
    }

    private static ulong Key(uint address, ushort port) => ((ulong)address << 32) | ((ulong)80 << 16) | port;

    private static byte[] Syn(uint source, ushort from, uint destination, ushort to, uint sequence)
    {
        var packet = new byte[40];
        packet[0] = 0x45;
        packet[9] = IpPacket.Tcp;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(12), source);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(16), destination);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), from);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), to);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(24), sequence);
        packet[32] = 5 << 4;
        packet[33] = (byte)TcpFlags.Syn;
        return packet;
    }
}
