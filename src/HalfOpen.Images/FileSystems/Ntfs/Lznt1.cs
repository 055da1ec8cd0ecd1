namespace HalfOpen.Images.FileSystems.Ntfs;

/// <summary>The compression of NTFS files ([MS-XCA] 2.5): chunks of 4 KiB, each literal or with back
/// references.</summary>
/// <remarks>
/// <code>
///   chunk: u16 {0..11 size - 1 of what follows, 12..14 signature 3, 15 compressed}; 0000: the end
///   compressed: a byte of flags, lowest first: 0 one literal byte, 1 a u16 {offset - 1 above,
///         length - 3 below}; how many bits each
///   has follows from the position in the chunk: 4 for the offset up to 16 bytes, one more each time that doubles
/// </code>
/// </remarks>
internal static class Lznt1
{
    private const int ChunkSize = 4096;

    /// <summary>Fills <paramref name="into"/> as far as the input goes; the rest stays as it is.</summary>
    public static void Unpack(ReadOnlySpan<byte> input, Span<byte> into)
    {
        for (var chunk = 0; chunk < into.Length && input.Length >= 2; chunk += ChunkSize)
        {
            var header = Fields.U16(input, 0);
            if (header == 0)
            {
                return;
            }

            var size = (header & 0xFFF) + 1;
            var body = Fields.Part(input, 2, size);
            var output = into.Slice(chunk, Math.Min(ChunkSize, into.Length - chunk));
            if ((header & 0x8000) != 0)
            {
                UnpackChunk(body, output);
            }
            else
            {
                body[..Math.Min(size, output.Length)].CopyTo(output);
            }

            input = input[(2 + size)..];
        }
    }

    private static void UnpackChunk(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var (from, to) = (0, 0);
        while (from < input.Length && to < output.Length)
        {
            var flags = input[from++];
            for (var bit = 0; bit < 8 && from < input.Length && to < output.Length; bit++)
            {
                if (((flags >> bit) & 1) == 0)
                {
                    output[to++] = input[from++];
                    continue;
                }

                var reference = Fields.U16(input, from);
                from += 2;
                var lengthBits = 12;
                for (var reach = to - 1; reach >= 16; reach >>= 1)
                {
                    lengthBits--;
                }

                var offset = (reference >> lengthBits) + 1;
                var length = Math.Min((reference & ((1 << lengthBits) - 1)) + 3, output.Length - to);
                if (offset > to)
                {
                    throw Fields.Damaged("a compressed file that refers to nothing");
                }

                for (; length > 0; length--, to++)
                {
                    output[to] = output[to - offset]; // may overlap itself: a run of one byte refers to the byte before
                }
            }
        }
    }
}
