namespace HalfOpen.Images;

/// <summary>
/// Bytes of a known length that can be read anywhere: a file, a disk inside an image, a partition, a file inside a file
/// system. Reading
/// changes nothing. Not thread-safe unless a subclass says so.
/// </summary>
public abstract class ByteSource
{
    /// <value>Bytes.</value>
    public abstract long Length { get; }

    /// <summary>Fills <paramref name="into"/> from <paramref name="offset"/> on.</summary>
    /// <exception cref="ImageProblemException">The range is not wholly inside, or the bytes cannot be had.</exception>
    public void Read(long offset, Span<byte> into)
    {
        if (!Has(offset, into.Length))
        {
            throw new ImageProblemException("It refers to bytes beyond its end: it is cut off or damaged.");
        }

        if (into.Length > 0)
        {
            ReadCore(offset, into);
        }
    }

    /// <summary>A copy of a range.</summary>
    /// <param name="count">Bytes, from 0; the caller bounds it.</param>
    /// <exception cref="ImageProblemException">As for the other overload; then nothing was allocated.</exception>
    public byte[] Read(long offset, int count)
    {
        if (!Has(offset, count))
        {
            throw new ImageProblemException("It refers to bytes beyond its end: it is cut off or damaged.");
        }

        var bytes = new byte[count];
        Read(offset, bytes);
        return bytes;
    }

    /// <summary>Whether a range is wholly inside. Any numbers are allowed.</summary>
    public bool Has(long offset, long count) => offset >= 0 && count >= 0 && count <= Length && offset <= Length - count;

    /// <summary>Reads a range that is inside and not empty.</summary>
    protected abstract void ReadCore(long offset, Span<byte> into);
}

/// <summary>A part of another source, as a source of its own.</summary>
public sealed class SliceSource : ByteSource
{
    private readonly ByteSource _inner;
    private readonly long _start;

    /// <exception cref="ImageProblemException">The range is not wholly inside.</exception>
    public SliceSource(ByteSource inner, long start, long length)
    {
        if (!inner.Has(start, length))
        {
            throw new ImageProblemException("A part of it lies beyond its end: it is cut off or damaged.");
        }

        (_inner, _start, Length) = (inner, start, length);
    }

    public override long Length { get; }

    protected override void ReadCore(long offset, Span<byte> into) => _inner.Read(_start + offset, into);
}
