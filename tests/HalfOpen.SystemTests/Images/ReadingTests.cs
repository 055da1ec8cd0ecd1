using HalfOpen.Images;
using HalfOpen.Images.FileSystems;
using HalfOpen.Windows.Images;
using Xunit;

namespace HalfOpen.SystemTests.Images;

/// <summary>Images made by qemu-img, mkntfs, wimapply, mkfs.fat, mtools and sfdisk: every file reads as it was put in,
/// and every byte stands where we say.</summary>
public sealed class ReadingTests
{
    [Theory]
    [InlineData("raw", "")]
    [InlineData("vpc", "")]
    [InlineData("vpc", "subformat=fixed")]
    [InlineData("vhdx", "")]
    [InlineData("vhdx", "subformat=fixed")]
    [InlineData("vhdx", "block_size=1M")]
    [InlineData("vmdk", "")]
    [InlineData("vmdk", "subformat=monolithicFlat")]
    [InlineData("vmdk", "subformat=twoGbMaxExtentSparse")]
    [InlineData("vmdk", "subformat=twoGbMaxExtentFlat")]
    [InlineData("vdi", "")]
    [InlineData("vdi", "static=on")]
    [InlineData("qcow2", "compat=0.10")]
    [InlineData("qcow2", "compat=1.1")]
    [InlineData("qcow2", "cluster_size=512")]
    [InlineData("qcow2", "cluster_size=2M")]
    [InlineData("qcow2", "extended_l2=on,cluster_size=128k")]
    public void Every_container_holds_the_same_disk(string format, string options)
    {
        using var shop = new Workshop();
        shop.MakeTree();
        shop.MakeNtfs("v.ntfs", 24);
        shop.MakeDisk("disk.img", "dos", "v.ntfs");
        var image = format == "raw" ? shop.In("disk.img") : shop.Convert("disk.img", "disk." + format, format, options);
        CheckDrivers(image, 1);
    }

    [Theory]
    [InlineData(512, 512)]
    [InlineData(1024, 512)]
    [InlineData(2048, 512)]
    [InlineData(8192, 512)]
    [InlineData(16384, 512)]
    [InlineData(65536, 512)]
    [InlineData(4096, 4096)]
    public void Ntfs_of_every_cluster_size(int clusterSize, int sectorSize)
    {
        using var shop = new Workshop();
        shop.MakeTree();
        CheckDrivers(shop.MakeNtfs("v.ntfs", 32, clusterSize, sectorSize), 0);
    }

    [Theory]
    [InlineData(16, 1, 512, 16)]
    [InlineData(16, 16, 512, 64)]
    [InlineData(16, 64, 512, 300)]
    [InlineData(32, 1, 512, 48)]
    [InlineData(32, 8, 512, 300)]
    [InlineData(32, 1, 4096, 280)]
    public void Fat_of_every_kind(int bits, int sectorsPerCluster, int sectorSize, int megabytes)
    {
        using var shop = new Workshop();
        shop.MakeTree();
        var image = shop.MakeFat("v.fat", megabytes, bits, sectorsPerCluster, sectorSize);
        CheckDrivers(image, 0);
        using var files = LocalImageFiles.OpenMain(image);
        var system = DiskImage.Open(files)!.Volumes[0].FileSystem!;
        Assert.Equal("FAT" + bits, system.Name);
        Assert.NotNull(system.Find("documents and settings/a LONG name with spaces.txt"));
        Assert.NotNull(system.Find("DOCUME~1/ALONGN~1.TXT"));
        Assert.Null(system.FindWriteProblem());
    }

    [Fact]
    public void Many_small_files_make_deep_folders_and_resident_files()
    {
        using var shop = new Workshop();
        var many = Enumerable.Range(0, 3000).ToDictionary(i => $"WINDOWS/system32/file number {i:0000}.dll", i =>
            new byte[] { (byte)(i % 256), (byte)(i >> 8), 1, 2, 3 });
        shop.MakeTree(extra: many);
        using var files = LocalImageFiles.OpenMain(shop.MakeNtfs("v.ntfs", 48));
        var image = DiskImage.Open(files)!;
        var system = image.Volumes[0].FileSystem!;
        var entries = system.List(system.Find("windows/SYSTEM32")!);
        Assert.Equal(3003, entries.Count);
        foreach (var (path, bytes) in many.Where((_, i) => i % 100 == 0))
        {
            CheckFile(image, image.Volumes[0], path, bytes);
        }
    }

