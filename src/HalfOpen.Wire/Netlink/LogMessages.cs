using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Netlink;

/// <summary>
/// NFLOG: copies of packets that the kernel sends without waiting for an answer (linux/netfilter/nfnetlink_log.h).
/// </summary>
public static class LogMessages
{
    private const int Subsystem = 4;
    private const ushort PacketMessage = (Subsystem << 8) | 0;
    private const ushort ConfigMessage = (Subsystem << 8) | 1;
    private const int PayloadAttribute = 9;
    private const byte CommandBind = 1;
    private const byte CopyPacket = 2;

    /// <summary>Binds a group. The kernel answers with an errno.</summary>
    public static void Bind(ref NetlinkWriter writer, ushort group, uint sequence)
    {
        Start(ref writer, group, sequence);
        writer.Attribute(1, 1)[0] = CommandBind;
        writer.End();
    }

    /// <summary>
    /// Copies the first bytes of each packet and delivers each at once (threshold 1), since a slot waits for it.
    /// </summary>
    public static void Configure(ref NetlinkWriter writer, ushort group, int copyBytes, uint sequence)
    {
        Start(ref writer, group, sequence);
        var mode = writer.Attribute(2, 6);
        WriteUInt32BigEndian(mode, (uint)copyBytes);
        mode[4] = CopyPacket;
        WriteUInt32BigEndian(writer.Attribute(5, 4), 1);
        writer.End();
    }

    /// <summary>The packet in a message of NFLOG; false for any other message and for one without a packet.</summary>
    public static bool TryReadPacket(in NetlinkMessage message, out ReadOnlySpan<byte> packet)
    {
        packet = default;
        if (message.Type != PacketMessage || message.Payload.Length < 4)
        {
            return false;
        }

        var attributes = new AttributeReader(message.Payload[4..]);
        while (attributes.TryRead(out var type, out var value))
        {
            if (type == PayloadAttribute)
            {
                packet = value;
                return true;
            }
        }

        return false;
    }

    private static void Start(ref NetlinkWriter writer, ushort group, uint sequence)
    {
        writer.Begin(ConfigMessage, NetlinkConstants.Request | NetlinkConstants.Acknowledge, sequence);
        WriteUInt16BigEndian(writer.Take(4)[2..], group);
    }
}
