using HalfOpen.Images;

namespace HalfOpen.Media.Compression;

/// <summary>Bits of an LZX block: 16-bit little-endian words, highest bit first. Not thread-safe.</summary>
internal ref struct LzxBitReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _next;
    private uint _bits; // the bits not yet used, from the highest down
    private int _count;

    public LzxBitReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <value>Bytes that were not even loaded.</value>
    public readonly int Remaining => _bytes.Length - _next;

    /// <summary>The next 16 bits without using them; zeros follow the end.</summary>
    public uint Peek16()
    {
        Fill();
        return _bits >> 16;
    }

    /// <param name="count">0 to 17.</param>
    /// <exception cref="ImageProblemException">The block ends before.</exception>
    public uint Read(int count)
    {
        if (count == 0)
        {
            return 0;
        }

        if (count > 16)
        {
            var high = Read(count - 16);
            return (high << 16) | Read(16);
        }

        Fill();
        var value = _bits >> (32 - count);
        Use(count);
        return value;
    }

    /// <exception cref="ImageProblemException">The block ends before.</exception>
    public void Use(int count)
    {
        if (count > _count)
        {
            throw EndsTooEarly();
        }

        _bits <<= count;
        _count -= count;
    }

    /// <summary>To the next 16-bit boundary; a whole word where it is one already, as raw bytes are preceded by 1 to 16
    /// bits.</summary>
    public void AlignForBytes()
    {
        Fill();
        Use(_count % 16 == 0 ? 16 : _count % 16);
        _next -= _count / 16 * 2; // words loaded ahead are bytes again
        (_bits, _count) = (0, 0);
    }

    /// <summary>Raw bytes, after <see cref="AlignForBytes"/>.</summary>
    /// <exception cref="ImageProblemException">The block ends before.</exception>
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if (count > Remaining)
        {
            throw EndsTooEarly();
        }

        var bytes = _bytes.Slice(_next, count);
        _next += count;
        return bytes;
    }

    private static ImageProblemException EndsTooEarly() => new("An LZX block ends too early: the file is damaged.");

    private void Fill()
    {
        // An odd last byte is the low half of a word.
        while (_count <= 16 && _next < _bytes.Length)
        {
            var word = (uint)(_bytes[_next] | (_next + 1 < _bytes.Length ? _bytes[_next + 1] << 8 : 0));
            _bits |= word << (16 - _count);
            _count += 16;
            _next += 2;
        }
    }
}
