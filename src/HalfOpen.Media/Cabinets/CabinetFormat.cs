using System.Buffers.Binary;

namespace HalfOpen.Media.Cabinets;

/// <summary>Sizes and numbers of a cabinet file. Source: [MS-CAB].</summary>
/// <remarks>
/// <code>
/// CFHEADER  0 "MSCF"   8 u32 size   16 u32 where CFFILEs begin   24 u8 minor 3, u8 major 1
///           26 u16 folders   28 u16 files   30 u16 flags   32 u16 set   34 u16 number in the set
///           36 if flags and 4: u16 bytes reserved here, u8 in each CFFOLDER, u8 in each CFDATA; then the bytes
///              if flags and 1: names of the cabinet and disk before; if flags and 2: of those after (a zero ends each)
/// CFFOLDER  0 u32 where its first CFDATA stands   4 u16 how many
///           6 u16 packing (0, 1 MSZIP, 2 Quantum, 3 + window &lt;&lt; 8 LZX)   8 reserved
/// CFFILE    0 u32 size   4 u32 offset in the unpacked folder   8 u16 folder   10 u16 date   12 u16 time
///           14 u16 attributes   16 name, zero
/// CFDATA    0 u32 checksum or 0   4 u16 bytes packed   6 u16 bytes unpacked   8 reserved, then the bytes
/// </code>
/// </remarks>
internal static class CabinetFormat
{
    public const int HeaderSize = 36;
    public const int FolderSize = 8;
    public const int FileSize = 16;
    public const int DataSize = 8;

    /// <summary>Bytes without the zero; [MS-CAB] 2.3.</summary>
    public const int MaxName = 256;

    /// <summary>Bytes of a block, unpacked and packed; [MS-CAB] 2.4 and what LZX and MSZIP may add.</summary>
    public const int MaxUnpacked = 32 * 1024, MaxPacked = MaxUnpacked + 6144;

    public const int HasPrevious = 1, HasNext = 2, HasReserved = 4;

    /// <summary>The name is UTF-8, not of the system's code page.</summary>
    public const int NameIsUtf8 = 0x80;

    /// <summary>From here on, a folder number means that the file begins or ends in another cabinet of the
    /// set.</summary>
    public const int FirstSpanningFolder = 0xFFFD;

    public static ReadOnlySpan<byte> Magic => "MSCF"u8;

    /// <summary>The checksum of a CFDATA: XOR of 32-bit words over the data, then over the two lengths and what is
    /// reserved.</summary>
    public static uint Checksum(ReadOnlySpan<byte> lengthsAndReserved, ReadOnlySpan<byte> data) => Xor(lengthsAndReserved, Xor(data, 0));

    private static uint Xor(ReadOnlySpan<byte> bytes, uint sum)
    {
        for (; bytes.Length >= 4; bytes = bytes[4..])
        {
            sum ^= BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        }

        // One to three bytes are left; the first of them is the highest.
        var rest = 0u;
        foreach (var b in bytes)
        {
            rest = (rest << 8) | b;
        }

        return sum ^ rest;
    }
}
