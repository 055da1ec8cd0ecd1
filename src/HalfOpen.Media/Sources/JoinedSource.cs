using HalfOpen.Images;

namespace HalfOpen.Media.Sources;

/// <summary>Several sources one after another, as one. Holds no bytes of its own. Not thread-safe.</summary>
public sealed class JoinedSource : ByteSource
{
    private readonly ByteSource[] _parts;
    private readonly long[] _starts;

    public JoinedSource(params IEnumerable<ByteSource> parts)
    {
        _parts = [.. parts.Where(p => p.Length > 0)];
        _starts = new long[_parts.Length];
        foreach (var (i, part) in _parts.Index())
        {
            _starts[i] = Length;
            Length += part.Length;
        }
    }

    public override long Length { get; }

    protected override void ReadCore(long offset, Span<byte> into)
    {
        var i = Array.BinarySearch(_starts, offset);
        for (i = i < 0 ? ~i - 1 : i; into.Length > 0; i++)
        {
            var inside = offset - _starts[i];
            var count = (int)Math.Min(into.Length, _parts[i].Length - inside);
            _parts[i].Read(inside, into[..count]);
            into = into[count..];
            offset += count;
        }
    }
}
