using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Netlink;

/// <summary>Where in the packet filter a packet was taken (linux/netfilter.h).</summary>
public enum NetfilterHook : byte
{
    PreRouting = 0,
    LocalIn = 1,
    Forward = 2,
    LocalOut = 3,
    PostRouting = 4,
}

/// <summary>One packet that the kernel handed over through NFQUEUE (linux/netfilter/nfnetlink_queue.h).</summary>
public readonly ref struct QueuedPacket
{
    private const int HeaderAttribute = 1;
    private const int PayloadAttribute = 10;
    private const int OutputAttribute = 6;
    private const int UidAttribute = 16;

    private QueuedPacket(uint id, NetfilterHook hook, uint output, uint? uid, ReadOnlySpan<byte> packet)
    {
        Id = id;
        Hook = hook;
        OutputInterface = output;
        Uid = uid;
        Packet = packet;
    }

    /// <summary>What a verdict names.</summary>
    public uint Id { get; }

    public NetfilterHook Hook { get; }

    /// <summary>Index of the interface that it is about to leave by; 0: not told.</summary>
    public uint OutputInterface { get; }

    /// <summary>
    /// User id of the socket's owner; null when forwarded, and when no program has the socket (any more).
    /// </summary>
    public uint? Uid { get; }

    /// <summary>From the IP header on; as long as the copy range allows.</summary>
    public ReadOnlySpan<byte> Packet { get; }

    /// <summary>
    /// Reads an NFQNL_MSG_PACKET; false when it is another message or has no packet header. An empty
    /// <see cref="Packet"/> is possible: it still needs a verdict.
    /// <code>
    /// |  family   |  version  |  queue number (big-endian)  |   struct nfgenmsg, then attributes, among them
    /// |                packet id (big-endian)               |   NFQA_PACKET_HDR: 7 bytes
    /// |  EtherType (big-endian)   |   hook    |
    /// </code>
    /// </summary>
    public static bool TryParse(in NetlinkMessage message, out QueuedPacket packet)
    {
        packet = default;
        if (message.Type != QueueRequests.PacketMessage || message.Payload.Length < 4)
        {
            return false;
        }

        uint? id = null;
        uint? uid = null;
        var output = 0u;
        var hook = NetfilterHook.LocalOut;
        ReadOnlySpan<byte> payload = default;
        var attributes = new AttributeReader(message.Payload[4..]);
        while (attributes.TryRead(out var type, out var value))
        {
            switch (type)
            {
                case HeaderAttribute when value.Length >= 7:
                    id = ReadUInt32BigEndian(value);
                    hook = (NetfilterHook)value[6];
                    break;
                case PayloadAttribute:
                    payload = value;
                    break;
                case OutputAttribute when value.Length >= 4:
                    output = ReadUInt32BigEndian(value);
                    break;
                case UidAttribute when value.Length >= 4:
                    uid = ReadUInt32BigEndian(value);
                    break;
            }
        }

        if (id is null)
        {
            return false;
        }

        packet = new QueuedPacket(id.Value, hook, output, uid, payload);
        return true;
    }
}

/// <summary>Requests to NFQUEUE.</summary>
public static class QueueRequests
{
    public const uint Drop = 0;
    public const uint Accept = 1;

    /// <summary>Bytes of one verdict.</summary>
    public const int VerdictLength = 32;

    internal const ushort PacketMessage = (Subsystem << 8) | 0;

    private const int Subsystem = 3;
    private const ushort VerdictMessage = (Subsystem << 8) | 1;
    private const ushort ConfigMessage = (Subsystem << 8) | 2;
    private const byte CommandBind = 1;
    private const byte CopyPacket = 2;
    private const uint FlagFailOpen = 1;
    private const uint FlagUidGid = 8;

    /// <summary>Binds a queue. The kernel answers with an errno: EBUSY or EPERM when somebody else has it.</summary>
    public static void Bind(ref NetlinkWriter writer, ushort queue, uint sequence)
    {
        Start(ref writer, ConfigMessage, NetlinkConstants.Request | NetlinkConstants.Acknowledge, queue, sequence);
        var command = writer.Attribute(1, 4);
        command[0] = CommandBind;
        writer.End();
    }

    /// <summary>
    /// Sets how much of each packet is copied, how many may wait, that user ids come along, and whether packets pass
    /// when the queue is full.
    /// </summary>
    public static void Configure(ref NetlinkWriter writer, ushort queue, int copyBytes, int maxLength, bool failOpen, uint sequence)
    {
        Start(ref writer, ConfigMessage, NetlinkConstants.Request | NetlinkConstants.Acknowledge, queue, sequence);
        var parameters = writer.Attribute(2, 5);
        WriteUInt32BigEndian(parameters, (uint)copyBytes);
        parameters[4] = CopyPacket;
        WriteUInt32BigEndian(writer.Attribute(3, 4), (uint)maxLength);
        WriteUInt32BigEndian(writer.Attribute(4, 4), FlagFailOpen | FlagUidGid);
        WriteUInt32BigEndian(writer.Attribute(5, 4), failOpen ? FlagFailOpen | FlagUidGid : FlagUidGid);
        writer.End();
    }

    /// <summary>One verdict on one packet. Many go into one send; the kernel answers only to errors.</summary>
    /// <param name="sequence">Comes back in <see cref="TryReadMissed"/>.</param>
    public static void Verdict(Span<byte> room, ushort queue, uint packetId, uint verdict, uint sequence = 0)
    {
        var writer = new NetlinkWriter(room);
        Start(ref writer, VerdictMessage, NetlinkConstants.Request, queue, sequence);
        var value = writer.Attribute(2, 8);
        WriteUInt32BigEndian(value, verdict);
        WriteUInt32BigEndian(value[4..], packetId);
        writer.End();
    }

    /// <summary>
    /// Reads the kernel's answer to an accepting verdict on a packet that it does not hold any more (ENOENT): the
    /// request is repeated in it. False for any other message.
    /// </summary>
    /// <param name="sequence">What was given to <see cref="Verdict"/>.</param>
    public static bool TryReadMissed(in NetlinkMessage message, out uint packetId, out uint sequence)
    {
        const int NoEntry = 2, ErrorLength = 4;
        (packetId, sequence) = (0, 0);
        if (!message.TryReadError(out var errno) || errno != NoEntry || message.Payload.Length < ErrorLength + VerdictLength)
        {
            return false;
        }

        var request = message.Payload[ErrorLength..];
        if (ReadUInt16LittleEndian(request[4..]) != VerdictMessage || ReadUInt32BigEndian(request[24..]) != Accept)
        {
            return false;
        }

        (packetId, sequence) = (ReadUInt32BigEndian(request[28..]), ReadUInt32LittleEndian(request[8..]));
        return true;
    }

    private static void Start(ref NetlinkWriter writer, ushort type, ushort flags, ushort queue, uint sequence)
    {
        writer.Begin(type, flags, sequence);
        WriteUInt16BigEndian(writer.Take(4)[2..], queue);
    }
}
