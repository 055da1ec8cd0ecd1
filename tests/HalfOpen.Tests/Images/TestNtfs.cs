using System.Buffers.Binary;
using System.Text;

namespace HalfOpen.Tests.Images;

/// <summary>How a file of <see cref="TestNtfs"/> stands on its volume.</summary>
internal enum NtfsLayout
{
    Runs,
    Resident,

    /// <summary>Clusters far apart and out of order.</summary>
    Fragmented,

    /// <summary>Fragmented, its runs in two further records that an attribute list names.</summary>
    Listed,

    /// <summary>The middle third is not stored.</summary>
    Sparse,

    /// <summary>The last third lies behind the initialized size.</summary>
    Uninitialized,

    /// <summary>NTFS-compressed, each unit as chunks of literals.</summary>
    Compressed,
    Encrypted,
    Link,
}

/// <summary>Writes small NTFS volumes: file records of 1 KiB with fix-ups, folders in their root or in index blocks, a
/// journal, the volume's flags.</summary>
internal sealed class TestNtfs
{
    private const int RecordSize = 1024, Records = 96, BlockSize = 4096;

    private readonly int _cluster;
    private readonly byte[] _bytes;
    private readonly Dictionary<int, List<(int Record, string Name, uint Flags, int Size)>> _folders = new() { [5] = [] };
    private readonly Dictionary<string, int> _paths = new(StringComparer.Ordinal) { [""] = 5 };
    private int _next = 24;
    private int _free;

    public TestNtfs(int clusterSize, int clusters, ushort volumeFlags = 0, bool isLogClean = true)
    {
        _cluster = clusterSize;
        _bytes = new byte[clusterSize * clusters];
        _free = 1 + Need(512) + Need(Records * RecordSize);
        WriteBoot(clusters);
        var table = Enumerable.Range(1 + Need(512), Need(Records * RecordSize)).ToArray();
        WriteRecord(0, 1, Data(table, Records * RecordSize));
        WriteRecord(2, 1, Data(Store(Log(isLogClean), NtfsLayout.Runs), 8192));
        WriteRecord(3, 1, Resident(0x70, "", [0, 0, 0, 0, 0, 0, 0, 0, 3, 1, (byte)volumeFlags, (byte)(volumeFlags >> 8)]));
    }

    public void Add(string path, byte[] content, NtfsLayout layout = NtfsLayout.Runs)
    {
        var record = _next++;
        var flags = layout switch { NtfsLayout.Compressed => 1, NtfsLayout.Encrypted => 0x4000, NtfsLayout.Sparse => 0x8000, _ => 0 };
        Link(path, record, layout == NtfsLayout.Link ? 0x400u : 0u, content.Length);
        switch (layout)
        {
            case NtfsLayout.Resident:
                WriteRecord(record, 1, Resident(0x80, "", content));
                break;
            case NtfsLayout.Listed:
                AddListed(record, Store(content, NtfsLayout.Fragmented), content.Length);
                break;
            case NtfsLayout.Compressed:
                WriteRecord(record, 1, Data(StoreCompressed(content), content.Length, flags: 1, unit: 4));
                break;
            default:
                var initialized = layout == NtfsLayout.Uninitialized ? content.Length * 2 / 3 : content.Length;
                WriteRecord(record, 1, Data(Store(content, layout), content.Length, initialized, flags));
                break;
        }
    }

    public byte[] Build()
    {
        foreach (var (record, entries) in _folders)
        {
            WriteFolder(record, entries);
        }

        return (byte[])_bytes.Clone();
    }

    private int Need(int bytes) => (bytes + _cluster - 1) / _cluster;

    private int FolderAt(string path)
    {
        if (!_paths.TryGetValue(path, out var record))
        {
            record = _next++;
            _paths[path] = record;
            _folders[record] = [];
            Link(path, record, 0x1000_0000, 0);
        }

        return record;
    }