    [Theory]
    [InlineData("dos")]
    [InlineData("gpt")]
    public void Each_partition_has_its_number(string label)
    {
        using var shop = new Workshop();
        shop.MakeTree();
        shop.MakeNtfs("a.ntfs", 16, startSector: 2048);
        shop.MakeFat("b.fat", 16, 16, 4);
        CheckDrivers(shop.MakeDisk("disk.img", label, "b.fat", "a.ntfs"), 1, 2);
        using var files = LocalImageFiles.OpenMain(shop.In("disk.img"));
        Assert.Equal(label == "gpt" ? "gpt" : "mbr", DiskImage.Open(files)!.Scheme);
    }

    [Fact]
    public void Logical_partitions_count_from_five()
    {
        using var shop = new Workshop();
        shop.MakeTree();
        shop.MakeNtfs("a.ntfs", 16);
        shop.MakeFat("b.fat", 16, 16, 4);
        shop.Run("truncate -s 64M disk.img && printf '%s\\n' 'label: dos' '1: start=61440, size=2048, type=83' '2: start=2048, "
            + "size=59392, type=f' '5: start=4096, size=20480, type=7' '6: start=30720, size=28672, type=7' | sfdisk -q disk.img");
        shop.Run("truncate -s 10M a2 && mkntfs -q -F -s 512 -p 4096 -H 255 -S 63 a2 2>/dev/null; dd if=a2 of=disk.img bs=512 "
            + "seek=4096 conv=notrunc,sparse status=none");
        shop.Run("truncate -s 14M b.fat && dd if=b.fat of=disk.img bs=512 seek=30720 conv=notrunc,sparse status=none");
        using var files = LocalImageFiles.OpenMain(shop.In("disk.img"));
        var image = DiskImage.Open(files)!;
        Assert.Equal([1, 5, 6], image.Volumes.Select(v => v.Number));
        Assert.Equal(["NTFS", "FAT16"], image.Volumes.Select(v => v.FileSystem?.Name).OfType<string>());
    }

    [Fact]
    public void A_disk_of_4096_byte_sectors()
    {
        using var shop = new Workshop();
        shop.MakeTree();
        shop.MakeNtfs("v.ntfs", 24, sectorSize: 4096, startSector: 256);
        foreach (var type in new[] { 0x07, 0xEE })
        {
            // No tool here writes a table for such sectors into a file: an MBR entry is 16 bytes.
            shop.Run($"truncate -s 32M d{type}.img && dd if=v.ntfs of=d{type}.img bs=1M seek=1 conv=notrunc,sparse status=none");
            using var disk = File.OpenWrite(shop.In($"d{type}.img"));
            disk.Position = 446;
            disk.Write([0, 0, 0, 0, 0x07, 0, 0, 0, .. BitConverter.GetBytes(256), .. BitConverter.GetBytes(24 * 256)]);
            disk.Position = 510;
            disk.Write([0x55, 0xAA]);
        }

        CheckDrivers(shop.In("d7.img"), 1);
        CheckDrivers(shop.Convert("d7.img", "d.vhdx", "vhdx"), 1);
    }

    private static void CheckDrivers(string path, params int[] volumes)
    {
        using var files = LocalImageFiles.OpenMain(path);
        var image = DiskImage.Open(files);
        Assert.NotNull(image);
        foreach (var number in volumes)
        {
            var volume = image.Volumes.Single(v => v.Number == number);
            Assert.True(volume.FileSystem is not null, volume.Problem);
            Assert.Null(volume.FileSystem.FindWriteProblem());
            foreach (var (name, bytes) in Workshop.Drivers)
            {
                CheckFile(image, volume, name, bytes);
            }
        }
    }

    private static void CheckFile(DiskImage image, DiskVolume volume, string name, byte[] bytes)
    {
        var entry = volume.FileSystem!.Find(name);
        Assert.True(entry is { Kind: VolumeEntryKind.File }, name);
        var file = volume.FileSystem.Open(entry);
        Assert.Equal(bytes, file.Read(0, (int)file.Length));
        for (var offset = 0; offset < bytes.Length; offset += Math.Max(1, bytes.Length / 50))
        {
            var count = Math.Min(700, bytes.Length - offset);
            var there = image.Locate(volume, file, offset, count).SelectMany(p =>
                image.Disk.Files[p.File].Bytes.Read(p.Offset, p.Length)).ToArray();
            Assert.Equal(bytes.AsSpan(offset, count).ToArray(), there);
        }
    }
}
