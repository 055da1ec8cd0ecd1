using System.IO.Compression;

namespace HalfOpen.Images.Containers;

/// <summary>A qcow2 of qemu, versions 2 and 3. Compressed clusters are read (zlib); they cannot be written in
/// place.</summary>
/// <remarks>
/// qemu's docs/interop/qcow2.txt, numbers big-endian; an L1 entry leads to a table of L2 entries, one a cluster:
/// <code>
///   L2: 0 reads as zeros | 9..55 offset | 62 compressed | 63 refcount is 1
///   compressed: offset in the low 62 - (cluster_bits - 8) bits, above it the number of further 512-byte sectors
///   extended (incompatible bit 4): a second u64, bits 0..31 subcluster allocated, 32..63 reads as zeros
/// </code>
/// </remarks>
internal sealed class Qcow2Disk : BlockSource
{
    private const ulong OffsetMask = 0x00FF_FFFF_FFFF_FE00;
    private const ulong CompressedBit = 1UL << 62, CopiedBit = 1UL << 63;
    private const int Subclusters = 32;

    private readonly ByteSource _file;
    private readonly string _name;
    private readonly int _clusterBits;
    private readonly long _clusterSize;
    private readonly int _entrySize;
    private readonly long _l1Offset;
    private readonly uint _l1Entries;
    private readonly bool _isVersion3;
    private (long Cluster, byte[] Bytes)? _unpacked;

    private Qcow2Disk(string name, ByteSource file, Qcow2Header header)
    {
        (_name, _file, _clusterBits) = (name, file, header.ClusterBits);
        Files = [new ImageFile(name, file)];
        Length = header.Size;
        _clusterSize = 1L << _clusterBits;
        _entrySize = header.HasSubclusters ? 16 : 8;
        _isVersion3 = header.IsVersion3;
        (_l1Offset, _l1Entries) = (header.L1Offset, header.L1Entries);
        WriteProblem = header.WriteProblem(name);
    }

    public override string Format => "qcow2";

    public override long Length { get; }

    public override IReadOnlyList<ImageFile> Files { get; }

    public override string? WriteProblem { get; }

    /// <summary>Opens a qcow2; null when the file is none.</summary>
    public static Qcow2Disk? Open(string name, ByteSource file, ReadOnlySpan<byte> start) =>
        Fields.Starts(start, 0, [(byte)'Q', (byte)'F', (byte)'I', 0xFB]) ? new Qcow2Disk(name, file, Qcow2Header.Read(name, start)) : null;

    internal override BlockRange Map(long offset)
    {
        var within = offset & (_clusterSize - 1);
        var length = Math.Min(_clusterSize - within, Length - offset);
        var (entry, bitmap) = Entry(offset, out var tableSpan);
        if (entry is null)
        {
            return new BlockRange(BlockKind.Zero, Math.Min(tableSpan, Length - offset), 0, 0);
        }

        var value = entry.Value;
        if ((value & CompressedBit) != 0)
        {
            return new BlockRange(BlockKind.Compressed, length, 0, 0,
                $"It stands in a compressed cluster, which cannot be changed in place: make an uncompressed image with "
                    + $"{Remedies.Convert(_name, "qcow2")}, and use that.");
        }

        var host = (long)(value & OffsetMask);
        var isZero = host == 0 || (_isVersion3 && _entrySize == 8 && (value & 1) != 0);
        if (!isZero && _entrySize == 16)
        {
            var size = _clusterSize / Subclusters;
            var index = (int)(within / size);
            length = Math.Min(length, size - (within % size));
            isZero = ((bitmap >> (Subclusters + index)) & 1) != 0 || ((bitmap >> index) & 1) == 0;
        }

        return isZero ? new BlockRange(BlockKind.Zero, length, 0, 0)
            : new BlockRange(BlockKind.Stored, length, 0, host + within, (value & CopiedBit) != 0 ? null
                : $"It stands in a cluster that a snapshot shares: make one whole image with {Remedies.Convert(_name, "qcow2")}, and "
                    + $"use that.");
    }

    private protected override void ReadCompressed(long offset, Span<byte> into)
    {
        var cluster = offset >> _clusterBits;
        if (_unpacked?.Cluster != cluster)
        {
            _unpacked = (cluster, Unpack(Entry(offset, out _).Entry ?? 0));
        }

        _unpacked.Value.Bytes.AsSpan((int)(offset & (_clusterSize - 1)), into.Length).CopyTo(into);
    }

    private byte[] Unpack(ulong entry)
    {
        var bits = 62 - (_clusterBits - 8);
        var start = Fields.Bounded(entry & ((1UL << bits) - 1));
        var sectors = (long)((entry & (CompressedBit - 1)) >> bits) + 1;
        var packed = Math.Min((sectors * 512) - (start & 511), _file.Length - start);
        var bytes = new byte[_clusterSize];
        try
        {
            using var stream = new DeflateStream(new MemoryStream(_file.Read(start, (int)Math.Clamp(packed, 0, 2 * _clusterSize))),
                CompressionMode.Decompress);
            stream.ReadExactly(bytes);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new ImageProblemException("A compressed cluster of it is damaged.", e);
        }

        return bytes;
    }

