using HalfOpen.Images;
using HalfOpen.Images.FileSystems;
using HalfOpen.Windows.Files;
using Xunit;

namespace HalfOpen.Tests.Images;

/// <summary>
/// Damaged images of every kind, from fixed seeds: nothing but <see cref="ImageProblemException"/> comes out, no read
/// asks for much memory, and no place is named
/// outside of the files.
/// </summary>
public sealed class DamageTests
{
    /// <summary>Bytes that one walk may allocate: caches, a folder, a file of which a piece is read.</summary>
    private const long MaxAllocation = 64 * 1024 * 1024;

    private static readonly byte[] Ntfs = BuildNtfs(1024);
    private static readonly byte[] Fat16 = TestDisks.Fat(false, true, ("", "hiberfil.sys", new byte[5000]), ("WINDOWS",
        "a long name of a file.sys", ContainerTests.Disk(5000, 1)));
    private static readonly byte[] Fat32 = TestDisks.Fat(true, true, ("", "hiberfil.sys", new byte[5000]), ("WINDOWS",
        "a long name of a file.sys", ContainerTests.Disk(5000, 1)));

    public static TheoryData<string> Kinds => [.. TestContainers.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Containers(string kind)
    {
        var files = TestContainers.Files(kind, TestDisks.Mbr(512, (7, Ntfs), (5, Fat16), (0x0C, Fat32)));
        Fuzz(files, kind == "vhdx" ? 300 : 600, seed: kind.Length * 1000);
    }

    [Theory]
    [InlineData("ntfs")]
    [InlineData("ntfs-4k")]
    [InlineData("fat16")]
    [InlineData("fat32")]
    [InlineData("gpt")]
    public void File_systems(string kind)
    {
        var bytes = kind switch
        {
            "ntfs" => Ntfs,
            "ntfs-4k" => BuildNtfs(4096),
            "fat16" => Fat16,
            "fat32" => Fat32,
            _ => TestDisks.Gpt(512, Guid.Parse("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"), Fat16),
        };
        Fuzz(new Dictionary<string, byte[]> { ["x"] = bytes }, 3000, seed: kind.Length);
    }

    [Fact]
    public void Cut_off_anywhere()
    {
        foreach (var kind in TestContainers.Kinds)
        {
            var files = TestContainers.Files(kind, TestDisks.Mbr(512, (7, Ntfs)));
            var whole = files["x"];
            for (var length = 0; length < whole.Length; length = (length * 9 / 8) + (length < 2048 ? 37 : 1009))
            {
                files["x"] = whole[..length];
                Walk(files);
            }
        }
    }

    [Fact]
    public void A_folder_that_contains_itself_and_a_chain_in_a_circle_end()
    {
        var fat = (byte[])Fat16.Clone();
        for (var cluster = 2; cluster < 5000; cluster++)
        {
            BitConverter.TryWriteBytes(fat.AsSpan((4 * 512) + (cluster * 2)), (ushort)cluster); // each leads to itself
        }

        Walk(new Dictionary<string, byte[]> { ["x"] = fat });
    }

    private static byte[] BuildNtfs(int clusterSize)
    {
        var volume = new TestNtfs(clusterSize, 700);
        foreach (var layout in Enum.GetValues<NtfsLayout>())
        {
            volume.Add("WINDOWS/" + layout, ContainerTests.Disk(layout == NtfsLayout.Resident ? 600 : 20_000, (int)layout), layout);
        }

        volume.Add("hiberfil.sys", new byte[3000]);
        return volume.Build();
    }

    private static void Fuzz(Dictionary<string, byte[]> files, int count, int seed)
    {
        var random = new Random(seed);
        var names = files.Keys.Order(StringComparer.Ordinal).ToList();
        Walk(files);
        for (var i = 0; i < count; i++)
        {
            var bytes = files[names[random.Next(names.Count)]];
            var undo = new Stack<(int At, byte Old)>();
            for (var edits = random.Next(1, 6); edits > 0; edits--)
            {
                // Where the structures are, more often than in what they describe.
                var reach = random.Next(4) switch { 0 => 512, 1 => 8 * 1024, 2 => 160 * 1024, _ => bytes.Length };
                var at = random.Next(Math.Min(bytes.Length, reach));
                at = random.Next(5) == 0 ? bytes.Length - 1 - random.Next(Math.Min(bytes.Length, 600)) : at;
                var size = Math.Min(random.Next(4) switch { 0 => 1, 1 => 2, 2 => 4, _ => 8 }, bytes.Length - at);
                var value = new byte[8];
                switch (random.Next(4))
                {
                    case 0:
                        Array.Fill(value, (byte)0xFF);
                        break;
                    case 1:
                        BitConverter.TryWriteBytes(value, 1L << random.Next(63));
                        break;
                    case 2:
                        random.NextBytes(value);
                        break;
                }

                for (var b = 0; b < size; b++)
                {
                    undo.Push((at + b, bytes[at + b]));
                    bytes[at + b] = value[b];
                }
            }

            Walk(files);
            while (undo.TryPop(out var old))
            {
                bytes[old.At] = old.Old;
            }
        }
    }

    private static void Walk(Dictionary<string, byte[]> files)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            if (DiskImage.Open(new MemoryImage("x", files)) is { } image)
            {
                foreach (var volume in image.Volumes.Where(v => v.FileSystem is not null))
                {
                    Try(() => volume.FileSystem!.FindWriteProblem());
                    Try(() => SleepingWindows.Find(volume));
                    var left = 300;
                    Visit(image, files, volume, volume.FileSystem!.Root, 0, ref left);
                }
            }
        }
        catch (ImageProblemException e)
        {
            Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocation);
    }

    private static void Visit(DiskImage image, Dictionary<string, byte[]> files, DiskVolume volume, VolumeEntry entry, int depth,
        ref int left)
    {
        try
        {
            if (entry.Kind == VolumeEntryKind.Folder)
            {
                foreach (var below in volume.FileSystem!.List(entry))
                {
                    if (depth < 3 && left-- > 0)
                    {
                        Visit(image, files, volume, below, depth + 1, ref left);
                    }
                }

                return;
            }

            var file = volume.FileSystem!.Open(entry);
            foreach (var offset in new[] { 0L, file.Length / 2, Math.Max(0, file.Length - 8) })
            {
                Try(() => file.Read(offset, (int)Math.Min(20_000, file.Length - offset)));
                Try(() =>
                {
                    foreach (var place in image.Locate(volume, file, offset, (int)Math.Min(8, file.Length - offset)))
                    {
                        Assert.InRange(place.Offset, 0, files[image.Disk.Files[place.File].Name].Length - place.Length);
                    }

                    return 0;
                });
            }
        }
        catch (ImageProblemException)
        {
            // As it should be.
        }
    }

    private static void Try<T>(Func<T> action)
    {
        try
        {
            _ = action();
        }
        catch (ImageProblemException)
        {
            // As it should be.
        }
    }
}
