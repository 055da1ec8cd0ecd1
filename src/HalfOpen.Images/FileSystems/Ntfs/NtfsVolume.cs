namespace HalfOpen.Images.FileSystems.Ntfs;

/// <summary>NTFS 1.2 to 3.1, as Windows NT 4 to 11 write it.</summary>
/// <remarks>
/// The layout as the public documentation of the Linux-NTFS project describes it:
/// <code>
///   boot sector: 3 "NTFS    "  11 bytes a sector  13 sectors a cluster  40 sectors  48 cluster of $MFT
///                64 clusters a file record, negative: 2^-n bytes  72 serial number
/// </code>
/// </remarks>
internal sealed class NtfsVolume : FileSystem
{
    public const ulong RecordMask = 0x0000_FFFF_FFFF_FFFF;

    private const long LogFileRecord = 2, VolumeRecord = 3, RootRecord = 5;
    private const int MaxListSize = 1024 * 1024, DirtyFlag = 1;

    /// <summary>Runs of $MFT: each volume keeps them, so they are fewer than a file may have.</summary>
    private const int MaxTableRuns = 50_000;

    private const string IndexName = "$I30";

    private readonly ByteSource _volume;
    private readonly int _clusterSize;
    private readonly int _recordSize;
    private readonly VolumeFile _table;

    private NtfsVolume(ByteSource volume, ReadOnlySpan<byte> boot)
    {
        _volume = volume;
        int sector = Fields.U16(boot, 11), perCluster = boot[13];
        _clusterSize = sector * (perCluster <= 128 ? perCluster : 1 << Math.Min(256 - perCluster, 12));
        var perRecord = unchecked((sbyte)boot[64]);
        _recordSize = perRecord > 0 ? perRecord * _clusterSize : 1 << Math.Min(-perRecord, 20);
        var isSane = sector is 256 or 512 or 1024 or 2048 or 4096 && _clusterSize is >= 512 and <= 2 * 1024 * 1024
            && System.Numerics.BitOperations.IsPow2(_clusterSize)
            && _recordSize is >= 512 and <= 64 * 1024 && _recordSize % Fixups.Stride == 0;
        if (!isSane)
        {
            throw Fields.Damaged("a boot sector of NTFS with impossible sizes");
        }

        Serial = Fields.U64(boot, 72).ToString("x16");
        _table = OpenTable(Fields.Long(boot, 48));
    }

    public override string Name => "NTFS";

    public override string Serial { get; }

    public override VolumeEntry Root => new("", null, VolumeEntryKind.Folder, 0) { Reference = RootRecord };

    public static NtfsVolume Open(ByteSource volume) => new(volume, volume.Read(0, 512));

    public override string? FindWriteProblem()
    {
        var information = Record(VolumeRecord).Find(MftRecord.VolumeInformation, "")
            ?? throw Fields.Damaged("an NTFS volume without its information");
        var isDirty = (Fields.U16(information.Value, 10) & DirtyFlag) != 0;
        return isDirty
            ? "The volume is dirty: Windows marked it for a check. Start it and let it check the disk (or run 'ntfsfix -d' on the "
                + "volume), shut it down, and try again."
            : LogFile.IsClean(OpenData(Record(LogFileRecord))) ? null
            : "The volume is dirty: Windows is running, crashed or was switched off, and its journal holds unfinished work. Start "
                + "it, shut it down properly, and try again.";
    }

    public override IReadOnlyList<VolumeEntry> List(VolumeEntry folder)
    {
        var record = Record(folder.Reference);
        var root = Gather(record, MftRecord.IndexRoot, IndexName);
        if (root.Count == 0)
        {
            throw Fields.Damaged("a folder of NTFS without its index");
        }

        var blocks = Gather(record, MftRecord.IndexAllocation, IndexName);
        return NtfsIndex.Read(root[0].Attribute.Value, blocks.Count == 0 ? null : Stream(blocks), _clusterSize);
    }

    public override VolumeFile Open(VolumeEntry file) => OpenData(Record(file.Reference));

    private VolumeFile OpenData(MftRecord record)
    {
        var parts = Gather(record, MftRecord.Data, "");
        if (parts.Count == 0)
        {
            throw Fields.Damaged("a file of NTFS without content");
        }

        var (holder, data) = parts[0];
        if (data.IsEncrypted)
        {
            throw new ImageProblemException("The file is encrypted by Windows (EFS): start this Windows, log on as who encrypted "
                + "it, run 'cipher /d' on it, shut Windows down, and try again.");
        }

        return data.IsResident
            ? new ResidentFile(data.Value.ToArray(), _table, holder.Number * _recordSize, data.Offset + data.ValueOffset, holder.FixupArray)
            : Stream(parts);
    }

