namespace HalfOpen.Images.Partitions;

/// <summary>The GUID partition table, or its copy at the disk's end (UEFI specification, chapter 5).</summary>
/// <remarks>
/// <code>
///   header: "EFI PART", 16 CRC-32 of the header, 56 disk GUID, 72 first sector of the entries, 80 count,
///         84 size of one
///   entry: type GUID, own GUID, 32 first sector, 40 last sector
/// </code>
/// </remarks>
internal static class GptReader
{
    private const int MaxEntries = 128; // as Windows makes them

    private static readonly Guid LdmMetadata = new("5808C8AA-7E8F-42E0-85D2-E1E90434CFB3");
    private static readonly Guid LdmData = new("AF9B60A0-1431-4F62-BC68-3311714A69AD");
    private static readonly Guid StorageSpaces = new("E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D");

    public static PartitionTable? Read(ByteSource disk, int sectorSize) =>
        ReadAt(disk, sectorSize, sectorSize) ?? ReadAt(disk, disk.Length - (disk.Length % sectorSize) - sectorSize, sectorSize);

    private static PartitionTable? ReadAt(ByteSource disk, long offset, int sectorSize)
    {
        if (!disk.Has(offset, sectorSize))
        {
            return null;
        }

        var header = disk.Read(offset, 512);
        var size = Fields.U32(header, 84);
        var count = Math.Min(Fields.U32(header, 80), MaxEntries);
        var entries = Fields.U64(header, 72);
        if (!Fields.Starts(header, 0, "EFI PART"u8) || !IsSound(header) || size is < 128 or > 4096 || entries > 1UL << 40
            || !disk.Has((long)entries * sectorSize, count * size))
        {
            return null;
        }

        var found = new List<Partition>();
        for (var i = 0; i < count; i++)
        {
            var entry = disk.Read(((long)entries * sectorSize) + (i * size), 128);
            var type = new Guid(entry.AsSpan(0, 16));
            var (first, last) = (Fields.U64(entry, 32), Fields.U64(entry, 40));
            if (type == Guid.Empty || last < first || last > 1UL << 50 || !disk.Has((long)first * sectorSize, 512))
            {
                continue;
            }

            var start = (long)first * sectorSize;
            found.Add(new Partition(i + 1, start, Math.Min(((long)(last - first) + 1) * sectorSize, disk.Length - start), ProblemOf(type)));
        }

        return new PartitionTable("gpt", Convert.ToHexStringLower(header.AsSpan(56, 16)), found);
    }

    private static string? ProblemOf(Guid type) =>
        type == LdmMetadata || type == LdmData ? PartitionTable.DynamicDisk
        : type == StorageSpaces ? "It belongs to a storage pool of Windows, whose layout is not read here."
        : null;

    private static bool IsSound(byte[] header)
    {
        var length = (int)Math.Min(Fields.U32(header, 12), 512);
        var crc = 0xFFFF_FFFFu;
        for (var i = 0; i < length; i++)
        {
            crc ^= i is >= 16 and < 20 ? (byte)0 : header[i];
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB8_8320u : 0);
            }
        }

        return length >= 92 && ~crc == Fields.U32(header, 16);
    }
}
