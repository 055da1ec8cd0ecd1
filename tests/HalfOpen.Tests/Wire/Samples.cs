using System.Net;
using System.Text;
using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Packets;
using HalfOpen.Wire.Sockets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Tests.Wire;

/// <summary>Messages as the kernel sends them.</summary>
internal static class Samples
{
    public static byte[] Syn
        { get; } = PacketBuilder.V4("10.0.0.1", "192.0.2.7", PacketBuilder.Tcp(40000, 443, 0xfedcba98, 0, TcpFlags.Syn));

    public static byte[] QueuedSyn() => QueuedPacketOf(Syn, 0x01020304, NetfilterHook.LocalOut, 1000);

    public static byte[] QueuedPacketOf(byte[] packet, uint id, NetfilterHook hook, uint? uid)
    {
        return Message(0x300, (ref NetlinkWriter writer) =>
        {
            var general = writer.Take(4);
            general[0] = 2;
            WriteUInt16BigEndian(general[2..], 4226);
            var header = writer.Attribute(1, 7);
            WriteUInt32BigEndian(header, id);
            WriteUInt16BigEndian(header[4..], 0x0800);
            header[6] = (byte)hook;
            WriteUInt32BigEndian(writer.Attribute(6, 4), 3);
            if (uid is { } owner)
            {
                WriteUInt32BigEndian(writer.Attribute(16, 4), owner);
            }

            packet.CopyTo(writer.Attribute(10, packet.Length));
        });
    }

    public static byte[] LoggedPacket(byte[] packet) => Message(0x400, (ref NetlinkWriter writer) =>
    {
        writer.Take(4);
        writer.Attribute(1, 4);
        packet.CopyTo(writer.Attribute(9, packet.Length));
        "\0"u8.CopyTo(writer.Attribute(10, 1));
    });

    public static byte[] DiagnosedSocket(string local, string remote, byte family, bool info = false) => Message(20,
        (ref NetlinkWriter writer) =>
    {
        var socket = writer.Take(72);
        socket[0] = family;
        socket[1] = (byte)TcpState.SynSent;
        WriteUInt16BigEndian(socket[4..], 40000);
        WriteUInt16BigEndian(socket[6..], 443);
        IPAddress.Parse(local).GetAddressBytes().CopyTo(socket[8..]);
        IPAddress.Parse(remote).GetAddressBytes().CopyTo(socket[24..]);
        WriteUInt64LittleEndian(socket[44..], 0x1122334455667788);
        WriteUInt32LittleEndian(socket[64..], 1000);
        WriteUInt32LittleEndian(socket[68..], 77);
        WriteUInt32LittleEndian(writer.Attribute(15, 4), 0x4226);
        WriteUInt64LittleEndian(writer.Attribute(21, 8), 0xabc);
        if (info)
        {
            socket[3] = 1; // repeats, of the timer that runs
            WriteUInt32LittleEndian(socket[56..], 7);
            WriteUInt32LittleEndian(socket[60..], 9);
            var tcp = writer.Attribute(2, 232);
            tcp[2] = 4; // repeats
            WriteUInt32LittleEndian(tcp[56..], 1500); // since the last acknowledgement
            WriteUInt32LittleEndian(tcp[68..], 42_000); // round trip
        }
    });

    /// <summary>Connection tracking's answer: the tuple as it began, and the one that answers.</summary>
    public static byte[] TrackedConnection(Flow original, Flow answerer) => Message(0x100, (ref NetlinkWriter writer) =>
    {
        writer.Take(4)[0] = original.IsV4 ? (byte)2 : (byte)10;
        WriteTuple(ref writer, 1, original);
        WriteTuple(ref writer, 2, answerer);
    });

    public static byte[] Error(int negative) =>
        Message(NetlinkConstants.Error, (ref NetlinkWriter writer) => WriteInt32LittleEndian(writer.Take(20), negative));

    /// <summary>
    /// The kernel's answer to an accepting verdict on a packet that is gone: the errno, and the request.
    /// </summary>
    public static byte[] MissedVerdict(uint packetId, uint sequence) => Message(NetlinkConstants.Error, (ref NetlinkWriter writer) =>
    {
        WriteInt32LittleEndian(writer.Take(4), -2);
        QueueRequests.Verdict(writer.Take(QueueRequests.VerdictLength), 4226, packetId, QueueRequests.Accept, sequence);
    });

    private static void WriteTuple(ref NetlinkWriter writer, ushort type, in Flow flow)
    {
        var tuple = writer.BeginNest(type);
        var addresses = writer.BeginNest(1);
        var first = (ushort)(flow.IsV4 ? 1 : 3);
        writer.Attribute(first, Flow.ToAddress(flow.Local).GetAddressBytes());
        writer.Attribute((ushort)(first + 1), Flow.ToAddress(flow.Remote).GetAddressBytes());
        writer.EndNest(addresses);
        var ports = writer.BeginNest(2);
        writer.Attribute(1, 1)[0] = 6;
        WriteUInt16BigEndian(writer.Attribute(2, 2), flow.LocalPort);
        WriteUInt16BigEndian(writer.Attribute(3, 2), flow.RemotePort);
        writer.EndNest(ports);
        writer.EndNest(tuple);
    }