    /// <summary>The content that the runs of an attribute, or of its parts in several records, make.</summary>
    private VolumeFile Stream(IReadOnlyList<(MftRecord Record, NtfsAttribute Attribute)> parts)
    {
        var extents = new List<Extent>();
        foreach (var (_, part) in parts)
        {
            if (part.IsResident)
            {
                throw Fields.Damaged("a file of NTFS whose parts do not fit together");
            }

            RunList.Add(part.Runs, part.FirstVcn, _clusterSize, _volume.Length, extents);
        }

        var first = parts[0].Attribute;
        var initialized = Math.Min(first.InitializedSize, first.DataSize);
        if (!first.IsCompressed || first.CompressionUnit == 0)
        {
            return new ExtentFile(_volume, extents, first.DataSize, initialized);
        }

        var unit = first.CompressionUnit <= 8 ? (long)_clusterSize << first.CompressionUnit : long.MaxValue;
        return unit <= 1024 * 1024 ? new CompressedFile(_volume, extents, (int)unit, first.DataSize, initialized)
            : throw Fields.Damaged("a compressed file with impossible units");
    }

    /// <summary>The parts of an attribute, in order, wherever an attribute list says that they stand.</summary>
    private List<(MftRecord Record, NtfsAttribute Attribute)> Gather(MftRecord record, uint type, string name)
    {
        if (record.Find(MftRecord.AttributeListType, "") is not { } list)
        {
            return record.Find(type, name) is { } only ? [(record, only)] : [];
        }

        var parts = new List<(MftRecord, NtfsAttribute)>();
        foreach (var entry in AttributeList.Read(ListBytes(list), type, name))
        {
            var holder = entry.Record == record.Number ? record : ReadRecord(_table, entry.Record);
            if (holder.Number != record.Number && holder.BaseRecord != record.Number)
            {
                throw Fields.Damaged("an attribute list that leads to another file");
            }

            parts.Add((holder, holder.Attributes.FirstOrDefault(a => a.Type == type && a.Name == name && a.FirstVcn == entry.FirstVcn)
                ?? throw Fields.Damaged("an attribute list that leads nowhere")));
        }

        return parts;
    }

    private byte[] ListBytes(NtfsAttribute list)
    {
        if (list.IsResident)
        {
            return list.Value.ToArray();
        }

        var extents = new List<Extent>();
        RunList.Add(list.Runs, 0, _clusterSize, _volume.Length, extents);
        var file = new ExtentFile(_volume, extents, list.DataSize, list.InitializedSize);
        return file.Length <= MaxListSize ? file.Read(0, (int)file.Length) : throw Fields.Damaged("an attribute list of an "
            + "impossible size");
    }

    /// <summary>$MFT describes itself: its first record says where the others stand, and when it is very fragmented,
    /// records found by that say more.</summary>
    private ExtentFile OpenTable(long cluster)
    {
        if (cluster > _volume.Length / _clusterSize)
        {
            throw Fields.Damaged("a master file table beyond the volume's end");
        }

        var first = new MftRecord(0, _volume.Read(cluster * _clusterSize, _recordSize));
        var data = first.Find(MftRecord.Data, "") ?? throw Fields.Damaged("a master file table that does not describe itself");
        var extents = new List<Extent>();
        RunList.Add(data.Runs, data.FirstVcn, _clusterSize, _volume.Length, extents, MaxTableRuns);
        ExtentFile Table() => new(_volume, extents, Math.Min(data.DataSize, extents.Count == 0 ? 0
            : extents[^1].FileOffset + extents[^1].Length), data.InitializedSize);
        if (first.Find(MftRecord.AttributeListType, "") is { } list)
        {
            foreach (var entry in AttributeList.Read(ListBytes(list), MftRecord.Data, "").Where(e => e.FirstVcn > 0))
            {
                var part = ReadRecord(Table(), entry.Record).Attributes.FirstOrDefault(a => a.Type == MftRecord.Data
                    && a.Name.Length == 0 && a.FirstVcn == entry.FirstVcn)
                    ?? throw Fields.Damaged("a master file table without a part of itself");
                RunList.Add(part.Runs, part.FirstVcn, _clusterSize, _volume.Length, extents, MaxTableRuns);
            }
        }

        return Table();
    }

    /// <summary>A record by a reference from a folder; the sequence number in it tells a file from one that had its
    /// place before.</summary>
    private MftRecord Record(long reference)
    {
        var record = ReadRecord(_table, reference & (long)RecordMask);
        var sequence = (ushort)((reference >> 48) & 0xFFFF);
        return record.IsInUse && (sequence == 0 || sequence == record.Sequence) ? record
            : throw Fields.Damaged("a folder that lists a file which is gone");
    }

    private MftRecord ReadRecord(ByteSource table, long number) =>
        number <= table.Length / _recordSize ? new MftRecord(number, table.Read(number * _recordSize, _recordSize))
            : throw Fields.Damaged("a file record beyond the table's end");
}
