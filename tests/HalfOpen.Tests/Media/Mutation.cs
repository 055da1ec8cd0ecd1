using System.Buffers.Binary;

namespace HalfOpen.Tests.Media;

/// <summary>Damage as it happens and as attackers make it: flipped bits, odd numbers in fields, pieces cut out, doubled
/// or cut off.</summary>
internal static class Mutation
{
    private static readonly uint[] OddNumbers = [0, 1, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFD, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF];

    public static byte[] Of(byte[] bytes, Random random, int within = int.MaxValue)
    {
        var copy = (byte[])bytes.Clone();
        var limit = Math.Min(copy.Length, within);
        if (limit < 8)
        {
            return copy;
        }

        switch (random.Next(6))
        {
            case 0:
                copy[random.Next(limit)] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(random.Next(limit - 4)), OddNumbers[random.Next(OddNumbers.Length)]);
                break;
            case 2:
                var odd = OddNumbers[random.Next(OddNumbers.Length)] & 0xFFFF;
                BinaryPrimitives.WriteUInt16LittleEndian(copy.AsSpan(random.Next(limit - 4)), (ushort)odd);
                break;
            case 3:
                copy = copy[..random.Next(copy.Length)];
                break;
            case 4:
                var at = random.Next(limit);
                copy = [.. copy.AsSpan(0, at), .. copy.AsSpan(Math.Min(copy.Length, at + random.Next(1, 8)))];
                break;
            default:
                random.NextBytes(copy.AsSpan(random.Next(limit - 8), random.Next(1, 8)));
                break;
        }

        return copy;
    }
}
