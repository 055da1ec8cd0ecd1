namespace HalfOpen.Images.Partitions;

/// <summary>One partition of a disk. Immutable.</summary>
/// <param name="Number">As Linux counts: 1 to 4 primary, from 5 on logical; of GPT the entry. 0: the whole disk is one
/// volume.</param>
/// <param name="Start">Bytes from the start of the disk.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Problem">Why what is in it cannot be read, one or two sentences; null when it may be a plain
/// volume.</param>
public sealed record Partition(int Number, long Start, long Length, string? Problem = null);

/// <summary>The partitions of a disk.</summary>
/// <param name="Scheme"><c>mbr</c>, <c>gpt</c>, <c>none</c> (the disk is one volume).</param>
/// <param name="Identity">The MBR's disk signature or the GPT's disk GUID, hexadecimal; null where there is
/// none.</param>
public sealed record PartitionTable(string Scheme, string? Identity, IReadOnlyList<Partition> Partitions)
{
    internal const string DynamicDisk = "It belongs to a dynamic disk (Windows' own volume manager), whose layout is not read here: "
        + "start Windows and run halfopen there, or copy the driver out.";

    private const int BootSector = 512;

    /// <summary>Finds the partitions of a disk.</summary>
    /// <param name="sectorSize">Bytes, where the container says so; null: unknown.</param>
    /// <returns>Null when the disk has neither partitions nor a file system that is known here.</returns>
    public static PartitionTable? Read(ByteSource disk, int? sectorSize)
    {
        if (disk.Length < BootSector)
        {
            return null;
        }

        var first = disk.Read(0, BootSector);
        if (VolumeBoot.IsVolume(first))
        {
            return new PartitionTable("none", null, [new Partition(0, 0, disk.Length)]);
        }

        // what the container says comes first: a disk may have been copied into it
        int[] sizes = sectorSize == 4096 ? [4096, 512] : [512, 4096];
        foreach (var size in sizes)
        {
            // A protective MBR alone does not make a GPT, and a GPT without one is not used by Windows: both must be
            // there.
            if (MbrReader.IsProtective(first) && GptReader.Read(disk, size) is { } gpt)
            {
                return gpt;
            }
        }

        // An MBR does not say what its sectors are; the boot sectors of its partitions stand where the right size puts
        // them.
        return sizes.Select(size => MbrReader.Read(disk, first, size)).OfType<PartitionTable>().MaxBy(table =>
            table.Partitions.Count(p => IsVolume(disk, p)));
    }

    private static bool IsVolume(ByteSource disk, Partition partition) =>
        partition.Problem is null && disk.Has(partition.Start, BootSector) && VolumeBoot.IsVolume(disk.Read(partition.Start, BootSector));
}
