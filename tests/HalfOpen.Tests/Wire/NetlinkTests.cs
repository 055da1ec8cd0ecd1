using System.Net;
using HalfOpen.Wire.Sockets;
using HalfOpen.Wire.Kernel;
using HalfOpen.Wire.Netlink;
using Xunit;

namespace HalfOpen.Tests.Wire;

public sealed class NetlinkTests
{
    [Fact]
    public void Messages_and_attributes_come_out_as_they_went_in()
    {
        var buffer = new byte[256];
        var writer = new NetlinkWriter(buffer);
        writer.Begin(7, 1, 42);
        writer.Attribute(3, 5).Fill(9);
        writer.Attribute(4, 0);
        writer.End();
        writer.Begin(8, 2, 43);
        writer.End();

        var reader = new NetlinkReader(buffer.AsSpan(0, writer.Length));
        Assert.True(reader.TryRead(out var message));
        Assert.Equal((7, 1, 42u), (message.Type, message.Flags, message.Sequence));
        var attributes = new AttributeReader(message.Payload);
        Assert.True(attributes.TryRead(out var type, out var value));
        Assert.Equal(3, type);
        Assert.Equal([9, 9, 9, 9, 9], value.ToArray());
        Assert.True(attributes.TryRead(out type, out value));
        Assert.Equal((4, 0), (type, value.Length));
        Assert.False(attributes.TryRead(out _, out _));
        Assert.True(reader.TryRead(out message));
        Assert.Equal(8, message.Type);
        Assert.False(reader.TryRead(out _));
        Assert.False(reader.IsCut);
    }

    [Fact]
    public void A_cut_datagram_is_noticed()
    {
        var reader = new NetlinkReader(Samples.QueuedSyn().AsSpan()[..^1]);
        Assert.False(reader.TryRead(out _));
        Assert.True(reader.IsCut);
    }

    [Fact]
    public void A_queued_packet_has_id_hook_owner_and_bytes()
    {
        var reader = new NetlinkReader(Samples.QueuedSyn());
        Assert.True(reader.TryRead(out var message));
        Assert.True(QueuedPacket.TryParse(message, out var packet));
        Assert.Equal(0x01020304u, packet.Id);
        Assert.Equal(NetfilterHook.LocalOut, packet.Hook);
        Assert.Equal(1000u, packet.Uid);
        Assert.Equal(Samples.Syn, packet.Packet.ToArray());
    }

    [Theory]
    [InlineData("10.0.0.1", "11.0.0.1", "127.0.0.1")]
    [InlineData("fd00::1", "2001:db8::1", "::1")]
    public void Who_answers_a_tracked_connection_is_its_reply_tuple(string local, string remote, string proxy)
    {
        var flow = new Flow(Flow.FromAddress(IPAddress.Parse(local)), 40_000, Flow.FromAddress(IPAddress.Parse(remote)), 443);
        var answerer = new Flow(Flow.FromAddress(IPAddress.Parse(proxy)), 12_345, flow.Local, 40_000);
        var bytes = Samples.TrackedConnection(flow, answerer);
        var reader = new NetlinkReader(bytes);
        Assert.True(reader.TryRead(out var message));
        Assert.True(TrackingMessages.TryParseAnswerer(message, out var read));
        Assert.Equal(answerer, read);

        // The request names the connection as the entry's first tuple does.
        var buffer = new byte[160];
        var writer = new NetlinkWriter(buffer);
        TrackingMessages.Find(ref writer, flow, 5);
        Assert.Equal(bytes.AsSpan(16, writer.Length - 16), buffer.AsSpan(16, writer.Length - 16));
        Assert.Equal(0x101, buffer[4] | buffer[5] << 8);
    }

