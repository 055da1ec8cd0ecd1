using HalfOpen.Images;

namespace HalfOpen.Media.Sources;

/// <summary>Hands the bytes of a source on, piece by piece.</summary>
public static class SourceCopy
{
    private const int PieceSize = 64 * 1024;

    /// <summary>Whether two sources hold the same.</summary>
    /// <exception cref="ImageProblemException">The bytes cannot be had.</exception>
    public static bool HasSameBytesAs(this ByteSource source, ByteSource other)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(other);
        var isSame = source.Length == other.Length;
        var (offset, buffer) = (0L, new byte[PieceSize]);
        if (isSame)
        {
            source.CopyTo(piece =>
            {
                other.Read(offset, buffer.AsSpan(0, piece.Length));
                isSame &= piece.SequenceEqual(buffer.AsSpan(0, piece.Length));
                offset += piece.Length;
            });
        }

        return isSame;
    }

    /// <summary>Hands out all bytes in order, in pieces of at most 64 KB. The span is valid during the call
    /// only.</summary>
    /// <exception cref="ImageProblemException">The bytes cannot be had.</exception>
    public static void CopyTo(this ByteSource source, Action<ReadOnlySpan<byte>> write)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(write);
        var buffer = new byte[PieceSize];
        for (long offset = 0; offset < source.Length;)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, source.Length - offset));
            source.Read(offset, piece);
            write(piece);
            offset += piece.Length;
        }
    }
}
