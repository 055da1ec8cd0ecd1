namespace HalfOpen.TestMedia;

/// <summary>16-bit little-endian words, highest bit first.</summary>
internal sealed class LzxBitWriter
{
    private readonly List<byte> _bytes = [];
    private uint _word;
    private int _used;

    public void Write(uint value, int count)
    {
        for (var i = count - 1; i >= 0; i--)
        {
            _word = (_word << 1) | ((value >> i) & 1);
            if (++_used == 16)
            {
                _bytes.AddRange([(byte)(_word & 0xFF), (byte)(_word >> 8)]);
                (_word, _used) = (0, 0);
            }
        }
    }

    /// <summary>Up to the next word.</summary>
    public void Align()
    {
        while (_used != 0)
        {
            Write(0, 1);
        }
    }

    /// <summary>Raw bytes, on a word's boundary.</summary>
    public void Bytes(params ReadOnlySpan<byte> bytes)
    {
        if (_used != 0)
        {
            throw new InvalidOperationException("not aligned");
        }

        _bytes.AddRange(bytes);
    }

    /// <summary>What was written since the last call, as one data block.</summary>
    public byte[] TakeFrame()
    {
        Align();
        var frame = _bytes.ToArray();
        _bytes.Clear();
        return frame;
    }
}