    private void Link(string path, int record, uint flags, int size)
    {
        var slash = path.LastIndexOf('/');
        _folders[FolderAt(slash < 0 ? "" : path[..slash])].Add((record, path[(slash + 1)..], flags, size));
    }

    private void WriteBoot(int clusters)
    {
        _bytes[0] = 0xEB;
        "NTFS    "u8.CopyTo(_bytes.AsSpan(3));
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(11), 512);
        _bytes[13] = (byte)(_cluster / 512);
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(40), (long)clusters * _cluster / 512);
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(48), 1 + Need(512));
        _bytes[64] = unchecked((byte)(sbyte)-10);
        _bytes[68] = unchecked((byte)(sbyte)-12);
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(72), 0x1122334455667788);
        _bytes[510] = 0x55;
        _bytes[511] = 0xAA;
    }

    private static byte[] Log(bool isClean)
    {
        var log = new byte[8192];
        foreach (var page in new[] { 0, 4096 })
        {
            "RSTR"u8.CopyTo(log.AsSpan(page));
            BinaryPrimitives.WriteInt32LittleEndian(log.AsSpan(page + 16), 4096);
            log[page + 24] = 48;
            log[page + 48] = (byte)(page == 0 ? 1 : 2); // LSN: the second page holds
            BinaryPrimitives.WriteUInt16LittleEndian(log.AsSpan(page + 48 + 12), (ushort)(page == 0 || isClean ? 0xFFFF : 0));
            Protect(log.AsSpan(page, 4096), 30);
        }

        return log;
    }

    /// <summary>Puts bytes into free clusters and gives back which; -1: not stored.</summary>
    private int[] Store(byte[] content, NtfsLayout layout)
    {
        var count = Need(content.Length);
        var clusters = new int[count];
        for (var i = 0; i < count; i++)
        {
            clusters[i] = layout == NtfsLayout.Sparse && i >= count / 3 && i < count * 2 / 3 ? -1 : _free++;
            _free += layout == NtfsLayout.Fragmented && i % 3 == 2 ? 1 : 0;
        }

        if (layout == NtfsLayout.Fragmented)
        {
            Array.Reverse(clusters, 0, count / 2);
        }

        for (var i = 0; i < count; i++)
        {
            if (clusters[i] >= 0)
            {
                var part = content.AsSpan(i * _cluster, Math.Min(_cluster, content.Length - (i * _cluster)));
                part.CopyTo(_bytes.AsSpan(clusters[i] * _cluster));
            }
        }

        return clusters;
    }

    /// <summary>Units of 16 clusters: runs of one byte become one reference, anything else stands in chunks of
    /// literals; what does not become smaller stands whole.</summary>
    private int[] StoreCompressed(byte[] content)
    {
        var clusters = new List<int>();
        var unit = 16 * _cluster;
        for (var at = 0; at < content.Length; at += unit)
        {
            var packed = new List<byte>();
            for (var chunk = at; chunk < Math.Min(at + unit, content.Length); chunk += 4096)
            {
                var part = content.AsSpan(chunk, Math.Min(4096, content.Length - chunk));
                byte[] body = part.ContainsAnyExcept(part[0]) || part.Length < 8 ? part.ToArray()
                    : [2, part[0], .. BitConverter.GetBytes((ushort)(part.Length - 4))];
                var header = (ushort)((body.Length - 1) | 0x3000 | (body.Length == part.Length ? 0 : 0x8000));
                packed.AddRange([.. BitConverter.GetBytes(header), .. body]);
            }

            packed.AddRange([0, 0]);
            var isSmaller = Need(packed.Count) < 16;
            var stored = Store(isSmaller ? [.. packed] : content[at..Math.Min(at + unit, content.Length)], NtfsLayout.Runs);
            clusters.AddRange(stored);
            clusters.AddRange(Enumerable.Repeat(-1, isSmaller ? 16 - stored.Length : 0));
        }

        return [.. clusters];
    }

    private void AddListed(int record, int[] clusters, int size)
    {
        var (first, second) = (_next++, _next++);
        var half = clusters.Length / 2;
        WriteRecord(first, 1, Data(clusters[..half], size), record);
        WriteRecord(second, 1, Data(clusters[half..], size, firstVcn: half), record);
        byte[] Entry(int vcn, int at) => [.. BitConverter.GetBytes(0x80), 32, 0, 0, 26, .. BitConverter.GetBytes((long)vcn),
            .. BitConverter.GetBytes((uint)at | (1L << 48)), 0, 0, 0, 0, 0, 0, 0, 0];
        WriteRecord(record, 1, Resident(0x20, "", [.. Entry(half, second), .. Entry(0, first)]));
    }

    private static byte[] Runs(int[] clusters)
    {
        var runs = new List<byte>();
        var last = 0;
        for (var i = 0; i < clusters.Length;)
        {
            var length = 1;
            while (i + length < clusters.Length && clusters[i + length] == (clusters[i] < 0 ? -1 : clusters[i] + length))
            {
                length++;
            }

            runs.AddRange(clusters[i] < 0 ? [0x04, .. BitConverter.GetBytes(length)]
                : [0x44, .. BitConverter.GetBytes(length), .. BitConverter.GetBytes(clusters[i] - last)]);
            last = clusters[i] < 0 ? last : clusters[i];
            i += length;
        }

        return [.. runs, 0];
    }

    private byte[] Data(int[] clusters, int size, int initialized = -1, int flags = 0, int firstVcn = 0, int unit = 0) =>
        NonResident(0x80, "", clusters, size, initialized < 0 ? size : initialized, flags, firstVcn, unit);

    private byte[] NonResident(uint type, string name, int[] clusters, int size, int initialized, int flags = 0, int firstVcn =
        0, int unit = 0)
    {
        var runs = Runs(clusters);
        var attribute = new byte[(64 + (name.Length * 2) + runs.Length + 7) & ~7];
        BitConverter.TryWriteBytes(attribute, type);
        BitConverter.TryWriteBytes(attribute.AsSpan(4), attribute.Length);
        attribute[8] = 1;
        attribute[9] = (byte)name.Length;
        attribute[10] = 64;
        BitConverter.TryWriteBytes(attribute.AsSpan(12), (ushort)flags);
        BitConverter.TryWriteBytes(attribute.AsSpan(16), (long)firstVcn);
        BitConverter.TryWriteBytes(attribute.AsSpan(24), (long)firstVcn + clusters.Length - 1);
        attribute[32] = (byte)(64 + (name.Length * 2));
        attribute[34] = (byte)unit;
        BitConverter.TryWriteBytes(attribute.AsSpan(40), (long)clusters.Length * _cluster);
        BitConverter.TryWriteBytes(attribute.AsSpan(48), (long)size);
        BitConverter.TryWriteBytes(attribute.AsSpan(56), (long)initialized);
        Encoding.Unicode.GetBytes(name).CopyTo(attribute, 64);
        runs.CopyTo(attribute, 64 + (name.Length * 2));
        return attribute;
    }

    private static byte[] Resident(uint type, string name, byte[] value)
    {
        var start = (24 + (name.Length * 2) + 7) & ~7;
        var attribute = new byte[(start + value.Length + 7) & ~7];
        BitConverter.TryWriteBytes(attribute, type);
        BitConverter.TryWriteBytes(attribute.AsSpan(4), attribute.Length);
        attribute[9] = (byte)name.Length;
        attribute[10] = 24;
        BitConverter.TryWriteBytes(attribute.AsSpan(16), value.Length);
        attribute[20] = (byte)start;
        Encoding.Unicode.GetBytes(name).CopyTo(attribute, 24);
        value.CopyTo(attribute, start);
        return attribute;
    }

    private void WriteFolder(int record, List<(int Record, string Name, uint Flags, int Size)> entries)
    {
        var sorted = entries.OrderBy(e => e.Name, StringComparer.OrdinalIgnoreCase).Select(e =>
            Entry(e.Record, e.Name, e.Flags, e.Size)).ToList();
        byte[] end = [0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0];
        if (sorted.Sum(e => e.Length) < 500)
        {
            WriteRecord(record, 3, Resident(0x90, "$I30", IndexRoot([.. sorted.SelectMany(e => e), .. end])));
            return;
        }

        // All entries but the first in one block below the last entry of the root.
        var block = new byte[BlockSize];
        "INDX"u8.CopyTo(block);
        byte[] below = [.. sorted.Skip(1).SelectMany(e => e), .. end];
        block[24] = 64;
        BitConverter.TryWriteBytes(block.AsSpan(28), 64 + below.Length);
        BitConverter.TryWriteBytes(block.AsSpan(32), BlockSize - 24);
        below.CopyTo(block, 24 + 64);
        Protect(block, 40);
        byte[] last = [0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        WriteRecord(record, 3, [.. Resident(0x90, "$I30", IndexRoot([.. sorted[0], .. last])), .. NonResident(0xA0, "$I30",
            Store(block, NtfsLayout.Runs), BlockSize, BlockSize)]);
    }

    private static byte[] IndexRoot(byte[] entries) =>
        [0x30, 0, 0, 0, 1, 0, 0, 0, .. BitConverter.GetBytes(BlockSize), 1, 0, 0, 0, 16, 0, 0, 0,
            .. BitConverter.GetBytes(16 + entries.Length), .. BitConverter.GetBytes(16 + entries.Length), 0, 0, 0, 0, .. entries];

    private static byte[] Entry(int record, string name, uint flags, int size)
    {
        var key = new byte[66 + (name.Length * 2)];
        BitConverter.TryWriteBytes(key.AsSpan(48), (long)size);
        BitConverter.TryWriteBytes(key.AsSpan(56), flags);
        key[64] = (byte)name.Length;
        key[65] = 3;
        Encoding.Unicode.GetBytes(name).CopyTo(key, 66);
        var entry = new byte[(16 + key.Length + 7) & ~7];
        BitConverter.TryWriteBytes(entry, (uint)record | (1L << 48));
        BitConverter.TryWriteBytes(entry.AsSpan(8), (ushort)entry.Length);
        BitConverter.TryWriteBytes(entry.AsSpan(10), (ushort)key.Length);
        key.CopyTo(entry, 16);
        return entry;
    }

    private void WriteRecord(int number, int flags, byte[] attributes, int baseRecord = 0)
    {
        var record = new byte[RecordSize];
        "FILE"u8.CopyTo(record);
        record[16] = 1;
        record[20] = 56;
        record[22] = (byte)flags;
        BitConverter.TryWriteBytes(record.AsSpan(24), 56 + attributes.Length + 8);
        BitConverter.TryWriteBytes(record.AsSpan(28), RecordSize);
        BitConverter.TryWriteBytes(record.AsSpan(32), baseRecord == 0 ? 0 : (uint)baseRecord | (1L << 48));
        attributes.CopyTo(record, 56);
        BitConverter.TryWriteBytes(record.AsSpan(56 + attributes.Length), 0xFFFF_FFFF);
        Protect(record, 48);
        record.CopyTo(_bytes, ((1 + Need(512)) * _cluster) + (number * RecordSize));
    }

    /// <summary>Sets the fix-ups.</summary>
    private static void Protect(Span<byte> bytes, int array)
    {
        const ushort Number = 0x0307;
        BitConverter.TryWriteBytes(bytes[4..], (ushort)array);
        BitConverter.TryWriteBytes(bytes[6..], (ushort)((bytes.Length / 512) + 1));
        BitConverter.TryWriteBytes(bytes[array..], Number);
        for (var i = 1; i <= bytes.Length / 512; i++)
        {
            bytes.Slice((i * 512) - 2, 2).CopyTo(bytes[(array + (i * 2))..]);
            BitConverter.TryWriteBytes(bytes[((i * 512) - 2)..], Number);
        }
    }
}
