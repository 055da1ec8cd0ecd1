using System.Buffers.Binary;
using System.IO.Compression;

namespace HalfOpen.Media.Compression;

/// <summary>Packs a file into MSZIP blocks of 32 KB, each referring to the one before, as Microsoft's own makecab does.
/// Thread-safe.</summary>
internal static class MszipEncoder
{
    /// <summary>Bytes. [MS-MCI] 2.3: what does not get smaller is stored, so that no block has more than
    /// this.</summary>
    internal const int MaxPacked = MszipDecoder.HistorySize + 12;

    private const int BlockSize = 32 * 1024;

    /// <summary>The blocks in order; each unpacks to 32 KB, the last to what is left.</summary>
    public static IReadOnlyList<byte[]> Encode(ReadOnlySpan<byte> bytes)
    {
        var blocks = new List<byte[]>();
        using var output = new MemoryStream();
        using var deflate = new DeflateStream(output, CompressionLevel.SmallestSize);
        for (var offset = 0; offset < bytes.Length; offset += BlockSize)
        {
            var plain = bytes.Slice(offset, Math.Min(BlockSize, bytes.Length - offset));
            output.SetLength(0);
            output.Write("CK"u8);
            deflate.Write(plain);
            deflate.Flush(); // up to a whole byte, history kept

            // The stream goes on, but the block must end here: an empty last block (BFINAL 1, fixed codes, end of
            // block).
            output.Write([0x03, 0x00]);
            blocks.Add(output.Length <= MaxPacked ? output.ToArray() : Stored(plain));
        }

        return blocks;
    }

    private static byte[] Stored(ReadOnlySpan<byte> plain)
    {
        var block = new byte[2 + 5 + plain.Length];
        "CK"u8.CopyTo(block);
        block[2] = 1; // BFINAL 1, BTYPE 00
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(3), (ushort)plain.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(5), (ushort)(~plain.Length & 0xFFFF));
        plain.CopyTo(block.AsSpan(7));
        return block;
    }
}
