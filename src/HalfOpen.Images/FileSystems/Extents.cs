namespace HalfOpen.Images.FileSystems;

/// <summary>A stretch of a file's content that stands together on its volume.</summary>
/// <param name="FileOffset">Bytes into the file.</param>
/// <param name="VolumeOffset">Bytes into the volume; -1: not stored, zeros.</param>
internal readonly record struct Extent(long FileOffset, long VolumeOffset, long Length);

/// <summary>A file whose content stands in clusters.</summary>
/// <param name="extents">In the order of the file, without gaps.</param>
/// <param name="initialized">Bytes; what lies behind reads as zeros although clusters are there.</param>
internal sealed class ExtentFile(ByteSource volume, IReadOnlyList<Extent> extents, long length, long initialized) : VolumeFile
{
    public override long Length => length;

    public override IReadOnlyList<VolumeRange> Locate(long offset, int length)
    {
        if (!Has(offset, length) || offset + length > initialized)
        {
            throw new ImageProblemException("These bytes of the file are not stored on the volume.");
        }

        var ranges = new List<VolumeRange>();
        while (length > 0)
        {
            var extent = At(offset);
            if (extent.VolumeOffset < 0)
            {
                throw new ImageProblemException("These bytes of the file are not stored on the volume (it is sparse).");
            }

            var within = offset - extent.FileOffset;
            var count = (int)Math.Min(length, extent.Length - within);
            ranges.Add(new VolumeRange(extent.VolumeOffset + within, count));
            offset += count;
            length -= count;
        }

        return ranges;
    }

    protected override void ReadCore(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            if (offset >= initialized)
            {
                into.Clear();
                return;
            }

            var extent = At(offset);
            var within = offset - extent.FileOffset;
            var part = into[..(int)Math.Min(into.Length, Math.Min(extent.Length - within, initialized - offset))];
            if (extent.VolumeOffset < 0)
            {
                part.Clear();
            }
            else
            {
                volume.Read(extent.VolumeOffset + within, part);
            }

            into = into[part.Length..];
            offset += part.Length;
        }
    }

    private Extent At(long offset)
    {
        var (low, high) = (0, extents.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = extents[middle].FileOffset <= offset ? (middle, high) : (low, middle - 1);
        }

        var found = extents.Count == 0 ? default : extents[low];
        return offset >= found.FileOffset && offset - found.FileOffset < found.Length ? found
            : throw Fields.Damaged("a file without a part of its clusters");
    }
}