    /// <summary>nf_tables was changed so often (NFT_MSG_NEWGEN).</summary>
    public static byte[] Generation(uint number) => Message(0x0a0f, (ref NetlinkWriter writer) =>
    {
        writer.Take(4);
        WriteUInt32BigEndian(writer.Attribute(1, 4), number);
        WriteUInt32BigEndian(writer.Attribute(2, 4), 4711);
        writer.Text(3, "nft");
    });

    /// <summary>A rule as a dump shows it (NFT_MSG_NEWRULE).</summary>
    public static byte[] FilterRule() => Message(0x0a06, (ref NetlinkWriter writer) =>
    {
        WriteUInt16BigEndian(writer.Take(4)[2..], 77);
        writer.Text(1, "halfopen");
        writer.Text(2, "output_syns");
        WriteUInt64BigEndian(writer.Attribute(3, 8), 5);
        var nest = writer.BeginNest(4);
        FilterExpressions.Meta(ref writer, FilterMeta.Mark);
        FilterExpressions.Compare(ref writer, 0x4226);
        FilterExpressions.Return(ref writer);
        writer.EndNest(nest);
    });

    public static byte[] SocketEventV4()
    {
        var record = NewSocketEvent(SocketEvent.LengthV4, family: 2);
        IPAddress.Parse("192.0.2.7").GetAddressBytes().CopyTo(record, 20);
        IPAddress.Parse("10.0.0.1").GetAddressBytes().CopyTo(record, 24);
        return record;
    }

    public static byte[] SocketEventV6()
    {
        var record = NewSocketEvent(SocketEvent.Length, family: 10);
        IPAddress.Parse("2001:db8::7").GetAddressBytes().CopyTo(record, 48);
        IPAddress.Parse("2001:db8::1").GetAddressBytes().CopyTo(record, 64);
        return record;
    }

    private static byte[] NewSocketEvent(int length, byte family)
    {
        var record = new byte[length];
        record[0] = 2;
        record[1] = (byte)TcpState.SynSent;
        record[2] = (byte)TcpState.Close;
        record[3] = family;
        WriteInt32LittleEndian(record.AsSpan(4), 111);
        WriteUInt32LittleEndian(record.AsSpan(8), 4242);
        WriteUInt32LittleEndian(record.AsSpan(12), 40000);
        WriteUInt32BigEndian(record.AsSpan(16), 443);
        WriteUInt64LittleEndian(record.AsSpan(32), 77_000);
        WriteUInt64LittleEndian(record.AsSpan(40), 42);
        return record;
    }

    /// <summary>An integer, a pointer, an array, another structure with the same member, then struct sock.</summary>
    public static byte[] Types(bool kindFlag)
    {
        var strings = Encoding.ASCII.GetBytes("\0int\0other\0sk_err\0sock\0sk_bits\0");
        var types = new List<byte>();
        Type(1, 1, 0, 4, 0x20);
        Type(0, 2, 0, 1);
        Type(0, 3, 0, 0, 1, 1, 8);
        Type(5, 4, 1, 8, 11, 1, 64);
        Type(18, 4, 2, 64, 23, 1, kindFlag ? (3u << 24) | 8 : 8 + 4, 11, 1, 24 * 8);
        var data = new byte[24];
        WriteUInt16LittleEndian(data, 0xeb9f);
        data[2] = 1;
        WriteUInt32LittleEndian(data.AsSpan(4), 24);
        WriteUInt32LittleEndian(data.AsSpan(12), (uint)types.Count);
        WriteUInt32LittleEndian(data.AsSpan(16), (uint)types.Count);
        WriteUInt32LittleEndian(data.AsSpan(20), (uint)strings.Length);
        return [.. data, .. types, .. strings];

        void Type(uint name, uint kind, uint count, uint sizeOrType, params uint[] rest)
        {
            uint[] words = [name, (kindFlag && kind == 4 ? 1u << 31 : 0) | (kind << 24) | count, sizeOrType, .. rest];
            foreach (var word in words)
            {
                types.AddRange(BitConverter.GetBytes(word));
            }
        }
    }

    private delegate void Fill(ref NetlinkWriter writer);

    private static byte[] Message(ushort type, Fill fill)
    {
        var buffer = new byte[1024];
        var writer = new NetlinkWriter(buffer);
        writer.Begin(type, 0, 1);
        fill(ref writer);
        writer.End();
        return buffer[..writer.Length];
    }
}
