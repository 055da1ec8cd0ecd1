using HalfOpen.Wire.Sockets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Netlink;

/// <summary>Requests to and answers of inet_diag (man 7 sock_diag; linux/inet_diag.h).</summary>
public static class SocketDiagnosis
{
    public const byte FamilyV4 = 2;
    public const byte FamilyV6 = 10;

    private const ushort ByFamily = 20;
    private const ushort DestroyMessage = 21;
    private const byte ProtocolTcp = 6;
    private const int MarkAttribute = 15;
    private const int CgroupAttribute = 21;
    private const int MessageLength = 72;

    /// <summary>Asks for all sockets in the given states (bit n: state n).</summary>
    public static void Dump(ref NetlinkWriter writer, byte family, uint states, uint sequence)
    {
        writer.Begin(ByFamily, NetlinkConstants.Request | NetlinkConstants.Dump, sequence);
        var request = writer.Take(56);
        request[0] = family;
        request[1] = ProtocolTcp;
        WriteUInt32LittleEndian(request[4..], states);
        writer.End();
    }

    /// <summary>Asks for the one socket with these addresses. The answer is a socket or an errno (ENOENT).</summary>
    /// <param name="output">
    /// Index of the interface that its packets leave by. A socket bound to a device, or one with a link-local address,
    /// is found only by its own; any other one by any. 0: none.
    /// </param>
    public static void Find(ref NetlinkWriter writer, in Flow flow, uint output, uint sequence) =>
        WriteOne(ref writer, ByFamily, NetlinkConstants.Request, flow, output, ulong.MaxValue, sequence);

    /// <summary>
    /// Aborts a socket: its program sees ECONNABORTED. The answer is an errno: 0 done, ENOENT gone already, EOPNOTSUPP
    /// a kernel without it. Cookie <see cref="ulong.MaxValue"/>: whichever has these addresses.
    /// </summary>
    public static void Destroy(ref NetlinkWriter writer, in Flow flow, uint output, ulong cookie, uint sequence) =>
        WriteOne(ref writer, DestroyMessage, NetlinkConstants.Request | NetlinkConstants.Acknowledge, flow, output, cookie, sequence);

    /// <summary>
    /// Reads one inet_diag_msg; false for any other message or one cut short.
    /// <code>
    /// | family | state  | timer  |retrans |
    ///       struct inet_diag_msg; everything in the machine's order but ports and addresses
    /// |  source port    |destination port|
    /// |      source address (16 bytes)   |
    /// |   destination address (16 bytes) |
    /// |   interface | cookie (8 bytes)   |
    /// | expires | rqueue | wqueue | uid | inode |
    /// </code>
    /// </summary>
    public static bool TryParse(in NetlinkMessage message, out SocketInfo socket)
    {
        socket = default;
        var payload = message.Payload;
        if (message.Type != ByFamily || payload.Length < MessageLength || payload[0] is not (FamilyV4 or FamilyV6))
        {
            return false;
        }

        var flow = new Flow(Address(payload[0], payload[8..]), ReadUInt16BigEndian(payload[4..]), Address(payload[0], payload[24..]),
            ReadUInt16BigEndian(payload[6..]));
        ulong cgroup = 0;
        uint mark = 0;
        var attributes = new AttributeReader(payload[MessageLength..]);
        while (attributes.TryRead(out var type, out var value))
        {
            if (type == CgroupAttribute && value.Length >= 8)
            {
                cgroup = ReadUInt64LittleEndian(value);
            }
            else if (type == MarkAttribute && value.Length >= 4)
            {
                mark = ReadUInt32LittleEndian(value);
            }
        }

        socket = new SocketInfo(flow, (TcpState)payload[1], ReadUInt64LittleEndian(payload[44..]), ReadUInt32LittleEndian(payload[64..]),
            ReadUInt32LittleEndian(payload[68..]), cgroup, mark, ReadUInt32LittleEndian(payload[40..]));
        return true;
    }

    private static UInt128 Address(byte family, ReadOnlySpan<byte> bytes) =>
        family == FamilyV4 ? Flow.MapV4(ReadUInt32BigEndian(bytes)) : ReadUInt128BigEndian(bytes);

    private static void WriteOne(ref NetlinkWriter writer, ushort type, ushort flags, in Flow flow, uint output, ulong cookie,
        uint sequence)
    {
        writer.Begin(type, flags, sequence);
        var request = writer.Take(56);
        request[0] = flow.IsV4 ? FamilyV4 : FamilyV6;
        request[1] = ProtocolTcp;
        WriteUInt32LittleEndian(request[4..], uint.MaxValue);
        WriteUInt16BigEndian(request[8..], flow.LocalPort);
        WriteUInt16BigEndian(request[10..], flow.RemotePort);
        WriteAddress(request[12..], flow.Local, flow.IsV4);
        WriteAddress(request[28..], flow.Remote, flow.IsV4);
        WriteUInt32LittleEndian(request[44..], output);
        WriteUInt64LittleEndian(request[48..], cookie);
        writer.End();
    }

    private static void WriteAddress(Span<byte> room, UInt128 address, bool v4)
    {
        if (v4)
        {
            WriteUInt32BigEndian(room, (uint)(address & uint.MaxValue));
        }
        else
        {
            WriteUInt128BigEndian(room, address);
        }
    }
}
