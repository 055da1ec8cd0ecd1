namespace HalfOpen.TestMedia;

/// <summary>A simple compressor for the SZDD format: matches are looked for among the last 4 KB.</summary>
public static class SzddEncoder
{
    public static byte[] Encode(byte[] bytes)
    {
        byte[] header = [0x53, 0x5A, 0x44, 0x44, 0x88, 0xF0, 0x27, 0x33, (byte)'A', (byte)'s', .. BitConverter.GetBytes(bytes.Length)];
        var output = header.ToList();
        var (flagsAt, flag) = (0, 8);
        for (var at = 0; at < bytes.Length;)
        {
            if (flag == 8)
            {
                (flagsAt, flag) = (output.Count, 0);
                output.Add(0);
            }

            var (length, distance) = Find(bytes, at);
            if (length < 3)
            {
                output[flagsAt] |= (byte)(1 << flag);
                output.Add(bytes[at]);
                length = 1;
            }
            else
            {
                var place = (4096 - 16 + at - distance) % 4096;
                output.AddRange([(byte)(place & 0xFF), (byte)(((place >> 4) & 0xF0) | (length - 3))]);
            }

            at += length;
            flag++;
        }

        return [.. output];
    }

    private static (int Length, int Distance) Find(byte[] bytes, int at)
    {
        var (best, distance) = (0, 0);
        for (var d = 1; d <= Math.Min(at, 4000) && best < 18; d += d < 300 ? 1 : 7)
        {
            var length = 0;
            while (length < 18 && at + length < bytes.Length && bytes[at + length - d] == bytes[at + length])
            {
                length++;
            }

            (best, distance) = length > best ? (length, d) : (best, distance);
        }

        return (best, distance);
    }
}
