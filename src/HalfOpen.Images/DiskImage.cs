using HalfOpen.Images.Containers;
using HalfOpen.Images.FileSystems;
using HalfOpen.Images.FileSystems.Fat;
using HalfOpen.Images.FileSystems.Ntfs;
using HalfOpen.Images.Partitions;

namespace HalfOpen.Images;

/// <summary>
/// An image of a disk: its container, its partitions and their file systems, all told by their content. Reading only;
/// what is to be
/// written, <see cref="Locate"/> finds the place of, and a host writes. Not thread-safe.
/// </summary>
public sealed class DiskImage
{
    private DiskImage(BlockSource disk, PartitionTable table)
    {
        Disk = disk;
        Scheme = table.Scheme;
        Identity = disk.Identity ?? table.Identity;
        Volumes = [.. table.Partitions.Select(p => new DiskVolume(disk, p))];
    }

    public BlockSource Disk { get; }

    /// <value><c>mbr</c>, <c>gpt</c> or <c>none</c>.</value>
    public string Scheme { get; }

    /// <value>What tells this image from another, hexadecimal: the container's own UUID, else the disk signature; null
    /// where there is neither.</value>
    public string? Identity { get; }

    public IReadOnlyList<DiskVolume> Volumes { get; }

    /// <summary>Opens an image.</summary>
    /// <returns>Null when the file is no image: neither a container that is known here, nor a disk with partitions or a
    /// file system.</returns>
    /// <exception cref="ImageProblemException">It is an image, and cannot be read here; the message says why and what
    /// to do.</exception>
    public static DiskImage? Open(IImageFiles files)
    {
        var disk = ImageContainer.Open(files);
        if (PartitionTable.Read(disk, disk.SectorSize) is { } table)
        {
            return new DiskImage(disk, table);
        }

        return disk.Format == "raw" ? null
            : throw new ImageProblemException("The disk in it has neither partitions nor a file system that is read here (NTFS, "
                + "FAT16, FAT32): there is no Windows on it.");
    }

    /// <summary>The places of a file's bytes in the image's files.</summary>
    /// <exception cref="ImageProblemException">They stand nowhere as they are, or must not be changed; the message says
    /// why and what to do.</exception>
    public IReadOnlyList<FilePlace> Locate(DiskVolume volume, VolumeFile file, long offset, int length)
    {
        if (Disk.WriteProblem is { } problem)
        {
            throw new ImageProblemException(problem);
        }

        if (file.WriteProblem is { } fileProblem)
        {
            throw new ImageProblemException(fileProblem);
        }

        return [.. file.Locate(offset, length).SelectMany(range => Disk.Locate(volume.Start + range.Offset, range.Length))];
    }
}

/// <summary>One partition of an image, and the file system in it. Not thread-safe.</summary>
public sealed class DiskVolume
{
    private const int BootSector = 512;

    internal DiskVolume(ByteSource disk, Partition partition)
    {
        (Number, Start, Length, Problem) = (partition.Number, partition.Start, partition.Length, partition.Problem);
        if (Problem is not null || Length < BootSector)
        {
            return;
        }

        try
        {
            var volume = new SliceSource(disk, Start, Length);
            (FileSystem, Problem) = OpenFileSystem(volume);
        }
        catch (ImageProblemException e)
        {
            Problem = e.Message;
        }
    }

    /// <value>As in the paths of its files: <c>xp.vdi!1:/WINDOWS</c>.</value>
    public int Number { get; }

    /// <value>Bytes from the start of the disk.</value>
    public long Start { get; }

    /// <value>Bytes.</value>
    public long Length { get; }

    /// <value>Null when it is none that is read here; <see cref="Problem"/> says why where Windows could stand on
    /// it.</value>
    public FileSystem? FileSystem { get; }

    /// <value>Why its files cannot be read, with what to do; null when they can, and for a partition that is no Windows
    /// volume.</value>
    public string? Problem { get; }

    private static (FileSystem?, string?) OpenFileSystem(ByteSource volume) => VolumeBoot.KindOf(volume.Read(0, BootSector)) switch
    {
        VolumeKind.Ntfs => (NtfsVolume.Open(volume), null),
        VolumeKind.Fat => (FatVolume.Open(volume), null),
        VolumeKind.BitLocker => (null, "The volume is encrypted by BitLocker: start its Windows and turn BitLocker off for it "
            + "('manage-bde -off'), or copy the driver out."),
        VolumeKind.ExFat => (null, "The volume is exFAT, which is not read here; no Windows that has the limit starts from it."),
        VolumeKind.ReFs => (null, "The volume is ReFS, which is not read here; no Windows that has the limit starts from it."),
        _ => (null, null),
    };
}
