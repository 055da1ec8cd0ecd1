using HalfOpen.Windows.Lifting;

namespace HalfOpen.Cli.Drivers;

/// <summary>What <c>inspect --json</c> says of a disk image. Unknown is null.</summary>
/// <param name="Container">raw, vhd, vhdx, vmdk, vdi or qcow2.</param>
/// <param name="Scheme">mbr, gpt or none (the image is one volume, number 0).</param>
/// <param name="Journal">Where patch keeps, or would keep, the bytes that it changes.</param>
/// <param name="Obstacle">Why the drivers cannot be patched as things stand; null when they can, and when there are
/// none.</param>
/// <param name="Interrupted">Drivers that an interrupted run left half changed; they are shown as their
/// originals.</param>
/// <param name="Stale">Drivers of the journal that are another build by now, or gone.</param>
internal sealed record ImageDocument(
    string Path,
    string Container,
    string Scheme,
    string? Identity,
    string Journal,
    string? Obstacle,
    IReadOnlyList<string> Interrupted,
    IReadOnlyList<string> Stale,
    IReadOnlyList<VolumeDocument> Volumes)
{
    public static ImageDocument? Of(DriverPlace place, Inspection? driver) => place.Image is not { } store ? null : new(
        store.Path,
        store.Image.Disk.Format,
        store.Image.Scheme,
        store.Image.Identity,
        store.JournalPath,
        driver is null ? null : store.ObstacleTo(driver.Path),
        store.InterruptedDrivers(),
        store.StaleDrivers(),
        [.. store.Image.Volumes.Select(v => new VolumeDocument(v.Number, v.Start, v.Length, v.FileSystem?.Name, v.FileSystem?.Serial,
            v.Problem))]);
}

/// <param name="Start">Bytes from the start of the disk.</param>
/// <param name="Length">Bytes.</param>
/// <param name="FileSystem">NTFS, FAT16 or FAT32; null: none that is read.</param>
internal sealed record VolumeDocument(int Number, long Start, long Length, string? FileSystem, string? Serial, string? Problem);
