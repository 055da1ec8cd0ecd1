using HalfOpen.Wire.Sockets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Packets;

/// <summary>Control bits of a TCP header (RFC 9293, 3.1).</summary>
[Flags]
public enum TcpFlags
{
    None = 0,
    Fin = 1,
    Syn = 2,
    Rst = 4,
    Psh = 8,
    Ack = 16,
    Urg = 32,
}

/// <summary>
/// What the guard needs of a TCP packet. <see cref="Flow"/> is named from the sender's end. Immutable.
/// </summary>
/// <param name="IsMultipath">A SYN that asks for MPTCP (option MP_CAPABLE; RFC 8684, 3.1).</param>
public readonly record struct TcpSegment(Flow Flow, uint Sequence, uint Acknowledgement, TcpFlags Flags, bool IsMultipath = false)
{
    private const TcpFlags Handshake = TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst | TcpFlags.Fin;

    /// <summary>The first packet of a connection.</summary>
    public bool IsSyn => (Flags & Handshake) == TcpFlags.Syn;

    /// <summary>The answer that says yes.</summary>
    public bool IsSynAck => (Flags & Handshake) == (TcpFlags.Syn | TcpFlags.Ack);

    /// <summary>
    /// Reads a whole IP packet that carries TCP; false for anything else, for fragments without a TCP header and for
    /// packets cut short. Checksums are not verified: these packets come from our own kernel.
    /// <code>
    ///  0                   1                   2                   3      TCP, RFC 9293, 3.1
    ///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    /// |          Source Port          |       Destination Port        |
    /// |                        Sequence Number                        |
    /// |                    Acknowledgment Number                      |
    /// |  Data |       |C|E|U|A|P|R|S|F|                               |
    /// </code>
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out TcpSegment segment)
    {
        segment = default;
        if (!IpPacket.TryParse(packet, out var ip) || ip.Protocol != IpPacket.Tcp)
        {
            return false;
        }

        var tcp = packet[ip.PayloadOffset..];
        if (tcp.Length < 20)
        {
            return false;
        }

        segment = new TcpSegment(
            new Flow(ip.Source, ReadUInt16BigEndian(tcp), ip.Destination, ReadUInt16BigEndian(tcp[2..])),
            ReadUInt32BigEndian(tcp[4..]),
            ReadUInt32BigEndian(tcp[8..]),
            (TcpFlags)(tcp[13] & 0x3f),
            (tcp[13] & (byte)TcpFlags.Syn) != 0 && AsksForMultipath(tcp));
        return true;
    }

    /// <summary>
    /// Walks the options (RFC 9293, 3.1): kind, length, and for MPTCP (kind 30) the subtype in the upper four bits
    /// behind.
    /// </summary>
    private static bool AsksForMultipath(ReadOnlySpan<byte> tcp)
    {
        const byte End = 0, Nothing = 1, Multipath = 30, Capable = 0;
        var options = tcp[20..Math.Clamp((tcp[12] >> 4) * 4, 20, tcp.Length)];
        while (options.Length > 0 && options[0] != End)
        {
            if (options[0] == Nothing)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                return false;
            }

            if (options[0] == Multipath && options[1] > 2)
            {
                return options[2] >> 4 == Capable;
            }

            options = options[options[1]..];
        }

        return false;
    }
}
