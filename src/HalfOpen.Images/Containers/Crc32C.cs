using System.Numerics;

namespace HalfOpen.Images.Containers;

/// <summary>The Castagnoli checksum that VHDX uses (RFC 3720, appendix B.4).</summary>
internal static class Crc32C
{
    /// <summary>Whether the checksum that stands at an offset is that of the bytes with the field taken as
    /// zero.</summary>
    public static bool Matches(byte[] bytes, int field)
    {
        var crc = 0xFFFF_FFFFu;
        for (var i = 0; i < bytes.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, i >= field && i < field + 4 ? (byte)0 : bytes[i]);
        }

        return ~crc == Fields.U32(bytes, field);
    }
}
