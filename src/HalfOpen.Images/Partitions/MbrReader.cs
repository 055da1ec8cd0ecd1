namespace HalfOpen.Images.Partitions;

/// <summary>The partition table of the first sector, and the chain of extended ones.</summary>
/// <remarks>
/// <code>
///   440 disk signature   446 four entries of 16 bytes {0 status, 4 type, 8 first sector u32, 12 sectors u32}
///         510 55 AA
///   In an extended partition: the first entry counts from its own sector,
///         the second leads to the next and counts from the extended partition.
/// </code>
/// </remarks>
internal static class MbrReader
{
    private const int Entries = 446, EntrySize = 16, MaxLogical = 124;
    private const byte Protective = 0xEE, Ldm = 0x42;

    public static bool IsProtective(ReadOnlySpan<byte> sector) => HasMark(sector) && Enumerate(sector).Exists(e => e.Type == Protective);

    /// <summary>Reads the table with a given sector size; null when the sector holds none.</summary>
    public static PartitionTable? Read(ByteSource disk, byte[] sector, int sectorSize)
    {
        if (!HasMark(sector) || Enumerable.Range(0, 4).Any(i => (sector[Entries + (i * EntrySize)] & 0x7F) != 0))
        {
            return null;
        }

        var found = new List<Partition>();
        var extended = new List<long>();
        foreach (var entry in Enumerate(sector))
        {
            if (IsExtended(entry.Type))
            {
                extended.Add(entry.First);
            }
            else if (InDisk(disk, entry.Number, entry.First * sectorSize, entry.Count * sectorSize, entry.Type) is { } partition)
            {
                found.Add(partition);
            }
        }

        var number = 5;
        foreach (var start in extended)
        {
            ReadChain(disk, start, sectorSize, found, ref number);
        }

        return found.Count == 0 ? null : new PartitionTable("mbr", Convert.ToHexStringLower(sector.AsSpan(440, 4)), found);
    }

    private static void ReadChain(ByteSource disk, long extended, int sectorSize, List<Partition> found, ref int number)
    {
        var at = extended;
        for (var seen = new HashSet<long>(); number < 5 + MaxLogical && seen.Add(at);)
        {
            if (!disk.Has(at * sectorSize, 512))
            {
                return;
            }

            var sector = disk.Read(at * sectorSize, 512);
            if (!HasMark(sector))
            {
                return;
            }

            var next = -1L;
            foreach (var entry in Enumerate(sector))
            {
                if (IsExtended(entry.Type))
                {
                    next = next < 0 ? extended + entry.First : next;
                }
                else if (InDisk(disk, number, (at + entry.First) * sectorSize, entry.Count * sectorSize, entry.Type) is { } partition)
                {
                    found.Add(partition);
                    number++;
                }
            }

            if (next < 0)
            {
                return;
            }

            at = next;
        }
    }

    private static Partition? InDisk(ByteSource disk, int number, long start, long length, byte type) =>
        start <= 0 || !disk.Has(start, 512) ? null
        // an image may be cut off behind the data
        : new Partition(number, start, Math.Min(length, disk.Length - start), type == Ldm ? PartitionTable.DynamicDisk : null);

    private static bool HasMark(ReadOnlySpan<byte> sector) => sector[510] == 0x55 && sector[511] == 0xAA;

    private static bool IsExtended(byte type) => type is 0x05 or 0x0F or 0x85;

    private static List<(int Number, byte Type, long First, long Count)> Enumerate(ReadOnlySpan<byte> sector)
    {
        var entries = new List<(int, byte, long, long)>();
        for (var i = 0; i < 4; i++)
        {
            var entry = sector.Slice(Entries + (i * EntrySize), EntrySize);
            if (entry[4] != 0 && Fields.U32(entry, 12) != 0)
            {
                entries.Add((i + 1, entry[4], Fields.U32(entry, 8), Fields.U32(entry, 12)));
            }
        }

        return entries;
    }
}
