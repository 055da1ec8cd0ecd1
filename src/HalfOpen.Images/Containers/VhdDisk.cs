namespace HalfOpen.Images.Containers;

/// <summary>A dynamic VHD of Virtual PC, Virtual Server and Hyper-V. Numbers are big-endian.</summary>
/// <remarks>
/// Microsoft's "Virtual Hard Disk Image Format Specification" 1.0:
/// <code>
///   footer (512, last; a copy first)   header (1024)          blocks
///    0 "conectix"                       0 "cxsparse"           bitmap: a bit a sector, whole sectors
///   16 offset of the header            16 offset of the BAT    data: blockSize
///   48 size of the disk                28 entries of the BAT
///   60 type: 2 fixed 3 dynamic 4 diff  32 blockSize            BAT: u32 sector of the bitmap, or FFFFFFFF
///   64 checksum  68 UUID  84 saved state
/// </code>
/// </remarks>
internal sealed class VhdDisk : BlockSource
{
    public const int FooterSize = 512;
    private const int Sector = 512;
    private const uint Unallocated = 0xFFFF_FFFF;

    private readonly ByteSource _file;
    private readonly long _tableOffset;
    private readonly uint _tableEntries;
    private readonly long _blockSize;
    private readonly long _bitmapSize;

    private VhdDisk(string name, ByteSource file, ReadOnlySpan<byte> footer)
    {
        var header = file.Read(Fields.BigLong(footer, 16), 1024);
        if (!Fields.Starts(header, 0, "cxsparse"u8))
        {
            throw Fields.Damaged("a VHD without its header");
        }

        _file = file;
        Files = [new ImageFile(name, file)];
        Length = Fields.BigLong(footer, 48);
        Identity = IdentityOf(footer);
        WriteProblem = WriteProblemOf(footer);
        _tableOffset = Fields.BigLong(header, 16);
        _tableEntries = Fields.BigU32(header, 28);
        _blockSize = Fields.BigU32(header, 32);
        if (_blockSize is < Sector or > 256 * 1024 * 1024 || !System.Numerics.BitOperations.IsPow2(_blockSize))
        {
            throw Fields.Damaged("a VHD with impossible blocks");
        }

        _bitmapSize = Math.Max(Sector, _blockSize / Sector / 8);
    }

    public override string Format => "vhd";

    public override long Length { get; }

    public override IReadOnlyList<ImageFile> Files { get; }

    public override string? Identity { get; }

    public override string? WriteProblem { get; }

    /// <summary>Opens a VHD; null when the file is none.</summary>
    public static BlockSource? Open(string name, ByteSource file, ReadOnlySpan<byte> start)
    {
        var footer = ReadFooter(file, start);
        if (footer is null)
        {
            return null;
        }

        switch (Fields.BigU32(footer, 60))
        {
            case 2:
                var length = Math.Min(Fields.BigLong(footer, 48), file.Length - FooterSize);
                return new RawDisk("vhd", new ImageFile(name, file), length, IdentityOf(footer), WriteProblemOf(footer));
            case 3:
                return new VhdDisk(name, file, footer);
            case 4:
                throw new ImageProblemException($"It holds only the differences from another VHD: merge the two (in Virtual PC or "
                    + $"Hyper-V), or make one whole image with {Remedies.Convert(name, "vpc")}, and use that.");
            default:
                throw new ImageProblemException("It is a VHD of an unknown type.");
        }
    }

    internal override BlockRange Map(long offset)
    {
        var block = offset / _blockSize;
        var within = offset % _blockSize;
        Span<byte> entry = stackalloc byte[4];
        if (block >= _tableEntries)
        {
            return new BlockRange(BlockKind.Zero, Length - offset, 0, 0);
        }

        _file.Read(_tableOffset + (block * 4), entry);
        var sector = Fields.BigU32(entry, 0);
        if (sector == Unallocated)
        {
            return new BlockRange(BlockKind.Zero, Math.Min(_blockSize - within, Length - offset), 0, 0);
        }

        // A sector whose bit is clear was never written and reads as zeros, whatever stands there.
        var start = (long)sector * Sector;
        var index = within / Sector;
        _file.Read(start + (index / 8), entry[..1]);
        var isWritten = (entry[0] & (0x80 >> (int)(index % 8))) != 0;
        var length = entry[0] is 0xFF or 0 ? (((index / 8) + 1) * 8 * Sector) - within : Sector - (within % Sector);
        length = Math.Min(length, Math.Min(_blockSize - within, Length - offset));
        return isWritten ? new BlockRange(BlockKind.Stored, length, 0, start + _bitmapSize + within)
            : new BlockRange(BlockKind.Zero, length, 0, 0);
    }

    private static byte[]? ReadFooter(ByteSource file, ReadOnlySpan<byte> start)
    {
        // Last in the file; the copy at the start of a dynamic VHD stands in for one that was cut off.
        var last = file.Length >= FooterSize ? file.Read(file.Length - FooterSize, FooterSize) : [];
        if (IsFooter(last))
        {
            return last;
        }

        return IsFooter(start) ? start[..FooterSize].ToArray() : null;
    }

    private static bool IsFooter(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FooterSize || !Fields.Starts(bytes, 0, "conectix"u8))
        {
            return false;
        }

        var sum = 0u;
        for (var i = 0; i < FooterSize; i++)
        {
            sum += i is >= 64 and < 68 ? 0u : bytes[i];
        }

        return ~sum == Fields.BigU32(bytes, 64);
    }

    private static string IdentityOf(ReadOnlySpan<byte> footer) => Convert.ToHexStringLower(footer.Slice(68, 16));

    private static string? WriteProblemOf(ReadOnlySpan<byte> footer) => footer[84] == 0 ? null
        : "The virtual machine of this disk is saved in the midst of its work: start it, shut Windows down, and try again.";
}
