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

    /// <summary>Whether a Windows sleeps on this volume; it wakes with every volume as it remembers it, so none of its
    /// disk may be changed.</summary>
    /// <returns>A sentence that says so and what to do, or null.</returns>
    public string? FindHibernation()
    {
        if (FileSystem?.Find("hiberfil.sys") is not { Kind: VolumeEntryKind.File } entry)
        {
            return null;
        }

        var file = FileSystem.Open(entry);
        var start = file.Read(0, (int)Math.Min(4, file.Length));
        return Hibernation(start);
    }

    /// <summary>What a hiberfil.sys that begins so says: it begins with <c>hibr</c> while Windows sleeps and with
    /// <c>wake</c> while it wakes; with zeros or anything else when it does neither.</summary>
    /// <returns>A sentence that says so and what to do, or null.</returns>
    public static string? Hibernation(ReadOnlySpan<byte> start) =>
        Fields.Starts(start, 0, "hibr"u8) || Fields.Starts(start, 0, "HIBR"u8)
            ? "Windows is hibernated (hiberfil.sys holds its memory) and would overwrite or lose what is changed now: start it, "
                + "shut it down properly, and try again."
        : Fields.Starts(start, 0, "wake"u8) || Fields.Starts(start, 0, "WAKE"u8)
            ? "Windows was waking from hibernation when it was last seen (hiberfil.sys says so): start it and shut it down properly. "
                + "If that was done since, delete hiberfil.sys, which Windows makes anew, and try again."
        : null;

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
