using HalfOpen.Wire.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Lab.Link;

/// <summary>The RST with which a closed port answers a SYN (RFC 9293, 3.10.7.1), as an IPv4 packet.</summary>
internal static class ResetPacket
{
    public const int Length = 40;

    /// <summary>Writes the answer to <paramref name="syn"/> (an IPv4 packet with a whole TCP header).</summary>
    public static void Write(ReadOnlySpan<byte> syn, Span<byte> answer)
    {
        var tcp = syn[((syn[0] & 0xf) * 4)..];
        answer = answer[..Length];
        answer.Clear();
        answer[0] = 0x45;
        WriteUInt16BigEndian(answer[2..], Length);
        answer[8] = 64;
        answer[9] = IpPacket.Tcp;
        syn.Slice(16, 4).CopyTo(answer[12..]);
        syn.Slice(12, 4).CopyTo(answer[16..]);
        WriteUInt16BigEndian(answer[10..], Checksum(answer[..20], 0));

        var reset = answer[20..];
        tcp.Slice(2, 2).CopyTo(reset);
        tcp[..2].CopyTo(reset[2..]);
        WriteUInt32BigEndian(reset[8..], unchecked(ReadUInt32BigEndian(tcp[4..]) + 1));
        reset[12] = 5 << 4;
        reset[13] = (byte)(TcpFlags.Rst | TcpFlags.Ack);

        // The pseudo header (RFC 9293, 3.1): addresses, protocol, length.
        WriteUInt16BigEndian(reset[16..], Checksum(answer[12..], IpPacket.Tcp + (uint)reset.Length));
    }

    /// <summary>RFC 1071. <paramref name="bytes"/> of even length.</summary>
    public static ushort Checksum(ReadOnlySpan<byte> bytes, uint sum)
    {
        for (var i = 0; i + 1 < bytes.Length; i += 2)
        {
            sum += ReadUInt16BigEndian(bytes[i..]);
        }

        while (sum > 0xffff)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)(0xffff - sum);
    }
}
