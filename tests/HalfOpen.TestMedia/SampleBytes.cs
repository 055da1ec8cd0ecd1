using System.Buffers.Binary;

namespace HalfOpen.TestMedia;

/// <summary>Bytes to pack: runs, repeats near and far, noise, and calls as x86 code has them.</summary>
public static class SampleBytes
{
    public static byte[] Mixed(int seed, int size)
    {
        var random = new Random(seed);
        var bytes = new byte[size];
        for (var at = 0; at < size;)
        {
            var count = Math.Min(size - at, random.Next(1, 3000));
            var piece = bytes.AsSpan(at, count);
            switch (random.Next(5))
            {
                case 0:
                    piece.Fill((byte)random.Next(256));
                    break;
                case 1 when at > 0:
                    var from = random.Next(at);
                    for (var i = 0; i < count; i++)
                    {
                        bytes[at + i] = bytes[from + i];
                    }

                    break;
                case 2:
                    Calls(random, piece, at, size);
                    break;
                case 3:
                    for (var i = 0; i < count; i++)
                    {
                        piece[i] = (byte)"the quick brown fox "[random.Next(20)];
                    }

                    break;
                default:
                    random.NextBytes(piece);
                    break;
            }

            at += count;
        }

        return bytes;
    }

    private static void Calls(Random random, Span<byte> piece, int at, int size)
    {
        for (var i = 0; i + 6 <= piece.Length; i += 6)
        {
            piece[i] = 0xE8;
            BinaryPrimitives.WriteInt32LittleEndian(piece[(i + 1)..], random.Next(8) * (size / 8) - at - i);
            piece[i + 5] = (byte)random.Next(4);
        }
    }
}
