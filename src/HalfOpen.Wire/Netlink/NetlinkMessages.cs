using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Netlink;

/// <summary>One netlink message: its header's fields and its payload, without padding.</summary>
public readonly ref struct NetlinkMessage
{
    internal NetlinkMessage(ushort type, ushort flags, uint sequence, ReadOnlySpan<byte> payload)
    {
        Type = type;
        Flags = flags;
        Sequence = sequence;
        Payload = payload;
    }

    public ushort Type { get; }

    public ushort Flags { get; }

    public uint Sequence { get; }

    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>NLMSG_ERROR: the kernel's answer to a request; <see cref="TryReadError"/>.</summary>
    public bool IsError => Type == NetlinkConstants.Error;

    /// <summary>NLMSG_DONE: the end of a dump.</summary>
    public bool IsDone => Type == NetlinkConstants.Done;

    /// <summary>The errno in an NLMSG_ERROR, positive; 0 is a plain acknowledgement.</summary>
    public bool TryReadError(out int errno)
    {
        errno = 0;
        if (!IsError || Payload.Length < 4)
        {
            return false;
        }

        errno = unchecked(-ReadInt32LittleEndian(Payload));
        return true;
    }
}

/// <summary>
/// Walks the netlink messages of one datagram (man 7 netlink). Numbers are in the machine's order; little-endian
/// machines only, as is .NET on Linux in practice.
/// <code>
/// |                  length (with this header)                    |
/// |             type              |            flags              |
/// |                       sequence number                         |
/// |                           port id                             |
/// |  payload, padded to 4 bytes ...
/// </code>
/// Ends at the first message that does not fit; <see cref="IsCut"/> tells.
/// </summary>
public ref struct NetlinkReader(ReadOnlySpan<byte> datagram)
{
    public const int HeaderLength = 16;

    private ReadOnlySpan<byte> _rest = datagram;

    /// <summary>The datagram ended within a message.</summary>
    public bool IsCut { get; private set; }

    public bool TryRead(out NetlinkMessage message)
    {
        message = default;
        if (_rest.Length < HeaderLength)
        {
            IsCut |= _rest.Length > 0;
            _rest = default;
            return false;
        }

        var length = ReadUInt32LittleEndian(_rest);
        if (length < HeaderLength || length > (uint)_rest.Length)
        {
            IsCut = true;
            _rest = default;
            return false;
        }

        message = new NetlinkMessage(ReadUInt16LittleEndian(_rest[4..]), ReadUInt16LittleEndian(_rest[6..]),
            ReadUInt32LittleEndian(_rest[8..]), _rest[HeaderLength..(int)length]);
        _rest = _rest[Math.Min(_rest.Length, ((int)length + 3) & ~3)..];
        return true;
    }
}

/// <summary>
/// Walks netlink attributes.
/// <code>
/// |    length (with this header)  |N|O|          type             |   N nested, O network byte order
/// |  payload, padded to 4 bytes ...
/// </code>
/// Ends at the first attribute that does not fit.
/// </summary>
public ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    private ReadOnlySpan<byte> _rest = attributes;

    public bool TryRead(out int type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (_rest.Length < 4)
        {
            return false;
        }

        var length = ReadUInt16LittleEndian(_rest);
        if (length < 4 || length > _rest.Length)
        {
            _rest = default;
            return false;
        }

        type = ReadUInt16LittleEndian(_rest[2..]) & 0x3fff;
        value = _rest[4..length];
        _rest = _rest[Math.Min(_rest.Length, (length + 3) & ~3)..];
        return true;
    }
}

/// <summary>Numbers of linux/netlink.h.</summary>
public static class NetlinkConstants
{
    public const ushort Error = 2;
    public const ushort Done = 3;

    public const ushort Request = 1;
    public const ushort Acknowledge = 4;
    public const ushort Dump = 0x300;

    /// <summary>A dump during which the table changed (NLM_F_DUMP_INTR).</summary>
    public const ushort DumpInterrupted = 0x10;
}
