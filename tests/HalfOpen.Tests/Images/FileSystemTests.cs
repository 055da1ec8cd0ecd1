using HalfOpen.Images;
using HalfOpen.Images.FileSystems;
using HalfOpen.Windows.Files;
using Xunit;

namespace HalfOpen.Tests.Images;

public sealed class FileSystemTests
{
    [Theory]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(65536)]
    public void Ntfs_files_of_every_layout_read_as_they_were_written(int clusterSize)
    {
        var volume = new TestNtfs(clusterSize, 64 * 1024 * 1024 / Math.Max(clusterSize, 16384));
        var files = new Dictionary<string, (byte[] Content, NtfsLayout Layout)>();
        foreach (var layout in Enum.GetValues<NtfsLayout>().Except([NtfsLayout.Encrypted, NtfsLayout.Link]))
        {
            var content = ContainerTests.Disk(layout == NtfsLayout.Resident ? 600 : (clusterSize * 20) + 300, seed: (int)layout);
            if (layout == NtfsLayout.Sparse)
            {
                var count = (content.Length + clusterSize - 1) / clusterSize;
                content.AsSpan(count / 3 * clusterSize, ((count * 2 / 3) - (count / 3)) * clusterSize).Clear();
            }

            files["WINDOWS/system32/" + layout + ".sys"] = (content, layout);
            volume.Add("WINDOWS/system32/" + layout + ".sys", content, layout);
        }

        var bytes = volume.Build();
        var image = DiskImage.Open(new MemoryImage("x", bytes))!;
        var system = image.Volumes[0].FileSystem!;
        Assert.Equal("1122334455667788", system.Serial);
        Assert.Null(system.FindWriteProblem());
        Assert.Equal(files.Keys.Select(k => k[17..]).Order(StringComparer.Ordinal),
            system.List(system.Find("windows/SYSTEM32")!).Select(e => e.Name));
        foreach (var (path, (content, layout)) in files)
        {
            var file = system.Open(system.Find(path)!);
            var expected = (byte[])content.Clone();
            if (layout == NtfsLayout.Uninitialized)
            {
                expected.AsSpan(content.Length * 2 / 3).Clear();
            }

            Assert.Equal(expected, file.Read(0, (int)file.Length));
            for (var offset = 0; offset < content.Length - 8; offset += 97)
            {
                CheckPlace(image, file, offset, expected.AsSpan(offset, 8).ToArray(), bytes,
                    mayRefuse: layout is NtfsLayout.Sparse or NtfsLayout.Uninitialized or NtfsLayout.Compressed);
            }
        }
    }

    [Fact]
    public void Changing_resident_bytes_where_they_stand_respects_the_fixups()
    {
        var volume = new TestNtfs(4096, 100);
        var content = ContainerTests.Disk(700, seed: 5);
        volume.Add("tcpip.sys", content, NtfsLayout.Resident);
        var bytes = volume.Build();
        for (var offset = 0; offset < content.Length - 8; offset++)
        {
            var image = DiskImage.Open(new MemoryImage("x", bytes))!;
            var file = image.Volumes[0].FileSystem!.Open(image.Volumes[0].FileSystem!.Find("tcpip.sys")!);
            var changed = (byte[])content.Clone();
            var at = 0;
            var copy = (byte[])bytes.Clone();
            foreach (var place in image.Locate(image.Volumes[0], file, offset, 8))
            {
                for (var i = 0; i < place.Length; i++, at++)
                {
                    copy[place.Offset + i] = changed[offset + at] ^= 0xFF;
                }
            }

            var after = DiskImage.Open(new MemoryImage("x", copy))!;
            var again = after.Volumes[0].FileSystem!.Open(after.Volumes[0].FileSystem!.Find("tcpip.sys")!);
            Assert.Equal(changed, again.Read(0, (int)again.Length));
        }
    }

    [Fact]
    public void Encrypted_compressed_and_linked_files_are_told()
    {
        var volume = new TestNtfs(4096, 400);
        volume.Add("secret.sys", new byte[10_000], NtfsLayout.Encrypted);
        volume.Add("small.sys", ContainerTests.Disk(100_000, 3), NtfsLayout.Compressed);
        volume.Add("junction", new byte[100], NtfsLayout.Link);
        var system = DiskImage.Open(new MemoryImage("x", volume.Build()))!.Volumes[0].FileSystem!;
        Assert.Contains("EFS", Assert.Throws<ImageProblemException>(() =>
            system.Open(system.Find("secret.sys")!)).Message, StringComparison.Ordinal);
        Assert.Contains("compact /u", system.Open(system.Find("small.sys")!).WriteProblem, StringComparison.Ordinal);
        Assert.Equal(VolumeEntryKind.Link, system.Find("junction")!.Kind);
        Assert.Null(system.Find("junction/below"));
    }

    [Theory]
    [InlineData(1, true, "marked it for a check")]
    [InlineData(0, false, "journal")]
    public void A_dirty_ntfs_volume_is_told(ushort flags, bool isLogClean, string reason)
    {
        var volume = DiskImage.Open(new MemoryImage("x", new TestNtfs(4096, 100, flags, isLogClean).Build()))!.Volumes[0];
        Assert.Contains(reason, volume.FileSystem!.FindWriteProblem(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hibr", true)]
    [InlineData("wake", true)]
    [InlineData("WAKE", true)]
    [InlineData("\0\0\0\0", false)]
    public void A_hibernated_windows_is_told(string start, bool isAsleep)
    {
        var volume = new TestNtfs(4096, 100);
        volume.Add("hiberfil.sys", [.. System.Text.Encoding.ASCII.GetBytes(start), .. new byte[8000]]);
        Assert.Equal(isAsleep, SleepingWindows.Find(DiskImage.Open(new MemoryImage("x", volume.Build()))!.Volumes[0]) is not null);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public void Fat_with_long_and_short_names(bool is32, bool isClean)
    {
        var driver = ContainerTests.Disk(50_000, 3);
        var bytes = TestDisks.Fat(is32, isClean, ("", "Boot file with a very long name.ini", [1, 2, 3]), ("drivers", "tcpip.sys",
            driver), ("drivers", "empty", []));
        var image = DiskImage.Open(new MemoryImage("x", bytes))!;
        var system = image.Volumes[0].FileSystem!;
        Assert.Equal(is32 ? "FAT32" : "FAT16", system.Name);
        Assert.Equal(["Boot file with a very long name.ini", "drivers"], system.List(system.Root).Select(e => e.Name));
        Assert.Equal(["empty", "tcpip.sys"], system.List(system.Find("DRIVERS")!).Select(e => e.Name));
        Assert.NotNull(system.Find("f0000001.INI"));
        var file = system.Open(system.Find("drivers/TCPIP.SYS")!);
        Assert.Equal(driver, file.Read(0, (int)file.Length));
        for (var offset = 0; offset < driver.Length - 8; offset += 101)
        {
            CheckPlace(image, file, offset, driver.AsSpan(offset, 8).ToArray(), bytes, mayRefuse: false);
        }

        Assert.Equal(isClean, system.FindWriteProblem() is null);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void Partitions_primary_logical_and_gpt(int sectorSize)
    {
        var volume = new TestNtfs(4096, 100);
        volume.Add("tcpip.sys", [1, 2, 3], NtfsLayout.Resident);
        var ntfs = volume.Build();
        var fat = TestDisks.Fat(false, true, ("", "a", [1]));
        var mbr = DiskImage.Open(new MemoryImage("x", TestDisks.Mbr(sectorSize, (7, ntfs), (0x0E, fat), (5, ntfs), (0x42, ntfs))))!;
        Assert.Equal([1, 2, 4, 5], mbr.Volumes.Select(v => v.Number).Order());
        Assert.Equal("bebafeca", mbr.Identity);
        Assert.Contains("dynamic disk", mbr.Volumes.Single(v => v.Number == 4).Problem, StringComparison.Ordinal);
        Assert.Equal(3, mbr.Volumes.Count(v => v.FileSystem is not null));
        var basic = new Guid("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7");
        Assert.Equal(["NTFS", "FAT16"], DiskImage.Open(new MemoryImage("x", TestDisks.Gpt(sectorSize, basic, ntfs,
            fat)))!.Volumes.Select(v => v.FileSystem!.Name));
        Assert.All(DiskImage.Open(new MemoryImage("x", TestDisks.Gpt(sectorSize, new Guid("AF9B60A0-1431-4F62-BC68-3311714A69AD"),
            ntfs)))!.Volumes, v => Assert.Contains("dynamic disk", v.Problem, StringComparison.Ordinal));
    }

    [Fact]
    public void A_bitlocker_volume_is_told_and_noise_is_no_image()
    {
        var bytes = new byte[100_000];
        "-FVE-FS-"u8.CopyTo(bytes.AsSpan(3));
        (bytes[510], bytes[511]) = (0x55, 0xAA);
        Assert.Contains("BitLocker", DiskImage.Open(new MemoryImage("x", bytes))!.Volumes[0].Problem, StringComparison.Ordinal);
        Assert.Null(DiskImage.Open(new MemoryImage("x", ContainerTests.Disk(100_000, 9))));
        Assert.Null(DiskImage.Open(new MemoryImage("x", Array.Empty<byte>())));
        Assert.Null(DiskImage.Open(new MemoryImage("x", "MZ"u8.ToArray())));
    }

    private static void CheckPlace(DiskImage image, VolumeFile file, int offset, byte[] expected, byte[] bytes, bool mayRefuse)
    {
        try
        {
            var there = image.Locate(image.Volumes[0], file, offset, expected.Length).SelectMany(p =>
                bytes.AsSpan((int)p.Offset, p.Length).ToArray());
            Assert.Equal(expected, there);
        }
        catch (ImageProblemException) when (mayRefuse)
        {
            // Not stored as it is: nothing to write to.
        }
    }
}
