using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Netlink;

/// <summary>Builds netlink messages one behind the other in a caller's buffer. Running over its end is a bug of ours and throws. Not thread-safe.</summary>
public ref struct NetlinkWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _start;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public void Begin(ushort type, ushort flags, uint sequence)
    {
        _start = Length;
        var header = Take(NetlinkReader.HeaderLength);
        WriteUInt16LittleEndian(header[4..], type);
        WriteUInt16LittleEndian(header[6..], flags);
        WriteUInt32LittleEndian(header[8..], sequence);
    }

    /// <summary>Room for a fixed part, zeroed and padded.</summary>
    public Span<byte> Take(int length)
    {
        var padded = (length + 3) & ~3;
        var room = _buffer.Slice(Length, padded);
        room.Clear();
        Length += padded;
        return room[..length];
    }

    /// <summary>Room for an attribute's value.</summary>
    public Span<byte> Attribute(ushort type, int length)
    {
        var header = Take(4 + length);
        WriteUInt16LittleEndian(header, (ushort)(4 + length));
        WriteUInt16LittleEndian(header[2..], type);
        return header[4..];
    }

    /// <summary>Writes the length of the message begun last.</summary>
    public readonly void End() => WriteUInt32LittleEndian(_buffer[_start..], (uint)(Length - _start));
}
