using System.Buffers.Binary;
using System.Text;

namespace HalfOpen.Windows.Hives;

/// <summary>A registry value: its type and its bytes. Immutable; the bytes are its own copy.</summary>
public sealed class HiveValue(uint type, byte[] data)
{
    /// <value>1 REG_SZ, 2 REG_EXPAND_SZ, 4 REG_DWORD, ...</value>
    public uint Type { get; } = type;

    public ReadOnlyMemory<byte> Data { get; } = data;

    /// <summary>The number of a REG_DWORD of four bytes; null for anything else.</summary>
    public uint? AsNumber() => Type == 4 && Data.Length == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(Data.Span) : null;

    /// <summary>The text of a REG_SZ or REG_EXPAND_SZ up to its first NUL; null for anything else.</summary>
    public string? AsText()
    {
        if (Type is not (1 or 2))
        {
            return null;
        }

        var text = Encoding.Unicode.GetString(Data.Span[..(Data.Length & ~1)]);
        var end = text.IndexOf('\0', StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }
}
