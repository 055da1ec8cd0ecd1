using HalfOpen.Wire.Sockets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Netlink;

/// <summary>
/// Asks connection tracking about one TCP connection (ctnetlink; linux/netfilter/nfnetlink_conntrack.h).
/// </summary>
public static class TrackingMessages
{
    private const ushort Get = 1 << 8 | 1; // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET
    private const ushort New = 1 << 8; // the answer to it: IPCTNL_MSG_CT_NEW
    private const ushort OriginalTuple = 1;
    private const ushort ReplyTuple = 2;
    private const ushort TupleAddresses = 1;
    private const ushort TupleProtocol = 2;
    private const ushort SourceV4 = 1;
    private const ushort SourceV6 = 3;
    private const ushort ProtocolNumber = 1;
    private const ushort SourcePort = 2;
    private const ushort DestinationPort = 3;
    private const byte ProtocolTcp = 6;

    /// <summary>
    /// The connection that this machine began with these addresses. The answer is an entry or an errno (ENOENT).
    /// </summary>
    public static void Find(ref NetlinkWriter writer, in Flow flow, uint sequence)
    {
        writer.Begin(Get, NetlinkConstants.Request, sequence);
        writer.Take(4)[0] = flow.IsV4 ? SocketDiagnosis.FamilyV4 : SocketDiagnosis.FamilyV6;
        var tuple = writer.BeginNest(OriginalTuple);
        var addresses = writer.BeginNest(TupleAddresses);
        WriteAddress(ref writer, flow.Local, flow.IsV4, isDestination: false);
        WriteAddress(ref writer, flow.Remote, flow.IsV4, isDestination: true);
        writer.EndNest(addresses);
        var protocol = writer.BeginNest(TupleProtocol);
        writer.Attribute(ProtocolNumber, 1)[0] = ProtocolTcp;
        WriteUInt16BigEndian(writer.Attribute(SourcePort, 2), flow.LocalPort);
        WriteUInt16BigEndian(writer.Attribute(DestinationPort, 2), flow.RemotePort);
        writer.EndNest(protocol);
        writer.EndNest(tuple);
        writer.End();
    }

    /// <summary>
    /// Reads who answers, as that end names the connection: its own address first. False for any other message, for one
    /// cut short, and where a part is missing.
    /// </summary>
    public static bool TryParseAnswerer(in NetlinkMessage message, out Flow answerer)
    {
        answerer = default;
        return message.Type == New && message.Payload.Length >= 4 && TryFind(message.Payload[4..], ReplyTuple, out var tuple)
            && TryFind(tuple, TupleAddresses, out var addresses) && TryFind(tuple, TupleProtocol, out var ports)
            && TryReadAddress(addresses, isDestination: false, out var source)
            && TryReadAddress(addresses, isDestination: true, out var destination)
            && TryReadPort(ports, SourcePort, out var sourcePort) && TryReadPort(ports, DestinationPort, out var destinationPort)
            && Set(out answerer, new Flow(source, sourcePort, destination, destinationPort));
    }

    private static bool Set(out Flow place, in Flow value)
    {
        place = value;
        return true;
    }

    private static bool TryFind(ReadOnlySpan<byte> attributes, ushort wanted, out ReadOnlySpan<byte> found)
    {
        var reader = new AttributeReader(attributes);
        while (reader.TryRead(out var type, out found))
        {
            if (type == wanted)
            {
                return true;
            }
        }

        found = default;
        return false;
    }

    private static bool TryReadAddress(ReadOnlySpan<byte> attributes, bool isDestination, out UInt128 address)
    {
        var offset = isDestination ? 1 : 0;
        if (TryFind(attributes, (ushort)(SourceV4 + offset), out var v4) && v4.Length >= 4)
        {
            address = Flow.MapV4(ReadUInt32BigEndian(v4));
            return true;
        }

        var isThere = TryFind(attributes, (ushort)(SourceV6 + offset), out var v6) && v6.Length >= 16;
        address = isThere ? ReadUInt128BigEndian(v6) : default;
        return isThere;
    }

    private static bool TryReadPort(ReadOnlySpan<byte> attributes, ushort type, out ushort port)
    {
        var isThere = TryFind(attributes, type, out var value) && value.Length >= 2;
        port = isThere ? ReadUInt16BigEndian(value) : default;
        return isThere;
    }

    private static void WriteAddress(ref NetlinkWriter writer, UInt128 address, bool v4, bool isDestination)
    {
        var offset = isDestination ? 1 : 0;
        if (v4)
        {
            WriteUInt32BigEndian(writer.Attribute((ushort)(SourceV4 + offset), 4), (uint)(address & uint.MaxValue));
        }
        else
        {
            WriteUInt128BigEndian(writer.Attribute((ushort)(SourceV6 + offset), 16), address);
        }
    }
}
