using HalfOpen.Images;

namespace HalfOpen.Media.Sources;

/// <summary>
/// Another source with ranges replaced and bytes appended, never held in memory: what a changed cabinet or image will
/// be, readable before it is written. Build it first, read it then; not thread-safe.
/// </summary>
public sealed class EditedSource(ByteSource original) : ByteSource
{
    private readonly SortedList<long, ByteSource> _pieces = [];
    private long _appended;

    public override long Length => original.Length + _appended;

    /// <value>What was replaced or appended so far: where it stands in the new source, and how many bytes.</value>
    public IEnumerable<(long Offset, long Count)> Changes => _pieces.Select(p => (p.Key, p.Value.Length));

    /// <summary>Puts bytes over the ones that stand at an offset.</summary>
    /// <exception cref="ArgumentException">The range is not inside the original, or was replaced already.</exception>
    public void Replace(long offset, ByteSource bytes)
    {
        if (!original.Has(offset, bytes.Length) || Overlaps(offset, bytes.Length))
        {
            throw new ArgumentException("This range cannot be replaced.", nameof(offset));
        }

        if (bytes.Length > 0)
        {
            _pieces.Add(offset, bytes);
        }
    }

    /// <summary>Adds bytes at the end.</summary>
    /// <returns>The offset where they begin.</returns>
    public long Append(ByteSource bytes)
    {
        var offset = Length;
        if (bytes.Length > 0)
        {
            _pieces.Add(offset, bytes);
            _appended += bytes.Length;
        }

        return offset;
    }

    protected override void ReadCore(long offset, Span<byte> into)
    {
        // Everything as it was, as far as it was; then the pieces over it.
        var old = (int)Math.Clamp(original.Length - offset, 0, into.Length);
        if (old > 0)
        {
            original.Read(offset, into[..old]);
        }

        for (var i = FirstEndingAfter(offset); i < _pieces.Count && _pieces.Keys[i] < offset + into.Length; i++)
        {
            var (start, piece) = (_pieces.Keys[i], _pieces.Values[i]);
            var from = Math.Max(start, offset);
            var to = Math.Min(start + piece.Length, offset + into.Length);
            piece.Read(from - start, into.Slice((int)(from - offset), (int)(to - from)));
        }
    }

    private bool Overlaps(long offset, long count)
    {
        var i = FirstEndingAfter(offset);
        return i < _pieces.Count && _pieces.Keys[i] < offset + count;
    }

    /// <summary>Pieces do not overlap, so their ends are in the order of their starts.</summary>
    private int FirstEndingAfter(long offset)
    {
        var (low, high) = (0, _pieces.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_pieces.Keys[middle] + _pieces.Values[middle].Length > offset)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
