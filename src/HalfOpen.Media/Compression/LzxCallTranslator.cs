using System.Buffers.Binary;

namespace HalfOpen.Media.Compression;

/// <summary>
/// Undoes what LZX does to x86 code before packing: the operand of CALL (E8) becomes an absolute address, which repeats
/// more often. Pure.
/// </summary>
internal static class LzxCallTranslator
{
    /// <summary>Only the first 1 GB of a stream is translated.</summary>
    private const int MaxFrames = 32768;

    /// <summary>An E8 in the last ten bytes of a frame is left alone.</summary>
    private const int Tail = 10;

    /// <param name="frame">One unpacked frame.</param>
    /// <param name="number">Its number in the stream, from 0; each frame but the last has 32 KB.</param>
    /// <param name="fileSize">The size that the stream's header declares; 0: nothing is translated.</param>
    public static void Undo(Span<byte> frame, int number, int fileSize)
    {
        if (fileSize == 0 || number >= MaxFrames)
        {
            return;
        }

        var start = number * LzxDecoder.FrameSize;
        for (var i = 0; i < frame.Length - Tail; i++)
        {
            if (frame[i] != 0xE8)
            {
                continue;
            }

            var operand = frame.Slice(i + 1, 4);
            var absolute = BinaryPrimitives.ReadInt32LittleEndian(operand);
            var here = start + i;
            if (absolute >= -here && absolute < fileSize)
            {
                BinaryPrimitives.WriteInt32LittleEndian(operand, absolute >= 0 ? absolute - here : absolute + fileSize);
            }

            i += 4;
        }
    }
}
