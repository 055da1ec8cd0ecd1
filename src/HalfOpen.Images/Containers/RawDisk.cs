namespace HalfOpen.Images.Containers;

/// <summary>A disk as it is: an <c>.img</c> or <c>.dd</c> file, a block device, and the data of a fixed VHD.</summary>
internal sealed class RawDisk(string format, ImageFile file, long length, string? identity = null, string? writeProblem = null)
    : BlockSource
{
    public override string Format => format;

    public override long Length => length;

    public override IReadOnlyList<ImageFile> Files { get; } = [file];

    public override string? Identity => identity;

    public override string? WriteProblem => writeProblem;

    internal override BlockRange Map(long offset) => new(BlockKind.Stored, length - offset, 0, offset);
}
