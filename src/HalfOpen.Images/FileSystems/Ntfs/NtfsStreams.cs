namespace HalfOpen.Images.FileSystems.Ntfs;

/// <summary>A small file whose content stands in its record of the master file table.</summary>
/// <param name="record">Where the record begins in the table.</param>
/// <param name="start">Where the content begins in the record.</param>
internal sealed class ResidentFile(byte[] content, VolumeFile table, long record, int start, int fixupArray) : VolumeFile
{
    public override long Length => content.Length;

    public override IReadOnlyList<VolumeRange> Locate(long offset, int length)
    {
        var ranges = new List<VolumeRange>();
        for (var i = 0; i < length; i++)
        {
            if (!Has(offset, length))
            {
                throw Fields.Damaged("a place beyond a file's end");
            }

            var place = Fixups.PlaceOf((int)offset + start + i, fixupArray);
            var at = table.Locate(record + place, 1)[0].Offset;
            if (ranges.Count > 0 && ranges[^1].Offset + ranges[^1].Length == at)
            {
                ranges[^1] = ranges[^1] with { Length = ranges[^1].Length + 1 };
            }
            else
            {
                ranges.Add(new VolumeRange(at, 1));
            }
        }

        return ranges;
    }

    protected override void ReadCore(long offset, Span<byte> into) => content.AsSpan((int)offset, into.Length).CopyTo(into);
}

/// <summary>A file that NTFS keeps compressed, unit by unit. It is read only.</summary>
/// <param name="clusters">The file as its clusters stand.</param>
/// <param name="unitSize">Bytes: 16 clusters.</param>
internal sealed class CompressedFile(ByteSource volume, IReadOnlyList<Extent> clusters, int unitSize, long length, long initialized)
    : VolumeFile
{
    private (long Number, byte[] Bytes)? _unit;

    public override long Length => length;

    public override string? WriteProblem =>
        "The file is compressed by NTFS, so it cannot be changed in place: start this Windows, run 'compact /u' on it, shut Windows "
            + "down, and try again.";

    public override IReadOnlyList<VolumeRange> Locate(long offset, int length) => throw new ImageProblemException(WriteProblem!);

    protected override void ReadCore(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var within = (int)(offset % unitSize);
            var part = into[..Math.Min(into.Length, unitSize - within)];
            Unit(offset / unitSize).AsSpan(within, part.Length).CopyTo(part);
            if (offset + part.Length > initialized)
            {
                part[(int)Math.Clamp(initialized - offset, 0, part.Length)..].Clear();
            }

            into = into[part.Length..];
            offset += part.Length;
        }
    }

    /// <summary>A unit stands whole when all of its clusters are stored, compressed when some are, and is zeros when
    /// none is.</summary>
    private byte[] Unit(long number)
    {
        if (_unit?.Number == number)
        {
            return _unit.Value.Bytes;
        }

        var stored = new List<Extent>();
        var (start, end) = (number * unitSize, (number + 1) * unitSize);
        for (var i = FirstAt(start); i < clusters.Count && clusters[i].FileOffset < end; i++)
        {
            var (from, to) = (Math.Max(start, clusters[i].FileOffset), Math.Min(end, clusters[i].FileOffset + clusters[i].Length));
            if (clusters[i].VolumeOffset >= 0 && to > from)
            {
                stored.Add(new Extent(0, clusters[i].VolumeOffset + (from - clusters[i].FileOffset), to - from));
            }
        }

        var packed = new byte[stored.Sum(e => e.Length)];
        var at = 0;
        foreach (var extent in stored)
        {
            volume.Read(extent.VolumeOffset, packed.AsSpan(at, (int)extent.Length));
            at += (int)extent.Length;
        }

        var bytes = packed.Length == unitSize ? packed : new byte[unitSize];
        if (packed.Length > 0 && packed.Length < unitSize)
        {
            Lznt1.Unpack(packed, bytes);
        }

        _unit = (number, bytes);
        return bytes;
    }

    private int FirstAt(long offset)
    {
        var (low, high) = (0, clusters.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = clusters[middle].FileOffset <= offset ? (middle, high) : (low, middle - 1);
        }

        return Math.Max(low, 0);
    }
}
