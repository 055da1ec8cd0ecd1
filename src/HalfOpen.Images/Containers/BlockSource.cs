namespace HalfOpen.Images.Containers;

/// <summary>What stands behind a range of a disk.</summary>
internal enum BlockKind
{
    /// <summary>Bytes of a file, as they are.</summary>
    Stored,

    /// <summary>Zeros that no file holds.</summary>
    Zero,

    /// <summary>Compressed bytes: readable, not writable in place.</summary>
    Compressed,
}

/// <summary>The longest range from some offset on that has one answer.</summary>
/// <param name="Length">Bytes, at least 1.</param>
/// <param name="File">Index into <see cref="BlockSource.Files"/>; stored ranges only.</param>
/// <param name="Offset">In that file.</param>
/// <param name="WriteProblem">Why these bytes must not be changed in place, or null.</param>
internal readonly record struct BlockRange(BlockKind Kind, long Length, int File, long Offset, string? WriteProblem = null);

/// <summary>Where some bytes of a disk stand in the image's files.</summary>
/// <param name="File">Index into <see cref="BlockSource.Files"/>.</param>
/// <param name="Offset">In that file.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct FilePlace(int File, long Offset, int Length);

/// <summary>One file of an image.</summary>
/// <param name="Name">Without its folder.</param>
/// <param name="Bytes">Where it is read; the container reads it through a cache of its own.</param>
public sealed record ImageFile(string Name, ByteSource Bytes);

/// <summary>
/// The disk inside an image: what the virtual machine sees, readable anywhere, and where in the image's files each byte
/// stands. Memory is
/// bounded whatever the image's size. Not thread-safe.
/// </summary>
public abstract class BlockSource : ByteSource
{
    /// <value><c>raw</c>, <c>vhd</c>, <c>vhdx</c>, <c>vmdk</c>, <c>vdi</c> or <c>qcow2</c>.</value>
    public abstract string Format { get; }

    /// <value>The files that hold it; the first is the one that the user named.</value>
    public abstract IReadOnlyList<ImageFile> Files { get; }

    /// <value>What the image says of itself that no copy of another has (a UUID), or null.</value>
    public virtual string? Identity => null;

    /// <value>Bytes in a sector, where the container says so.</value>
    public virtual int? SectorSize => null;

    /// <value>Why nothing in this image may be written, with what to do; null when it may.</value>
    public virtual string? WriteProblem => null;

    /// <summary>Where bytes of the disk stand, so that they can be changed in place.</summary>
    /// <exception cref="ImageProblemException">They stand in no file as they are; the message says why and what to
    /// do.</exception>
    public IReadOnlyList<FilePlace> Locate(long offset, int length)
    {
        var places = new List<FilePlace>();
        while (length > 0)
        {
            if (!Has(offset, length))
            {
                throw Fields.Damaged("a place beyond the disk's end");
            }

            var range = Map(offset);
            if (range.WriteProblem is { } problem || range.Kind != BlockKind.Stored)
            {
                throw new ImageProblemException(range.WriteProblem ?? "These bytes are not stored in the image: it holds only zeros "
                    + "there.");
            }

            var count = (int)Math.Min(length, range.Length);
            if (!Files[range.File].Bytes.Has(range.Offset, count))
            {
                throw Fields.Damaged("a place beyond the file's end");
            }

            places.Add(new FilePlace(range.File, range.Offset, count));
            offset += count;
            length -= count;
        }

        return places;
    }

    /// <summary>What stands behind the disk from an offset on; the offset is inside the disk.</summary>
    internal abstract BlockRange Map(long offset);

    protected override void ReadCore(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var range = Map(offset);
            var part = into[..(int)Math.Min(into.Length, Math.Max(1, range.Length))];
            switch (range.Kind)
            {
                case BlockKind.Stored:
                    Files[range.File].Bytes.Read(range.Offset, part);
                    break;
                case BlockKind.Zero:
                    part.Clear();
                    break;
                default:
                    ReadCompressed(offset, part);
                    break;
            }

            into = into[part.Length..];
            offset += part.Length;
        }
    }

    /// <summary>Reads from one compressed range.</summary>
    private protected virtual void ReadCompressed(long offset, Span<byte> into) => throw new ImageProblemException("It is compressed.");
}
