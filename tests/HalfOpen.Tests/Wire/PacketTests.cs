using HalfOpen.Wire.Sockets;
using HalfOpen.Wire.Packets;
using Xunit;
using static HalfOpen.Tests.Wire.PacketBuilder;

namespace HalfOpen.Tests.Wire;

public sealed class PacketTests
{
    private static readonly byte[] Syn = Tcp(40000, 443, 0xfedcba98, 0, TcpFlags.Syn);

    public static TheoryData<byte[], string> Carriers() => new()
    {
        { V4("10.0.0.1", "192.0.2.7", Syn), "10.0.0.1:40000 -> 192.0.2.7:443" },
        { V4("10.0.0.1", "192.0.2.7", Syn, optionBytes: 40), "10.0.0.1:40000 -> 192.0.2.7:443" },
        { V6("fd00::1", "2001:db8::2", Syn), "[fd00::1]:40000 -> [2001:db8::2]:443" },
        { V6("fd00::1", "2001:db8::2", Syn, 6, (HopByHop, 8)), "[fd00::1]:40000 -> [2001:db8::2]:443" },
        { V6("fd00::1", "2001:db8::2", Syn, 6, (HopByHop, 16), (Routing, 24), (Fragment, 8), (Authentication, 24), (DestinationOptions, 8)),
            "[fd00::1]:40000 -> [2001:db8::2]:443" },
    };

    [Theory]
    [MemberData(nameof(Carriers))]
    public void A_syn_is_found_behind_any_header(byte[] packet, string flow)
    {
        Assert.True(TcpSegment.TryParse(packet, out var segment));
        Assert.Equal(flow, segment.Flow.ToString());
        Assert.Equal(0xfedcba98, segment.Sequence);
        Assert.True(segment.IsSyn);
    }

    [Theory]
    [MemberData(nameof(Carriers))]
    public void A_packet_cut_short_is_no_segment(byte[] packet, string flow)
    {
        _ = flow;
        var whole = packet.Length - (Syn.Length - 20); // TCP options are not needed
        for (var length = 0; length < packet.Length; length++)
        {
            Assert.Equal(length >= whole, TcpSegment.TryParse(packet.AsSpan(0, length), out _));
        }
    }

    [Theory]
    [InlineData(TcpFlags.Syn, true)]
    [InlineData(TcpFlags.Syn | TcpFlags.Psh, true)] // Fast Open carries data
    [InlineData(TcpFlags.Syn | TcpFlags.Ack, false)]
    [InlineData(TcpFlags.Syn | TcpFlags.Rst, false)]
    [InlineData(TcpFlags.Syn | TcpFlags.Fin, false)]
    [InlineData(TcpFlags.Ack, false)]
    public void Only_a_first_packet_is_a_syn(TcpFlags flags, bool isSyn)
    {
        Assert.True(TcpSegment.TryParse(V4("10.0.0.1", "10.0.0.2", Tcp(1, 2, 3, 4, flags)), out var segment));
        Assert.Equal(isSyn, segment.IsSyn);
    }

    [Theory]
    [InlineData(new byte[] { 2, 4, 5, 180, 1, 30, 4, 1, 0, 0, 0, 0 }, true)]
    [InlineData(new byte[] { 30, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, true)]
    [InlineData(new byte[] { 30, 12, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, false)] // MP_JOIN
    [InlineData(new byte[] { 2, 4, 5, 180, 0, 30, 4, 1 }, false)] // behind the end
    [InlineData(new byte[] { 30, 2, 30, 4, 1, 0, 0, 0 }, true)]
    [InlineData(new byte[] { 2, 0, 30, 4, 1, 0, 0, 0 }, false)] // no length
    [InlineData(new byte[] { 2, 9, 30, 4, 1, 0, 0, 0 }, false)] // too long
    public void An_mptcp_syn_is_known_by_its_option(byte[] options, bool isMultipath)
    {
        Assert.True(
            TcpSegment.TryParse(PacketBuilder.V4("10.0.0.1", "10.0.0.2", PacketBuilder.Tcp(1, 2, 3, 0, TcpFlags.Syn, options)),
                out var segment));
        Assert.Equal(isMultipath, segment.IsMultipath);
        Assert.True(
            TcpSegment.TryParse(PacketBuilder.V4("10.0.0.1", "10.0.0.2", PacketBuilder.Tcp(1, 2, 3, 0, TcpFlags.Ack, options)),
                out segment));
        Assert.False(segment.IsMultipath);
    }

    [Fact]
    public void Later_fragments_carry_no_ports()
    {
        Assert.False(TcpSegment.TryParse(V4("10.0.0.1", "10.0.0.2", Syn, fragmentOffset: 1), out _));
        var packet = V6("fd00::1", "fd00::2", Syn, 6, (Fragment, 8));
        Assert.True(TcpSegment.TryParse(packet, out _));
        packet[40 + 3] = 8;
        Assert.False(TcpSegment.TryParse(packet, out _));
    }

    [Fact]
    public void An_endless_chain_of_headers_ends()
    {
        Assert.False(TcpSegment.TryParse(V6("fd00::1", "fd00::2", Syn, 6, [.. Enumerable.Repeat((DestinationOptions, 8), 100)]), out _));
    }

    [Theory]
    [InlineData(3, 1, true)]
    [InlineData(3, 13, true)]
    [InlineData(3, 4, false)] // only asks for smaller packets
    [InlineData(11, 0, true)]
    [InlineData(12, 0, true)]
    [InlineData(0, 0, false)]
    [InlineData(8, 0, false)]
    public void Icmp_errors_name_the_attempt_they_end(byte type, byte code, bool ends)
    {
        var quoted = V4("10.0.0.1", "192.0.2.7", Syn)[..28]; // RFC 792: the IP header and 8 bytes
        Assert.Equal(ends, IcmpError.TryParse(V4("198.51.100.1", "10.0.0.1", Icmp(type, code, quoted), protocol: 1), out var error));
        Assert.Equal(ends ? "10.0.0.1:40000 -> 192.0.2.7:443" : default(Flow).ToString(), error.Flow.ToString());
        Assert.Equal(ends ? 0xfedcba98 : 0, error.Sequence);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)] // packet too big
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(128, false)]
    public void Icmp_errors_of_ipv6_too(byte type, bool ends)
    {
        var quoted = V6("fd00::1", "2001:db8::2", Syn, 6, (HopByHop, 8));
        Assert.Equal(ends, IcmpError.TryParse(V6("fd00::9", "fd00::1", Icmp(type, 0, quoted), 58), out var error));
        Assert.Equal(ends ? 0xfedcba98 : 0, error.Sequence);
    }

    [Fact]
    public void A_mapped_address_is_an_ipv4_address()
    {
        Assert.True(TcpSegment.TryParse(V4("127.0.0.1", "127.3.2.1", Syn), out var loopback));
        Assert.True(loopback.Flow.IsLoopback);
        Assert.True(loopback.Flow.IsV4);
        Assert.True(TcpSegment.TryParse(V6("::1", "::1", Syn), out var six));
        Assert.True(six.Flow.IsLoopback);
        Assert.False(six.Flow.IsV4);
        Assert.Equal(loopback.Flow, loopback.Flow.Reversed.Reversed);
    }
}
