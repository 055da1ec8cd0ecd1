using System.Net;
using HalfOpen.Wire.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Tests.Wire;

/// <summary>Builds packets from the RFCs' pictures, independently of the parsers.</summary>
internal static class PacketBuilder
{
    public const int HopByHop = 0;
    public const int Routing = 43;
    public const int Fragment = 44;
    public const int Authentication = 51;
    public const int DestinationOptions = 60;

    /// <summary>
    /// Maximum segment size, no operation, MP_CAPABLE of version 1, timestamps cut off by the end of options.
    /// </summary>
    public static byte[] MultipathCapable => [2, 4, 5, 180, 1, 30, 4, 1, 0, 0, 0, 0];

    public static byte[] Tcp(int sourcePort, int destinationPort, uint sequence, uint acknowledgement, TcpFlags flags, byte[] options)
    {
        var tcp = Tcp(sourcePort, destinationPort, sequence, acknowledgement, flags, options.Length);
        options.CopyTo(tcp, 20);
        return tcp;
    }

    public static byte[] Tcp(int sourcePort, int destinationPort, uint sequence, uint acknowledgement, TcpFlags flags, int optionBytes = 20)
    {
        var tcp = new byte[20 + optionBytes];
        WriteUInt16BigEndian(tcp, (ushort)sourcePort);
        WriteUInt16BigEndian(tcp.AsSpan(2), (ushort)destinationPort);
        WriteUInt32BigEndian(tcp.AsSpan(4), sequence);
        WriteUInt32BigEndian(tcp.AsSpan(8), acknowledgement);
        tcp[12] = (byte)((20 + optionBytes) / 4 << 4);
        tcp[13] = (byte)flags;
        return tcp;
    }

    public static byte[] V4(string source, string destination, byte[] payload, byte protocol = 6, int optionBytes = 0,
        int fragmentOffset = 0)
    {
        var ip = new byte[20 + optionBytes + payload.Length];
        ip[0] = (byte)(0x40 | ((20 + optionBytes) / 4));
        WriteUInt16BigEndian(ip.AsSpan(2), (ushort)ip.Length);
        WriteUInt16BigEndian(ip.AsSpan(6), (ushort)(0x4000 | fragmentOffset));
        ip[8] = 64;
        ip[9] = protocol;
        IPAddress.Parse(source).GetAddressBytes().CopyTo(ip, 12);
        IPAddress.Parse(destination).GetAddressBytes().CopyTo(ip, 16);
        payload.CopyTo(ip, 20 + optionBytes);
        return ip;
    }

    /// <param name="extensions">Header number, and its length in bytes (a multiple of 8; of 4 for
    /// authentication).</param>
    public static byte[] V6(string source, string destination, byte[] payload, byte protocol = 6,
        params (int Header, int Length)[] extensions)
    {
        var ip = new List<byte>(new byte[40]);
        ip[0] = 0x60;
        ip[6] = extensions.Length > 0 ? (byte)extensions[0].Header : protocol;
        ip[7] = 64;
        for (var i = 0; i < extensions.Length; i++)
        {
            var (header, length) = extensions[i];
            var extension = new byte[length];
            extension[0] = i + 1 < extensions.Length ? (byte)extensions[i + 1].Header : protocol;
            extension[1] = (byte)(header == Authentication ? (length / 4) - 2 : header == Fragment ? 0 : (length / 8) - 1);
            ip.AddRange(extension);
        }

        ip.AddRange(payload);
        var bytes = ip.ToArray();
        WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)(bytes.Length - 40));
        IPAddress.Parse(source).GetAddressBytes().CopyTo(bytes, 8);
        IPAddress.Parse(destination).GetAddressBytes().CopyTo(bytes, 24);
        return bytes;
    }

    public static byte[] Icmp(byte type, byte code, byte[] quoted)
    {
        var icmp = new byte[8 + quoted.Length];
        icmp[0] = type;
        icmp[1] = code;
        quoted.CopyTo(icmp, 8);
        return icmp;
    }
}
