using System.Buffers.Binary;
using HalfOpen.Images;

namespace HalfOpen.Media.Compression;

/// <summary>The format of MS-DOS's and Windows 3's COMPRESS.EXE: one file, LZSS with a window of 4 KB.
/// Thread-safe.</summary>
/// <remarks>
/// <code>
/// 0 "SZDD" 88 F0 27 33   8 'A', the only method   9 last letter of the name   10 u32 size unpacked   14 data
/// data: a byte of 8 flags, lowest first; 1: one byte as it is; 0: two bytes, of which 12 bits are a place in the
///       window and 4 bits the length - 3
/// </code>
/// Source: the published description of the format (Deark, libmspack) and files of mscompress.
/// </remarks>
public static class SzddDecoder
{
    private const int HeaderSize = 14;
    private const int WindowSize = 4096;

    private static ReadOnlySpan<byte> Magic => [0x53, 0x5A, 0x44, 0x44, 0x88, 0xF0, 0x27, 0x33];

    /// <summary>Whether bytes begin as a file of this format does.</summary>
    public static bool IsSzdd(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Magic);

    /// <summary>Unpacks a file.</summary>
    /// <param name="maxBytes">A file that declares more is refused before anything is allocated.</param>
    /// <exception cref="ImageProblemException">The file is damaged or too large.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> file, int maxBytes)
    {
        if (!IsSzdd(file) || file.Length < HeaderSize || file[8] != (byte)'A')
        {
            throw new ImageProblemException("This is no SZDD file of a known method.");
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(file[10..]);
        if (size > maxBytes)
        {
            throw new ImageProblemException($"It unpacks to {size:N0} bytes, which are too many (at most {maxBytes:N0}).");
        }

        // Two bytes give at most 18: what declares more than its data can give is not worth the memory.
        if (size > (file.Length - HeaderSize) * 9L)
        {
            throw new ImageProblemException("It declares more bytes than its data can give: it is cut off or damaged.");
        }

        var output = new byte[size];
        Unpack(file[HeaderSize..], output);
        return output;
    }

    private static void Unpack(ReadOnlySpan<byte> data, Span<byte> output)
    {
        Span<byte> window = stackalloc byte[WindowSize];
        window.Fill((byte)' ');
        var (place, input, written) = (WindowSize - 16, 0, 0);
        for (var flags = 0; written < output.Length; flags >>= 1)
        {
            if (flags <= 1)
            {
                flags = Next(data, ref input) | 0x100; // the bit above marks when all eight are used
            }

            if ((flags & 1) != 0)
            {
                output[written++] = window[place] = Next(data, ref input);
                place = (place + 1) % WindowSize;
                continue;
            }

            var (low, high) = (Next(data, ref input), Next(data, ref input));
            var from = low | ((high & 0xF0) << 4);
            for (var left = (high & 0x0F) + 3; left > 0 && written < output.Length; left--)
            {
                output[written++] = window[place] = window[from];
                (place, from) = ((place + 1) % WindowSize, (from + 1) % WindowSize);
            }
        }
    }

    private static byte Next(ReadOnlySpan<byte> data, ref int input) =>
        input < data.Length ? data[input++] : throw new ImageProblemException("The SZDD data ends too early: the file is cut off.");
}
