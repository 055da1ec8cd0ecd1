using HalfOpen.Images;

namespace HalfOpen.Media.Compression;

/// <summary>One canonical Huffman code of LZX: lengths of 0 to 16 bits, shorter codes and lower symbols first. Not
/// thread-safe.</summary>
internal sealed class LzxCode(int symbols)
{
    private const int MaxLength = 16;

    /// <summary>Codes up to this long are found by one look; few are longer.</summary>
    private const int QuickBits = 10;

    /// <summary>Symbol times 16 plus length; 0: a longer code.</summary>
    private readonly ushort[] _quick = new ushort[1 << QuickBits];

    private readonly ushort[] _sorted = new ushort[symbols];

    /// <summary>Of each length: the first value behind its codes, written to the left of 16 bits; and what leads from a
    /// code to its place in _sorted.</summary>
    private readonly uint[] _limits = new uint[MaxLength + 1];
    private readonly int[] _places = new int[MaxLength + 1];

    /// <value>Length of each symbol's code in bits; 0: it has none. Deltas of later blocks refer to them.</value>
    public byte[] Lengths { get; } = new byte[symbols];

    /// <summary>Makes the code that follows from <see cref="Lengths"/>.</summary>
    /// <exception cref="ImageProblemException">There are more codes than fit.</exception>
    public void Build()
    {
        Span<int> counts = stackalloc int[MaxLength + 1];
        counts.Clear();
        foreach (var length in Lengths)
        {
            counts[length]++;
        }

        Span<int> next = stackalloc int[MaxLength + 1];
        var (code, place) = (0u, 0);
        for (var length = 1; length <= MaxLength; length++)
        {
            next[length] = place;
            _places[length] = place - (int)(code >> (MaxLength - length));
            place += counts[length];
            code += (uint)counts[length] << (MaxLength - length);
            _limits[length] = code;
        }

        if (code > 1u << MaxLength)
        {
            throw new ImageProblemException("An LZX code table has more codes than fit: the file is damaged.");
        }

        for (var symbol = 0; symbol < Lengths.Length; symbol++)
        {
            if (Lengths[symbol] != 0)
            {
                _sorted[next[Lengths[symbol]]++] = (ushort)symbol;
            }
        }

        FillQuick(counts);
    }

    /// <summary>Reads one symbol.</summary>
    /// <exception cref="ImageProblemException">The bits are no code of this table, or the block ends.</exception>
    public int Read(ref LzxBitReader bits)
    {
        var ahead = bits.Peek16();
        if (_quick[ahead >> (MaxLength - QuickBits)] is var entry and not 0)
        {
            bits.Use(entry & 0xF);
            return entry >> 4;
        }

        for (var length = QuickBits + 1; length <= MaxLength; length++)
        {
            if (ahead < _limits[length])
            {
                bits.Use(length);
                return _sorted[_places[length] + (int)(ahead >> (MaxLength - length))];
            }
        }

        throw new ImageProblemException("LZX data holds a code that its table does not have: the file is damaged.");
    }

    private void FillQuick(ReadOnlySpan<int> counts)
    {
        var (filled, place) = (0, 0);
        for (var length = 1; length <= QuickBits; length++)
        {
            for (var i = 0; i < counts[length]; i++)
            {
                var span = 1 << (QuickBits - length);
                _quick.AsSpan(filled, span).Fill((ushort)((_sorted[place++] << 4) | length));
                filled += span;
            }
        }

        _quick.AsSpan(filled).Clear();
    }
}
