using HalfOpen.Images;
using HalfOpen.Images.Containers;
using Xunit;

namespace HalfOpen.Tests.Images;

public sealed class ContainerTests
{
    public static TheoryData<string> Kinds => [.. TestContainers.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_disk_reads_as_it_was_put_in_and_every_byte_has_its_place(string kind)
    {
        var disk = Disk(300_032, seed: 7);
        var files = TestContainers.Files(kind, disk);
        var source = ImageContainer.Open(new MemoryImage("x", files));
        Assert.Equal(disk, source.Read(0, disk.Length));
        var random = new Random(3);
        var located = 0;
        for (var i = 0; i < 500; i++)
        {
            var offset = random.Next(disk.Length - 20_000);
            var count = random.Next(1, 20_000);
            Assert.Equal(disk.AsSpan(offset, count).ToArray(), source.Read(offset, count));
            try
            {
                Assert.Equal(disk.AsSpan(offset, count).ToArray(), source.Locate(offset, count).SelectMany(p =>
                    files[source.Files[p.File].Name].AsSpan((int)p.Offset, p.Length).ToArray()));
                located++;
            }
            catch (ImageProblemException)
            {
                Assert.NotEqual("raw", kind); // zeros, or compressed
            }
        }

        Assert.Equal(kind != "qcow2-packed", located > 0);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Beyond_the_end_there_is_nothing(string kind)
    {
        var source = ImageContainer.Open(TestContainers.Build(kind, Disk(100_352, seed: 1)));
        foreach (var (offset, count) in new[] { (source.Length, 1), (-1L, 1), (long.MaxValue, 1), (0L, -1), (source.Length - 1, 2),
            (long.MinValue, int.MaxValue) })
        {
            Assert.Throws<ImageProblemException>(() => source.Read(offset, count));
        }

        Assert.Throws<ImageProblemException>(() => source.Locate(source.Length - 1, 2));
    }

    [Theory]
    [InlineData("vhd-fixed", 84 - 512, 1, "saved")]
    [InlineData("qcow2-v3", 63, 1, "qemu-img snapshot")]
    [InlineData("qcow2-v3", 79, 1, "qemu-img check")]
    [InlineData("qcow2-v3", 79, 2, "corrupt")]
    [InlineData("qcow2-v3", 95, 1, "bitmap")]
    [InlineData("vmdk", 72, 1, "VMware")]
    public void What_must_not_be_written_says_why(string kind, int at, byte value, string reason)
    {
        var files = TestContainers.Files(kind, Disk(100_352, seed: 1));
        var bytes = files["x"];
        bytes[at < 0 ? bytes.Length + at : at] = value;
        if (kind == "vhd-fixed")
        {
            var footer = bytes.AsSpan(bytes.Length - 512);
            footer[64..68].Clear();
            var sum = 0u;
            foreach (var b in footer)
            {
                sum += b;
            }

            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(footer[64..], ~sum);
        }

        Assert.Contains(reason, ImageContainer.Open(new MemoryImage("x", files)).WriteProblem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qcow2-v3", 15, 1, "backing file")]
    [InlineData("qcow2-v3", 35, 2, "encrypted")]
    [InlineData("qcow2-v3", 79, 4, "another file")]
    [InlineData("qcow2-v3", 72, 1, "not known here")]
    [InlineData("qcow2-v3", 7, 1, "qemu-img convert")]
    [InlineData("vdi", 76, 4, "VBoxManage")]
    [InlineData("vmdk", 10, 1, "stream-optimized")]
    public void What_cannot_be_read_is_refused_with_the_remedy(string kind, int at, byte value, string reason)
    {
        var files = TestContainers.Files(kind, Disk(100_352, seed: 1));
        files["x"][at] = value;
        Assert.Contains(reason, Assert.Throws<ImageProblemException>(() =>
            ImageContainer.Open(new MemoryImage("x", files))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../secret", "outside of its own folder")]
    [InlineData("/dev/sda", "outside of its own folder")]
    [InlineData("..", "outside of its own folder")]
    [InlineData("gone.vmdk", "not beside it")]
    [InlineData("\u001b[31m.vmdk", "not beside it: IMAGE")]
    public void A_descriptor_names_only_what_stands_beside_it(string name, string reason)
    {
        var text = System.Text.Encoding.UTF8.GetBytes($"# Disk DescriptorFile\nCID=1\nparentCID=ffffffff\nRW 2048 FLAT \"{name}\" 0\n");
        Assert.Contains(reason, Assert.Throws<ImageProblemException>(() =>
            ImageContainer.Open(new MemoryImage("x.vmdk", text))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_of_vmware_is_refused()
    {
        var text = "# Disk DescriptorFile\nCID=1\nparentCID=12345678\nRW 2048 FLAT \"a\" 0\n"u8.ToArray();
        Assert.Contains("snapshot", Assert.Throws<ImageProblemException>(() =>
            ImageContainer.Open(new MemoryImage("x.vmdk", text))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Vhdx_with_a_log_is_refused()
    {
        var files = TestContainers.Files("vhdx", Disk(100_352, seed: 1));
        var header = files["x"].AsSpan(64 * 1024, 4096);
        header[50] = 1;
        header[4..8].Clear();
        var crc = 0xFFFF_FFFFu;
        foreach (var b in header)
        {
            crc = System.Numerics.BitOperations.Crc32C(crc, b);
        }

        BitConverter.TryWriteBytes(header[4..], ~crc);
        Assert.Contains("qemu-img check -r all", Assert.Throws<ImageProblemException>(() =>
            ImageContainer.Open(new MemoryImage("x", files))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cache_is_bounded_and_right()
    {
        var bytes = Disk(CachedSource.PageSize * (CachedSource.MaxPages + 50), seed: 3);
        var source = new CachedSource(new MemorySource(bytes));
        var random = new Random(1);
        for (var i = 0; i < 3000; i++)
        {
            var offset = random.Next(bytes.Length - 50_000);
            var count = random.Next(50_000);
            Assert.True(bytes.AsSpan(offset, count).SequenceEqual(source.Read(offset, count)));
        }
    }

    /// <summary>Stretches of noise and of zeros.</summary>
    internal static byte[] Disk(int size, int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[size];
        for (var at = 0; at < size; at += 10_000)
        {
            if (random.Next(3) > 0)
            {
                random.NextBytes(bytes.AsSpan(at, Math.Min(size - at, random.Next(10_000))));
            }
        }

        return bytes;
    }
}