    [Fact]
    public void A_verdict_is_32_bytes_that_the_kernel_knows()
    {
        var room = new byte[QueueRequests.VerdictLength];
        QueueRequests.Verdict(room, 4226, 7, QueueRequests.Accept);

        // nlmsghdr: length 32, type 0x0301, flags 1; nfgenmsg: family 0, version 0, queue 0x1082; attribute 2 of 12
        // bytes: verdict 1, id 7, big-endian.
        Assert.Equal(
            "20000000" + "0103" + "0100" + "00000000" + "00000000" + "00001082" + "0c000200" + "00000001" + "00000007",
            Convert.ToHexStringLower(room));
    }

    [Theory]
    [InlineData("10.0.0.1", "192.0.2.7", 2)]
    [InlineData("fd00::1", "2001:db8::2", 10)]
    public void A_socket_is_asked_for_and_read_by_its_addresses(string local, string remote, int family)
    {
        var reader = new NetlinkReader(Samples.DiagnosedSocket(local, remote, (byte)family));
        Assert.True(reader.TryRead(out var message));
        Assert.True(SocketDiagnosis.TryParse(message, out var socket));
        Assert.Equal($"{new IPEndPoint(IPAddress.Parse(local), 40000)} -> {new IPEndPoint(IPAddress.Parse(remote), 443)}",
            socket.Flow.ToString());
        Assert.Equal((TcpState.SynSent, 0x1122334455667788ul, 1000u, 77u), (socket.State, socket.Cookie, socket.Uid, socket.Inode));
        Assert.Equal((0xabcul, 0x4226u), (socket.CgroupId, socket.Mark));

        var buffer = new byte[128];
        var writer = new NetlinkWriter(buffer);
        SocketDiagnosis.Destroy(ref writer, socket.Flow, 0, socket.Cookie, 5);
        Assert.Equal(72, writer.Length);
        Assert.Equal(family, buffer[16]);

        // The request's inet_diag_sockid is the answer's, byte for byte.
        Assert.Equal(Samples.DiagnosedSocket(local, remote, (byte)family)[20..68], buffer[24..72]);
    }

    [Fact]
    public void A_verdict_that_came_too_late_is_told()
    {
        var reader = new NetlinkReader(Samples.MissedVerdict(77, 9));
        Assert.True(reader.TryRead(out var message));
        Assert.True(QueueRequests.TryReadMissed(message, out var packetId, out var sequence));
        Assert.Equal((77u, 9u), (packetId, sequence));
        reader = new NetlinkReader(Samples.Error(-2));
        Assert.True(reader.TryRead(out message));
        Assert.False(QueueRequests.TryReadMissed(message, out _, out _));
    }

    [Fact]
    public void A_rule_is_written_as_nft_writes_it()
    {
        var buffer = new byte[256];
        var writer = new NetlinkWriter(buffer);
        var nest = FilterMessages.BeginRule(ref writer, FilterFamily.IPv4, "t", "c", 9);
        FilterExpressions.Meta(ref writer, FilterMeta.Protocol);
        FilterExpressions.Compare(ref writer, [6]);
        FilterExpressions.QueueByTarget(ref writer, 4226, bypass: true);
        FilterMessages.EndRule(ref writer, nest);

        // nlmsghdr: length, 0x0a06, request + acknowledge + create + append, 9; nfgenmsg: family 2; table, chain,
        // expressions.
        Assert.Equal(
            "ac000000" + "060a" + "050c" + "09000000" + "00000000" + "02000000" + "0600010074000000" + "0600020063000000" + "88000480"
            + "24000180" + "090001006d65746100000000" + "14000280" + "0800010000000001" + "0800020000000010"
            + "2c000180" + "08000100636d7000" + "20000280" + "0800010000000001" + "0800020000000000" + "0c000380" + "0500010006000000"
            + "34000180" + "0b00010074617267657400" + "00" + "24000280" + "0c0001004e46515545554500" + "0800020000000003" + "0c000300"
                + "8210010001000000",
            Convert.ToHexStringLower(buffer.AsSpan(0, writer.Length)));
    }

