namespace HalfOpen.Images.FileSystems.Fat;

/// <summary>FAT16 and FAT32, with long names.</summary>
/// <remarks>
/// Microsoft's "FAT32 File System Specification" 1.03:
/// <code>
///   boot sector: 11 bytes a sector  13 sectors a cluster  14 reserved  16 FATs  17 root entries (FAT16)
///         19/32 sectors  22/36 sectors a FAT
///                40 active FAT (FAT32)  44 root cluster (FAT32)  39/67 serial number  37/65 bit 0: dirty
///   FAT entry 1: FAT16 bit 15, FAT32 bit 27 clear: dirty; bit 14 / 26 clear: disk errors
/// </code>
/// </remarks>
internal sealed class FatVolume : FileSystem
{
    private const int MaxClusters32 = 0x0FFF_FFF5;

    /// <summary>The root of FAT16 stands before the clusters.</summary>
    private const long FixedRoot = -1;

    private readonly ByteSource _volume;
    private readonly long _fatOffset;
    private readonly long _fatLength;
    private readonly long _rootOffset;
    private readonly int _rootSize;
    private readonly long _dataOffset;
    private readonly int _clusterSize;
    private readonly long _clusters;
    private readonly uint _rootCluster;
    private readonly bool _is32;
    private readonly byte _bootFlags;

    private FatVolume(ByteSource volume, ReadOnlySpan<byte> boot)
    {
        _volume = volume;
        long sector = Fields.U16(boot, 11);
        _clusterSize = (int)sector * boot[13];
        var fatSectors = Fields.U16(boot, 22) is var small and not 0 ? small : Fields.U32(boot, 36);
        var sectors = Fields.U16(boot, 19) is var few and not 0 ? few : Fields.U32(boot, 32);
        long reserved = Fields.U16(boot, 14);
        _rootSize = Fields.U16(boot, 17) * 32;
        var rootSectors = (_rootSize + sector - 1) / sector;
        var dataSector = reserved + (boot[16] * (long)fatSectors) + rootSectors;
        _clusters = (sectors - dataSector) / boot[13];
        if (_clusters is < 1 or > MaxClusters32)
        {
            throw Fields.Damaged("a FAT volume of an impossible size");
        }

        _is32 = Fields.U16(boot, 22) == 0;
        if (!_is32 && _clusters < 4085)
        {
            throw new ImageProblemException("It is FAT12, the file system of floppy disks: no Windows that has the limit stands on it.");
        }

        // FAT32 may use one of its FATs only; all others are copies.
        var active = _is32 && (Fields.U16(boot, 40) & 0x80) != 0 ? Fields.U16(boot, 40) & 15 : 0;
        _fatLength = fatSectors * sector;
        _fatOffset = (reserved * sector) + (Math.Min(active, boot[16] - 1) * _fatLength);
        _rootOffset = (dataSector - rootSectors) * sector;
        _dataOffset = dataSector * sector;
        _rootCluster = _is32 ? Fields.U32(boot, 44) & 0x0FFF_FFFF : 0;
        _bootFlags = boot[_is32 ? 65 : 37];
        Serial = Convert.ToHexStringLower(boot.Slice(_is32 ? 67 : 39, 4));
    }

    public override string Name => _is32 ? "FAT32" : "FAT16";

    public override string Serial { get; }

    public override VolumeEntry Root => new("", null, VolumeEntryKind.Folder, 0) { Reference = _is32 ? _rootCluster : FixedRoot };

    public static FatVolume Open(ByteSource volume) => new(volume, volume.Read(0, 512));

    public override string? FindWriteProblem()
    {
        var entry = _is32 ? _volume.Read(_fatOffset + 4, 4) : _volume.Read(_fatOffset + 2, 2);
        var isClean = _is32 ? (Fields.U32(entry, 0) & 0x0800_0000) != 0 : (Fields.U16(entry, 0) & 0x8000) != 0;
        return isClean && (_bootFlags & 1) == 0 ? null
            : "The volume is dirty: Windows is running, crashed or was switched off. Start it, shut it down properly (or check the "
                + "volume with 'fsck.fat'), and try again.";
    }

    public override IReadOnlyList<VolumeEntry> List(VolumeEntry folder)
    {
        var reader = new FatDirectory();
        if (folder.Reference == FixedRoot)
        {
            reader.Add(_volume.Read(_rootOffset, _rootSize));
        }
        else
        {
            foreach (var cluster in Chain(folder))
            {
                if (!reader.Add(_volume.Read(OffsetOf(cluster), _clusterSize)))
                {
                    break;
                }
            }
        }

        reader.Entries.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return reader.Entries;
    }

    public override VolumeFile Open(VolumeEntry file)
    {
        var extents = new List<Extent>();
        var offset = 0L;
        if (file.Size > 0)
        {
            foreach (var cluster in Chain(file))
            {
                var at = OffsetOf(cluster);
                if (extents.Count > 0 && extents[^1].VolumeOffset + extents[^1].Length == at)
                {
                    extents[^1] = extents[^1] with { Length = extents[^1].Length + _clusterSize };
                }
                else
                {
                    extents.Add(new Extent(offset, at, _clusterSize));
                }

                offset += _clusterSize;
                if (offset >= file.Size)
                {
                    break;
                }
            }
        }

        return offset >= file.Size ? new ExtentFile(_volume, extents, file.Size, file.Size)
            : throw Fields.Damaged("a file without a part of its clusters");
    }

    private long OffsetOf(uint cluster) => _dataOffset + ((cluster - 2L) * _clusterSize);

    private IEnumerable<uint> Chain(VolumeEntry entry)
    {
        // On FAT16 the upper half may hold something else (extended attributes of OS/2).
        var cluster = (uint)(entry.Reference & (_is32 ? 0x0FFF_FFFF : 0xFFFF));
        for (var steps = 0L; cluster >= 2 && cluster < _clusters + 2; steps++)
        {
            if (steps > _clusters)
            {
                throw Fields.Damaged("a chain of clusters that turns in a circle");
            }

            yield return cluster;
            cluster = Next(cluster);
        }
    }

    private uint Next(uint cluster)
    {
        var size = _is32 ? 4 : 2;
        var at = (long)cluster * size;
        if (at > _fatLength - size)
        {
            throw Fields.Damaged("a table of clusters that is too short");
        }

        var entry = _volume.Read(_fatOffset + at, size);
        return _is32 ? Fields.U32(entry, 0) & 0x0FFF_FFFF : Fields.U16(entry, 0);
    }
}
