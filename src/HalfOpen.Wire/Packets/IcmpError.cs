using HalfOpen.Wire.Sockets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Packets;

/// <summary>
/// An ICMP error about a TCP packet of ours. <see cref="Flow"/> is named from the end that sent the packet complained
/// about. Immutable.
/// </summary>
/// <param name="Sequence">Sequence number of the packet complained about (RFC 792 quotes at least 8 bytes of
/// it).</param>
public readonly record struct IcmpError(Flow Flow, uint Sequence)
{
    /// <summary>
    /// Reads an IP packet that carries an ICMP error which ends an attempt in SYN-SENT: destination unreachable (but
    /// not "fragmentation needed"), time exceeded, parameter problem.
    /// <code>
    /// |     Type      |     Code      |          Checksum             |   RFC 792; RFC 4443, 2.1
    /// |                             unused                            |
    /// |   IP header and the first bytes of the packet complained about    (8 at least: ports and sequence number)
    /// </code>
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out IcmpError error)
    {
        error = default;
        if (!IpPacket.TryParse(packet, out var outer))
        {
            return false;
        }

        var icmp = packet[outer.PayloadOffset..];
        if (icmp.Length < 8 || !EndsAttempt(outer.Protocol, icmp[0], icmp[1]))
        {
            return false;
        }

        var quoted = icmp[8..];
        if (!IpPacket.TryParse(quoted, out var inner) || inner.Protocol != IpPacket.Tcp || quoted.Length < inner.PayloadOffset + 8)
        {
            return false;
        }

        var tcp = quoted[inner.PayloadOffset..];
        error = new IcmpError(new Flow(inner.Source, ReadUInt16BigEndian(tcp), inner.Destination, ReadUInt16BigEndian(tcp[2..])),
            ReadUInt32BigEndian(tcp[4..]));
        return true;
    }

    /// <summary>
    /// IPv4: 3 unreachable (code 4 only asks for smaller packets), 11 time exceeded, 12 parameter problem (RFC 792).
    /// IPv6: 1, 3, 4 (RFC 4443); 2 is "packet too big".
    /// </summary>
    private static bool EndsAttempt(byte protocol, byte type, byte code) => protocol switch
    {
        IpPacket.Icmp => type is 11 or 12 || (type == 3 && code != 4),
        IpPacket.IcmpV6 => type is 1 or 3 or 4,
        _ => false,
    };
}
