namespace HalfOpen.Images.Containers;

/// <summary>A VHDX of Hyper-V, fixed or dynamic.</summary>
/// <remarks>
/// [MS-VHDX], little-endian:
/// <code>
///   0 "vhdxfile"   64K, 128K headers: "head", 4 CRC-32C, 8 sequence, 48 log GUID, 66 version
///   192K, 256K region tables: "regi", 8 count, 16 entries {GUID, offset u64, length u32, required u32}
///   metadata: "metadata", 10 count, 32 entries {GUID, offset u32, length u32, flags u32, reserved}
///   BAT: u64 {state: 3 bits, offset in MiB: bits 20..63}; after each chunk of payload blocks one entry of a sector
///         bitmap
/// </code>
/// </remarks>
internal sealed class VhdxDisk : BlockSource
{
    private const int KiB = 1024, MiB = 1024 * 1024;
    private const int FullyPresent = 6, PartiallyPresent = 7;

    private static readonly Guid Bat = new("2DC27766-F623-4200-9D64-115E9BFD4A08");
    private static readonly Guid Metadata = new("8B7CA206-4790-4B9A-B8FE-575F050F886E");
    private static readonly Guid FileParameters = new("CAA16737-FA36-4D43-B3B6-33F0AA44E76B");
    private static readonly Guid DiskSize = new("2FA54224-CD1B-4876-B211-5DBED83BF4B8");
    private static readonly Guid LogicalSector = new("8141BF1D-A96F-4709-BA47-F233A8FAAB5F");
    private static readonly Guid DiskId = new("BECA12AB-B2E6-4523-93EF-C309E000C746");

    private readonly ByteSource _file;
    private readonly long _batOffset;
    private readonly long _batLength;
    private readonly long _blockSize;
    private readonly long _chunkRatio;
    private readonly int _sectorSize;

    private VhdxDisk(string name, ByteSource file)
    {
        _file = file;
        Files = [new ImageFile(name, file)];
        CheckLog(name, CurrentHeader(file));
        var regions = Regions(file);
        (_batOffset, _batLength) = regions.TryGetValue(Bat, out var bat) ? bat : throw Fields.Damaged("a VHDX without its block table");
        var items = Items(file, regions.TryGetValue(Metadata, out var place) ? place : throw Fields.Damaged("a VHDX without its metadata"));
        var parameters = Item(items, FileParameters, 8);
        _blockSize = Fields.U32(parameters, 0);
        Length = Fields.Long(Item(items, DiskSize, 8), 0);
        var sectorSize = Fields.U32(Item(items, LogicalSector, 4), 0);
        Identity = Convert.ToHexStringLower(Item(items, DiskId, 16));
        if ((Fields.U32(parameters, 4) & 2) != 0)
        {
            throw new ImageProblemException($"It holds only the differences from another VHDX (a checkpoint): merge them in "
                + $"Hyper-V, or make one whole image with {Remedies.Convert(name, "vhdx")}, and use that.");
        }

        if (_blockSize is < MiB or > 256 * MiB || !System.Numerics.BitOperations.IsPow2(_blockSize) || sectorSize is not (512 or 4096))
        {
            throw Fields.Damaged("a VHDX with impossible blocks");
        }

        _sectorSize = (int)sectorSize;
        _chunkRatio = (1L << 23) * _sectorSize / _blockSize;
    }

    public override string Format => "vhdx";

    public override long Length { get; }

    public override IReadOnlyList<ImageFile> Files { get; }

    public override string? Identity { get; }

    public override int? SectorSize => _sectorSize;

    /// <summary>Opens a VHDX; null when the file is none.</summary>
    public static VhdxDisk? Open(string name, ByteSource file, ReadOnlySpan<byte> start) => Fields.Starts(start, 0, "vhdxfile"u8)
        ? new VhdxDisk(name, file) : null;

    internal override BlockRange Map(long offset)
    {
        var block = offset / _blockSize;
        var within = offset % _blockSize;
        var length = Math.Min(_blockSize - within, Length - offset);
        var at = (block + (block / _chunkRatio)) * 8;
        if (at > _batLength - 8)
        {
            throw Fields.Damaged("a VHDX whose block table is too short");
        }

        Span<byte> entry = stackalloc byte[8];
        _file.Read(_batOffset + at, entry);
        var value = Fields.U64(entry, 0);
        return (int)(value & 7) switch
        {
            FullyPresent => new BlockRange(BlockKind.Stored, length, 0, Fields.Bounded(value & ~(ulong)(MiB - 1)) + within),
            PartiallyPresent => throw new ImageProblemException("It holds only a part of a block, the rest stands in another VHDX: "
                + "merge them in Hyper-V."),
            _ => new BlockRange(BlockKind.Zero, length, 0, 0),
        };
    }

    private static byte[] CurrentHeader(ByteSource file)
    {
        byte[]? current = null;
        foreach (var offset in new[] { 64 * KiB, 128 * KiB })
        {
            var header = file.Has(offset, 4 * KiB) ? file.Read(offset, 4 * KiB) : [];
            if (Fields.Starts(header, 0, "head"u8) && Crc32C.Matches(header, 4) && (current is null
                || Fields.U64(header, 8) > Fields.U64(current, 8)))
            {
                current = header;
            }
        }

        return current is not null && Fields.U16(current, 66) == 1 ? current : throw Fields.Damaged("a VHDX without a sound header");
    }

    private static void CheckLog(string name, byte[] header)
    {
        if (header.AsSpan(48, 16).ContainsAnyExcept((byte)0))
        {
            throw new ImageProblemException("Its log is not empty: the virtual machine is running, or was ended hard. Shut it down; "
                + "if it is, "
                + $"'qemu-img check -r all {Remedies.Shown(name)}' carries the log out.");
        }
    }

    private static Dictionary<Guid, (long Offset, long Length)> Regions(ByteSource file)
    {
        foreach (var offset in new[] { 192 * KiB, 256 * KiB })
        {
            var table = file.Has(offset, 64 * KiB) ? file.Read(offset, 64 * KiB) : [];
            if (!Fields.Starts(table, 0, "regi"u8) || !Crc32C.Matches(table, 4))
            {
                continue;
            }

            var regions = new Dictionary<Guid, (long, long)>();
            var count = Math.Min(Fields.U32(table, 8), 2047);
            for (var i = 0; i < count; i++)
            {
                var entry = table.AsSpan(16 + (i * 32), 32);
                regions[new Guid(entry[..16])] = (Fields.Long(entry, 16), Fields.U32(entry, 24));
            }

            return regions;
        }

        throw Fields.Damaged("a VHDX without a sound region table");
    }

    private static Dictionary<Guid, byte[]> Items(ByteSource file, (long Offset, long Length) region)
    {
        var table = file.Read(region.Offset, 64 * KiB);
        if (!Fields.Starts(table, 0, "metadata"u8))
        {
            throw Fields.Damaged("a VHDX without its metadata");
        }

        var items = new Dictionary<Guid, byte[]>();
        var count = Math.Min(Fields.U16(table, 10), (ushort)2047);
        for (var i = 0; i < count; i++)
        {
            var entry = table.AsSpan(32 + (i * 32), 32);
            items[new Guid(entry[..16])] = file.Read(region.Offset + Fields.U32(entry, 16), (int)Math.Min(Fields.U32(entry, 20), 64));
        }

        return items;
    }

    private static byte[] Item(Dictionary<Guid, byte[]> items, Guid id, int size) =>
        items.TryGetValue(id, out var value) && value.Length >= size ? value[..size] : throw Fields.Damaged("a VHDX whose metadata "
            + "are incomplete");
}
