namespace HalfOpen.Images.Containers;

/// <summary>One sparse file of a VMDK.</summary>
/// <remarks>
/// VMware, "Virtual Disk Format 5.0", little-endian, places in sectors of 512 bytes:
/// <code>
///    0 "KDMV"  4 version  8 flags: 1 redundant directory, 2 zeroed grains, 16 compressed, 17 markers
///   12 capacity  20 grain size  28 descriptor  36 its size  44 entries a table  48 redundant directory
///         56 directory  72 unclean
///   directory: u32 sector of a table; table: u32 sector of a grain, 0 unallocated, 1 zeros (flag 2)
/// </code>
/// </remarks>
internal sealed class VmdkSparseExtent
{
    private const int Sector = 512;
    private const uint ZeroedGrains = 1 << 2, Compressed = 1 << 16, Markers = 1 << 17;

    private readonly ByteSource _file;
    private readonly long _grainSize;
    private readonly long _entries;
    private readonly long _directory;
    private readonly bool _hasZeroedGrains;

    public VmdkSparseExtent(string name, ByteSource file)
    {
        var header = file.Read(0, Sector);
        var flags = Fields.U32(header, 8);
        if (!IsSparse(header))
        {
            throw Fields.Damaged("a piece of a VMDK that is none");
        }

        if (!Fields.Starts(header, 73, [0x0A, 0x20, 0x0D, 0x0A]))
        {
            throw Fields.Damaged("a VMDK that was transferred as text");
        }

        if ((flags & (Compressed | Markers)) != 0)
        {
            throw new ImageProblemException($"It is a stream-optimized VMDK (from an OVA, say), whose data are compressed: make an "
                + $"ordinary one with {Remedies.Convert(name, "vmdk")}, and use that.");
        }

        _file = file;
        Capacity = Fields.Long(header, 12) * Sector;
        _grainSize = Fields.Long(header, 20) * Sector;
        _entries = Fields.U32(header, 44);
        _directory = Fields.Long(header, 56) * Sector;
        _hasZeroedGrains = (flags & ZeroedGrains) != 0;
        IsUnclean = header[72] != 0;
        if (_grainSize is < Sector or > 64 * 1024 * 1024 || _entries is < 1 or > 65536)
        {
            throw Fields.Damaged("a VMDK with impossible grains");
        }

        var size = (int)Math.Min(Fields.Long(header, 36) * Sector, VmdkDescriptor.MaxSize);
        Descriptor = size == 0 ? null : VmdkDescriptor.Parse(file.Read(Fields.Long(header, 28) * Sector, size));
    }

    /// <value>Bytes of the disk.</value>
    public long Capacity { get; }

    /// <value>VMware sets it while it has the file open.</value>
    public bool IsUnclean { get; }

    /// <value>The text inside a VMDK of one file.</value>
    public VmdkDescriptor? Descriptor { get; }

    public static bool IsSparse(ReadOnlySpan<byte> start) => Fields.Starts(start, 0, "KDMV"u8);

    /// <summary>The file offset of a range of the extent, or null for zeros; <paramref name="length"/> is how far it
    /// holds.</summary>
    public long? Map(long offset, out long length)
    {
        var grain = offset / _grainSize;
        var within = offset % _grainSize;
        length = _grainSize - within;
        Span<byte> entry = stackalloc byte[4];
        _file.Read(_directory + (grain / _entries * 4), entry);
        var table = Fields.U32(entry, 0);
        if (table == 0)
        {
            length = (((grain / _entries) + 1) * _entries * _grainSize) - offset;
            return null;
        }

        _file.Read(((long)table * Sector) + (grain % _entries * 4), entry);
        var place = Fields.U32(entry, 0);
        return place == 0 || (place == 1 && _hasZeroedGrains) ? null : ((long)place * Sector) + within;
    }
}
