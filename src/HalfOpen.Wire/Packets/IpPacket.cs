using HalfOpen.Wire.Sockets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Packets;

/// <summary>
/// The addresses of an IP packet and where its payload starts, IPv6 extension headers walked. Immutable.
/// </summary>
/// <param name="Protocol">Protocol number of the payload (IANA): TCP 6, ICMP 1, ICMPv6 58.</param>
/// <param name="PayloadOffset">From the start of the packet.</param>
public readonly record struct IpPacket(UInt128 Source, UInt128 Destination, byte Protocol, int PayloadOffset)
{
    public const byte Icmp = 1;
    public const byte Tcp = 6;
    public const byte IcmpV6 = 58;

    private const byte HopByHop = 0;
    private const byte Routing = 43;
    private const byte Fragment = 44;
    private const byte Authentication = 51;
    private const byte DestinationOptions = 60;
    private const byte Mobility = 135;

    /// <summary>
    /// More than any sane packet has; RFC 8200, 4.1 allows each header once (destination options twice).
    /// </summary>
    private const int MaxExtensionHeaders = 16;

    /// <summary>
    /// Reads the header; false when it is no IP packet, cut short, or a later fragment (which has no transport header).
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out IpPacket ip)
    {
        ip = default;
        return packet.Length > 0 && (packet[0] >> 4) switch
        {
            4 => TryParseV4(packet, out ip),
            6 => TryParseV6(packet, out ip),
            _ => false,
        };
    }

    /// <summary>
    /// <code>
    /// |Version|  IHL  |      TOS      |          Total Length         |   IPv4, RFC 791, 3.1
    /// |         Identification        |Flags|      Fragment Offset    |
    /// |  Time to Live |    Protocol   |        Header Checksum        |
    /// |                         Source Address                        |
    /// |                      Destination Address                      |
    /// </code>
    /// </summary>
    private static bool TryParseV4(ReadOnlySpan<byte> packet, out IpPacket ip)
    {
        ip = default;
        if (packet.Length < 20)
        {
            return false;
        }

        var header = (packet[0] & 0xf) * 4;
        var laterFragment = (ReadUInt16BigEndian(packet[6..]) & 0x1fff) != 0;
        if (header < 20 || packet.Length < header || laterFragment)
        {
            return false;
        }

        ip = new IpPacket(Flow.MapV4(ReadUInt32BigEndian(packet[12..])), Flow.MapV4(ReadUInt32BigEndian(packet[16..])), packet[9], header);
        return true;
    }

    /// <summary>
    /// <code>
    /// |Version| Traffic Class |           Flow Label                  |   IPv6, RFC 8200, 3
    /// |         Payload Length        |  Next Header  |   Hop Limit   |
    /// |                    Source Address (16 bytes)                  |
    /// |                 Destination Address (16 bytes)                |
    /// |  Next Header  |  Hdr Ext Len  |  ...                              each extension header, 4
    /// </code>
    /// </summary>
    private static bool TryParseV6(ReadOnlySpan<byte> packet, out IpPacket ip)
    {
        ip = default;
        if (packet.Length < 40)
        {
            return false;
        }

        var next = packet[6];
        var offset = 40;
        for (var i = 0; i < MaxExtensionHeaders; i++)
        {
            if (next is not (HopByHop or Routing or Fragment or Authentication or DestinationOptions or Mobility))
            {
                ip = new IpPacket(ReadUInt128BigEndian(packet[8..]), ReadUInt128BigEndian(packet[24..]), next, offset);
                return offset <= packet.Length;
            }

            if (packet.Length < offset + 8)
            {
                return false;
            }

            var isFragment = next == Fragment;
            if (isFragment && (ReadUInt16BigEndian(packet[(offset + 2)..]) & 0xfff8) != 0)
            {
                return false;
            }

            // Lengths: in 8 bytes without the first 8; the authentication header (RFC 4302, 2.2) in 4 bytes without the
            // first 8; fragment headers have none.
            var length = isFragment ? 8 : next == Authentication ? (packet[offset + 1] + 2) * 4 : (packet[offset + 1] + 1) * 8;
            next = packet[offset];
            offset += length;
        }

        return false;
    }
}