    [Fact]
    public void The_generation_and_the_objects_of_nf_tables_are_read()
    {
        var reader = new NetlinkReader(Samples.Generation(77));
        Assert.True(reader.TryRead(out var message));
        Assert.True(FilterMessages.TryReadGeneration(message, out var generation));
        Assert.Equal(77u, generation);
        Assert.False(FilterMessages.TryReadObject(message, out _));
        reader = new NetlinkReader(Samples.FilterRule());
        Assert.True(reader.TryRead(out message));
        Assert.False(FilterMessages.TryReadGeneration(message, out _));
        Assert.True(FilterMessages.TryReadObject(message, out var content));
        Assert.Equal(message.Payload.Length - 4, content.Length);
    }

    [Fact]
    public void An_error_carries_a_positive_errno()
    {
        var reader = new NetlinkReader(Samples.Error(-16));
        Assert.True(reader.TryRead(out var message));
        Assert.True(message.TryReadError(out var errno));
        Assert.Equal(16, errno);
    }

    [Fact]
    public void A_record_of_our_program_is_read()
    {
        Assert.True(SocketEvent.TryParse(Samples.SocketEventV4(), out var e));
        Assert.Equal((SocketEventKind.StateChanged, TcpState.SynSent, TcpState.Close, 111, 4242u),
            (e.Kind, e.Old, e.New, e.Error, e.ProcessId));
        Assert.Equal("10.0.0.1:40000 -> 192.0.2.7:443", e.Flow.ToString());
        Assert.Equal((77_000L, 42UL), (e.Nanoseconds, e.LeaseCookie));
    }

    [Fact]
    public void A_record_of_our_program_over_IPv6_is_longer()
    {
        var record = Samples.SocketEventV6();
        Assert.True(SocketEvent.TryParse(record, out var e));
        Assert.Equal("[2001:db8::1]:40000 -> [2001:db8::7]:443", e.Flow.ToString());
        Assert.Equal((77_000L, 42UL), (e.Nanoseconds, e.LeaseCookie));
        Assert.False(SocketEvent.TryParse(record.AsSpan(0, SocketEvent.Length - 1), out _));
        Assert.False(SocketEvent.TryParse(Samples.SocketEventV4().AsSpan(0, SocketEvent.LengthV4 - 1), out _));
    }

    [Fact]
    public void A_field_is_found_in_type_information()
    {
        Assert.True(TypeFormat.TryFindMember(Samples.Types(kindFlag: false), "sock", "sk_err", out var offset));
        Assert.Equal(24, offset);
        Assert.True(TypeFormat.TryFindMember(Samples.Types(kindFlag: true), "sock", "sk_err", out offset));
        Assert.Equal(24, offset);
        Assert.False(TypeFormat.TryFindMember(Samples.Types(kindFlag: true), "sock", "sk_bits", out _));
        Assert.False(TypeFormat.TryFindMember(Samples.Types(kindFlag: false), "sock", "sk", out _));
        Assert.False(TypeFormat.TryFindMember(Samples.Types(kindFlag: false), "sk_err", "sk_err", out _));
    }

    [Fact]
    public void Mapped_addresses_have_one_name_in_both_families()
    {
        var v4 = new NetlinkReader(Samples.DiagnosedSocket("10.0.0.1", "192.0.2.7", 2));
        var v6 = new NetlinkReader(Samples.DiagnosedSocket("::ffff:10.0.0.1", "::ffff:192.0.2.7", 10));
        Assert.True(v4.TryRead(out var first) & v6.TryRead(out var second));
        Assert.True(SocketDiagnosis.TryParse(first, out var a) & SocketDiagnosis.TryParse(second, out var b));
        Assert.Equal(a.Flow, b.Flow);
        Assert.Equal(a.Flow.Hash(99), b.Flow.Hash(99));
        Assert.NotEqual(a.Flow.Hash(99), a.Flow.Hash(100));
        Assert.True(Flow.IsLoopbackAddress(UInt128.One));
    }
}
