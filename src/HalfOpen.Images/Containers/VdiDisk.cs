namespace HalfOpen.Images.Containers;

/// <summary>A VDI of VirtualBox, dynamic or static.</summary>
/// <remarks>
/// The header as VirtualBox's and qemu's public sources describe it, little-endian:
/// <code>
///   64 BEDA107F  68 version  76 type: 1 dynamic 2 static 3 undo 4 differencing
///  340 offset of the block map  344 offset of the data  360 sector size  368 size of the disk
///  376 block size  380 extra bytes before each block  384 blocks  392 UUID  440 parent's UUID
///  map: u32 block number in the file, FFFFFFFF unallocated, FFFFFFFE zeros
/// </code>
/// </remarks>
internal sealed class VdiDisk : BlockSource
{
    private const uint Signature = 0xBEDA107F;
    private const uint FirstSpecial = 0xFFFF_FFFE;

    private readonly ByteSource _file;
    private readonly long _mapOffset;
    private readonly long _dataOffset;
    private readonly long _blockSize;
    private readonly long _extra;
    private readonly uint _blocks;

    private VdiDisk(string name, ByteSource file, ReadOnlySpan<byte> header)
    {
        _file = file;
        Files = [new ImageFile(name, file)];
        _mapOffset = Fields.U32(header, 340);
        _dataOffset = Fields.U32(header, 344);
        Length = Fields.Long(header, 368);
        _blockSize = Fields.U32(header, 376);
        _extra = Fields.U32(header, 380);
        _blocks = Fields.U32(header, 384);
        Identity = Convert.ToHexStringLower(header.Slice(392, 16));
        if (_blockSize is < 512 or > 256 * 1024 * 1024 || _blockSize % 512 != 0 || _extra > 1024 * 1024 || Length > _blocks * _blockSize)
        {
            throw Fields.Damaged("a VDI with impossible blocks");
        }
    }

    public override string Format => "vdi";

    public override long Length { get; }

    public override IReadOnlyList<ImageFile> Files { get; }

    public override string? Identity { get; }

    /// <summary>Opens a VDI; null when the file is none.</summary>
    public static VdiDisk? Open(string name, ByteSource file, ReadOnlySpan<byte> start)
    {
        if (start.Length < 512 || Fields.U32(start, 64) != Signature)
        {
            return null;
        }

        if (Fields.U32(start, 68) >> 16 != 1)
        {
            throw new ImageProblemException($"It is a VDI of another version: convert it with {Remedies.Convert(name, "vdi")}.");
        }

        return Fields.U32(start, 76) switch
        {
            1 or 2 => new VdiDisk(name, file, start),
            3 or 4 => throw new ImageProblemException("It is a snapshot and holds only the differences from another VDI: make one "
                + "whole image with "
                + $"'VBoxManage clonemedium disk {Remedies.Shown(name)} flat.vdi' (or delete the snapshot in VirtualBox, which "
                    + "merges it), and use that."),
            _ => throw Fields.Damaged("a VDI of an unknown type"),
        };
    }

    internal override BlockRange Map(long offset)
    {
        var within = offset % _blockSize;
        var length = Math.Min(_blockSize - within, Length - offset);
        Span<byte> entry = stackalloc byte[4];
        _file.Read(_mapOffset + (offset / _blockSize * 4), entry);
        var block = Fields.U32(entry, 0);
        return block >= FirstSpecial ? new BlockRange(BlockKind.Zero, length, 0, 0)
            : new BlockRange(BlockKind.Stored, length, 0, _dataOffset + (block * (_blockSize + _extra)) + _extra + within);
    }
}
