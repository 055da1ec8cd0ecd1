namespace HalfOpen.TestMedia;

/// <summary>Lengths of a Huffman code, limited, and the canonical codes that follow from them.</summary>
internal static class HuffmanLengths
{
    /// <summary>Lengths by frequency; unused symbols have 0. One used symbol alone gets a partner, so that the code is
    /// complete.</summary>
    public static byte[] Of(IReadOnlyList<int> frequencies, int maxLength)
    {
        var counts = frequencies.ToArray();
        while (counts.Count(c => c > 0) == 1)
        {
            counts[Array.FindIndex(counts, c => c == 0)] = 1;
        }

        for (; ; counts = [.. counts.Select(c => (c + 1) / 2)])
        {
            var lengths = Huffman(counts);
            if (lengths.Max() <= maxLength)
            {
                return lengths;
            }
        }
    }

    /// <summary>Shorter codes first, among equals the lower symbol.</summary>
    public static int[] Codes(byte[] lengths)
    {
        var codes = new int[lengths.Length];
        var (code, last) = (0, 0);
        foreach (var symbol in Enumerable.Range(0, lengths.Length).Where(s => lengths[s] > 0).OrderBy(s => lengths[s]).ThenBy(s => s))
        {
            code <<= lengths[symbol] - last;
            last = lengths[symbol];
            codes[symbol] = code++;
        }

        return codes;
    }

    private static byte[] Huffman(int[] counts)
    {
        var lengths = new byte[counts.Length];
        var queue = new PriorityQueue<int[], (long, int)>();
        var order = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0)
            {
                queue.Enqueue([i], (counts[i], order++));
            }
        }

        while (queue.TryDequeue(out var one, out var weight) && queue.TryDequeue(out var two, out var other))
        {
            int[] both = [.. one, .. two];
            foreach (var symbol in both)
            {
                lengths[symbol]++;
            }

            queue.Enqueue(both, (weight.Item1 + other.Item1, order++));
        }

        return lengths;
    }
}
