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

/// <summary>What the guard needs of a TCP packet. <see cref="Flow"/> is named from the sender's end. Immutable.</summary>
public readonly record struct TcpSegment(Flow Flow, uint Sequence, uint Acknowledgement, TcpFlags Flags)
{
    private const TcpFlags Handshake = TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst | TcpFlags.Fin;

    /// <summary>The first packet of a connection.</summary>
    public bool IsSyn => (Flags & Handshake) == TcpFlags.Syn;

    /// <summary>The answer that says yes.</summary>
    public bool IsSynAck => (Flags & Handshake) == (TcpFlags.Syn | TcpFlags.Ack);

    /// <summary>
    /// Reads a whole IP packet that carries TCP; false for anything else, for fragments without a TCP header and for packets cut short. Checksums are not verified: these packets come from our own kernel.
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
            (TcpFlags)(tcp[13] & 0x3f));
        return true;
    }
}
