using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Netlink;

/// <summary>
/// Builds netlink messages one behind the other in a caller's buffer. Running over its end is a bug of ours and throws.
/// Not thread-safe.
/// </summary>
public ref struct NetlinkWriter(Span<byte> buffer)
{
    private const ushort Nested = 0x8000;

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

    /// <summary>An attribute whose value is its bytes.</summary>
    public void Attribute(ushort type, scoped ReadOnlySpan<byte> value) => value.CopyTo(Attribute(type, value.Length));

    /// <summary>An attribute whose value is a text of ASCII, ended by a zero.</summary>
    public void Text(ushort type, string text) => Encoding.ASCII.GetBytes(text, Attribute(type, text.Length + 1));

    /// <summary>Begins an attribute that holds attributes; give what it returns to <see cref="EndNest"/>.</summary>
    public int BeginNest(ushort type)
    {
        var start = Length;
        WriteUInt16LittleEndian(Take(4)[2..], (ushort)(type | Nested));
        return start;
    }

    /// <summary>Writes the length of a nest.</summary>
    public readonly void EndNest(int start) => WriteUInt16LittleEndian(_buffer[start..], (ushort)(Length - start));

    /// <summary>Writes the length of the message begun last.</summary>
    public readonly void End() => WriteUInt32LittleEndian(_buffer[_start..], (uint)(Length - _start));
}
