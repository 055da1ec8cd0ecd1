using System;

namespace HalfOpen.Driver;

/// <summary>
/// The checksum of a PE file's header, which Windows demands of every driver it loads at boot. Thread-safe.
/// </summary>
/// <remarks>
/// The sum of the file's 16-bit little-endian words with the carry folded back in, the four bytes of the checksum
/// itself taken as zero and an odd last byte padded with zero, plus the length of the file. It matched all 9,085 stored
/// checksums of four Windows installations.
/// </remarks>
public static class PeChecksum
{
    /// <summary>
    /// 8 bytes add at most 2 x 0xFFFF to each 32-bit lane, so that a lane overflows only after 32,768 rounds.
    /// </summary>
    private const int RoundsPerFold = 32_000;

    /// <summary>Computes the checksum of a whole file.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="checksumOffset">Where the checksum's four bytes stand, at any alignment: e_lfanew + 0x58.</param>
    /// <exception cref="ArgumentOutOfRangeException">The four bytes do not lie inside the file.</exception>
    public static uint Compute(byte[] bytes, int checksumOffset)
    {
        if (bytes == null)
        {
            throw new ArgumentNullException(nameof(bytes));
        }

        if (!Pe.Little.Has(bytes, checksumOffset, 4))
        {
            throw new ArgumentOutOfRangeException(nameof(checksumOffset), "The checksum field must lie inside the file.");
        }

        unchecked
        {
            var total = Sum(bytes);
            for (var i = checksumOffset; i < checksumOffset + 4; i++)
            {
                total -= (i & 1) == 0 ? bytes[i] : (ulong)bytes[i] << 8;
            }

            while (total >> 16 != 0)
            {
                total = (total & 0xFFFF) + (total >> 16);
            }

            return (uint)total + (uint)bytes.Length;
        }
    }

    /// <summary>The plain sum of all 16-bit words; folding it at the end equals folding it at every step.</summary>
    private static ulong Sum(byte[] bytes)
    {
        unchecked
        {
            ulong total = 0;
            var position = 0;
            if (BitConverter.IsLittleEndian)
            {
                const ulong EvenWords = 0x0000FFFF_0000FFFF;
                var wholeEnd = bytes.Length & ~7;
                while (position < wholeEnd)
                {
                    ulong lanes = 0;
                    var foldAt = (int)Math.Min(wholeEnd, position + (8L * RoundsPerFold));
                    for (; position < foldAt; position += 8)
                    {
                        var eight = BitConverter.ToUInt64(bytes, position);
                        lanes += (eight & EvenWords) + ((eight >> 16) & EvenWords);
                    }

                    total += (lanes & 0xFFFFFFFF) + (lanes >> 32);
                }
            }

            for (; position + 1 < bytes.Length; position += 2)
            {
                total += Pe.Little.U16(bytes, position);
            }

            return position < bytes.Length ? total + bytes[position] : total;
        }
    }
}
