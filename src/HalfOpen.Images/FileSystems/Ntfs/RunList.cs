namespace HalfOpen.Images.FileSystems.Ntfs;

/// <summary>The clusters of a file, as NTFS writes them down.</summary>
/// <remarks>
/// <code>
///   header: low half bytes of the length, high half bytes of the offset; length; offset, signed,
///         from the run before; no offset: sparse; header 0: the end
/// </code>
/// </remarks>
internal static class RunList
{
    /// <summary>Runs of one file; a file of the largest size that is read has fewer clusters.</summary>
    public const int MaxRuns = 600_000;

    /// <summary>Adds the runs of one attribute to a file's extents.</summary>
    /// <param name="firstVcn">The attribute's: its runs must go on where the extents end.</param>
    /// <param name="clusterSize">Bytes.</param>
    /// <param name="volumeLength">Bytes.</param>
    public static void Add(ReadOnlySpan<byte> runs, long firstVcn, int clusterSize, long volumeLength, List<Extent> extents,
        int maxRuns = MaxRuns)
    {
        var offset = extents.Count == 0 ? 0 : extents[^1].FileOffset + extents[^1].Length;
        if (firstVcn != offset / clusterSize)
        {
            throw Fields.Damaged("a file without a part of its clusters");
        }

        var cluster = 0L;
        while (runs.Length > 0 && runs[0] != 0)
        {
            int lengthSize = runs[0] & 15, offsetSize = runs[0] >> 4;
            if (lengthSize is 0 or > 8 || offsetSize > 8)
            {
                throw Fields.Damaged("a list of clusters that makes no sense");
            }

            var length = Signed(Fields.Part(runs, 1, lengthSize));
            var delta = Signed(Fields.Part(runs, 1 + lengthSize, offsetSize));
            runs = runs[(1 + lengthSize + offsetSize)..];
            if (length is <= 0 or > 1L << 38 || delta is > 1L << 42 or < -(1L << 42) || extents.Count >= maxRuns)
            {
                throw Fields.Damaged("a list of clusters that makes no sense");
            }

            cluster += delta;
            if (cluster is > 1L << 42 or < 0)
            {
                throw Fields.Damaged("clusters beyond the volume's end");
            }

            var (start, bytes) = (cluster * clusterSize, length * clusterSize);
            if (offsetSize != 0 && (start > volumeLength || bytes > volumeLength - start))
            {
                throw Fields.Damaged("clusters beyond the volume's end");
            }

            if (offset > 1L << 58)
            {
                throw Fields.Damaged("a file of an impossible size");
            }

            extents.Add(new Extent(offset, offsetSize == 0 ? -1 : start, bytes));
            offset += bytes;
        }
    }

    private static long Signed(ReadOnlySpan<byte> bytes)
    {
        var value = bytes.Length > 0 && (bytes[^1] & 0x80) != 0 ? -1L : 0;
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }
}