    /// <summary>The L2 entry of an offset; null where there is no table at all, for <paramref name="span"/>
    /// bytes.</summary>
    private (ulong? Entry, ulong Bitmap) Entry(long offset, out long span)
    {
        var perTable = _clusterSize / _entrySize;
        var cluster = offset >> _clusterBits;
        span = ((cluster / perTable) + 1) * perTable * _clusterSize - offset;
        if (cluster / perTable >= _l1Entries)
        {
            throw Fields.Damaged("a qcow2 whose first table is too short");
        }

        Span<byte> bytes = stackalloc byte[16];
        _file.Read(_l1Offset + (cluster / perTable * 8), bytes[..8]);
        var table = (long)(Fields.BigU64(bytes, 0) & OffsetMask);
        if (table == 0)
        {
            return (null, 0);
        }

        _file.Read(table + (cluster % perTable * _entrySize), bytes[.._entrySize]);
        return (Fields.BigU64(bytes, 0), _entrySize == 16 ? Fields.BigU64(bytes, 8) : 0);
    }
}

/// <summary>The header of a qcow2, checked: what cannot be read is refused here.</summary>
internal sealed record Qcow2Header(bool IsVersion3, int ClusterBits, long Size, long L1Offset, uint L1Entries, uint Snapshots,
    ulong Incompatible, ulong Autoclear)
{
    private const ulong Dirty = 1, Corrupt = 2, ExternalData = 4, OtherCompression = 8, ExtendedL2 = 16;
    private const ulong Known = Dirty | Corrupt | ExternalData | OtherCompression | ExtendedL2;

    public bool HasSubclusters => (Incompatible & ExtendedL2) != 0;

    public static Qcow2Header Read(string name, ReadOnlySpan<byte> bytes)
    {
        var version = Fields.BigU32(bytes, 4);
        if (version is not (2 or 3))
        {
            throw new ImageProblemException(
                $"It is a qcow of version {version}: convert it with {Remedies.Convert(name, "qcow2")}, and use that.");
        }

        if (Fields.BigU64(bytes, 8) != 0)
        {
            throw new ImageProblemException($"It holds only the differences from its backing file: make one whole image with "
                + $"{Remedies.Convert(name, "qcow2")}, and use that.");
        }

        if (Fields.BigU32(bytes, 32) != 0)
        {
            throw new ImageProblemException($"It is encrypted: make an image without encryption ('qemu-img convert --image-opts "
                + "...' with its key), or start Windows and copy the driver out.");
        }

        var header = new Qcow2Header(version == 3, (int)Math.Min(Fields.BigU32(bytes, 20), 99), Fields.BigLong(bytes, 24),
            Fields.BigLong(bytes, 40), Fields.BigU32(bytes, 36),
            Fields.BigU32(bytes, 60), version == 3 ? Fields.BigU64(bytes, 72) : 0, version == 3 ? Fields.BigU64(bytes, 88) : 0);
        if (header.ClusterBits is < 9 or > 21)
        {
            throw Fields.Damaged("a qcow2 with impossible clusters");
        }

        if ((header.Incompatible & ExternalData) != 0)
        {
            throw new ImageProblemException($"Its data stand in another file: make one whole image with "
                + $"{Remedies.Convert(name, "qcow2")}, and use that.");
        }

        if ((header.Incompatible & ~Known) != 0)
        {
            throw new ImageProblemException(
                "It uses a feature of qcow2 that is not known here: convert it to raw with " + Remedies.Convert(name, "raw") + ".");
        }

        if ((header.Incompatible & OtherCompression) != 0 && bytes.Length > 104 && bytes[104] != 0)
        {
            throw new ImageProblemException($"Its clusters are compressed by zstd: make an uncompressed image with "
                + $"{Remedies.Convert(name, "qcow2")}, and use that.");
        }

        return header;
    }

    public string? WriteProblem(string name) =>
        Snapshots != 0 ? $"It has snapshots inside, which share its clusters: delete them ('qemu-img snapshot -l "
            + $"{Remedies.Shown(name)}' lists, '-d NAME' deletes), or make one whole image with {Remedies.Convert(name, "qcow2")}, "
            + $"and use that."
        : (Incompatible & Corrupt) != 0 ? $"It is marked as corrupt: 'qemu-img check -r all {Remedies.Shown(name)}' repairs it."
        : (Incompatible & Dirty) != 0 ? $"It was not closed properly: 'qemu-img check -r all {Remedies.Shown(name)}' puts its counts right."
        : (Autoclear & 1) != 0 ? $"It has dirty bitmaps for incremental backups, which would miss the change: remove them with "
            + $"'qemu-img bitmap --remove {Remedies.Shown(name)} NAME' ('qemu-img info' lists them)."
        : null;
}
