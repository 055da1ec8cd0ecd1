using HalfOpen.Images;
using HalfOpen.Media.Iso9660;
using HalfOpen.Media.Sources;
using HalfOpen.TestMedia;
using Xunit;

namespace HalfOpen.Tests.Media;

/// <summary>CD images: read, and changed so that nothing but the file, its records and the volume's size
/// differ.</summary>
public sealed class IsoTests
{
    private const int Sector = 2048;

    private static readonly byte[] Driver = SampleBytes.Mixed(1, 10_000);
    private static readonly byte[] Other = SampleBytes.Mixed(2, 5_000);

    [Theory]
    [InlineData(true, ";1")]
    [InlineData(false, ";1")]
    [InlineData(false, "")]
    [InlineData(true, ".;1")]
    public void Files_of_both_trees_come_back(bool joliet, string version)
    {
        var builder = new IsoBuilder { HasJoliet = joliet, Version = version };
        var image = Open(builder.Add("/I386/TCPIP.SY_", Driver).Add("/README", Other).Add("/a/b/c/d", Other).Build());
        Assert.Equal(joliet ? 2 : 1, image.Trees.Count);
        Assert.True(image.IsBootable);
        Assert.False(image.HasUdf);
        foreach (var tree in image.Trees)
        {
            var entries = image.Entries(tree).ToList();
            Assert.Equal(
                ["/I386", "/I386/TCPIP.SY_", "/README", "/a", "/a/b", "/a/b/c", "/a/b/c/d"],
                entries.Select(e => e.Path).Order(StringComparer.Ordinal));
            var driver = image.OpenFile(entries.Single(e => e.Name == "TCPIP.SY_"));
            Assert.Equal(Driver, driver.Read(0, (int)driver.Length));
        }
    }

    [Fact]
    public void What_fits_is_changed_in_place()
    {
        var before = new IsoBuilder().Add("/I386/TCPIP.SY_", Driver).Add("/I386/X.DLL", Other).Build();
        foreach (var size in new[] { 10_000, 10_240, 3, 9_000 })
        {
            var (after, replacement) = Replace(before, SampleBytes.Mixed(size, size));
            Assert.True(replacement.InPlace);
            Assert.Equal(before.Length, after.Length);
            AssertOnly(before, after, replacement, allowSize: false);
        }
    }

    [Fact]
    public void What_does_not_fit_is_appended_and_the_volume_grows()
    {
        var before = new IsoBuilder().Add("/I386/TCPIP.SY_", Driver).Add("/I386/X.DLL", Other).Build();
        var (after, replacement) = Replace(before, SampleBytes.Mixed(9, 10_241));
        Assert.False(replacement.InPlace);
        Assert.Equal(before.Length, replacement.NewStart);
        Assert.Equal(before.Length + (6 * Sector) + (150 * Sector), after.Length);
        Assert.All(Open(after).Trees, t => Assert.Equal(after.Length, t.VolumeSize));
        AssertOnly(before, after, replacement, allowSize: true);
    }

    [Fact]
    public void A_twin_that_shares_the_bytes_changes_too_and_a_stranger_keeps_them()
    {
        var twins = new IsoBuilder().Add("/I386/TCPIP.SY_", Driver).Add("/OEM/TCPIP.SY_", Driver).Build();
        var (after, replacement) = Replace(twins, new byte[100], path: "/I386/TCPIP.SY_");
        Assert.Equal(["/I386/TCPIP.SY_", "/OEM/TCPIP.SY_"], replacement.Paths.Order(StringComparer.Ordinal));
        Assert.All(Open(after).Trees.SelectMany(Open(after).Entries).Where(e => !e.IsFolder), e => Assert.Equal(100, e.Size));

        // Another file that begins in the same sectors and is shorter: its bytes must stay.
        var stranger = new IsoBuilder().Add("/I386/TCPIP.SY_", Driver).Add("/I386/X.DLL", Driver).Build();
        foreach (var record in Records(stranger, "X.DLL"))
        {
            stranger.AsSpan(record, 8).Clear();
            BitConverter.TryWriteBytes(stranger.AsSpan(record), 4000);
            stranger[record + 6] = 4000 >> 8;
            stranger[record + 7] = 4000 & 0xFF;
        }

        (after, replacement) = Replace(stranger, new byte[100], path: "/I386/TCPIP.SY_");
        Assert.False(replacement.InPlace);
        var image = Open(after);
        var kept = image.OpenFile(image.Entries(image.Trees[0]).Single(e => e.Name == "X.DLL"));
        Assert.Equal(Driver.AsSpan(0, 4000).ToArray(), kept.Read(0, 4000));
    }

    [Fact]
    public void What_cannot_be_changed_is_refused_with_the_reason()
    {
        Assert.Contains("UDF", Refusal(new IsoBuilder { HasUdf = true }.Add("/TCPIP.SY_", Driver).Build()), StringComparison.Ordinal);
        Assert.Contains("cut off", Refusal(new IsoBuilder().Add("/TCPIP.SY_", Driver).Build()[..^(3 * Sector)]), StringComparison.Ordinal);
        var pieces = new IsoBuilder().Add("/TCPIP.SY_", Driver).Build();
        foreach (var record in Records(pieces, "TCPIP.SY_"))
        {
            pieces[record + 15] = 0x80;
        }

        Assert.Contains("several pieces", Refusal(pieces), StringComparison.Ordinal);

        static string Refusal(byte[] image) => Assert.Throws<ImageProblemException>(() => Replace(image, [1])).Message;
    }

    [Fact]
    public void Numbers_that_stand_twice_must_agree()
    {
        var bytes = new IsoBuilder().Add("/TCPIP.SY_", Driver).Build();
        bytes[Records(bytes, "TCPIP.SY_")[0] + 7] ^= 1; // the size, big-endian
        var image = Open(bytes);
        AssertProblem("twice", () => image.Entries(image.Trees[0]).Count());
    }

    [Fact]
    public void A_folder_in_itself_ends_the_walk()
    {
        var bytes = new IsoBuilder { HasJoliet = false }.Add("/a/b/TCPIP.SY_", Driver).Build();
        var (a, b) = (Records(bytes, "a")[0], Records(bytes, "b")[0]);
        bytes.AsSpan(a - 8, 8).CopyTo(bytes.AsSpan(b - 8)); // /a/b is /a
        var image = Open(bytes);
        AssertProblem("itself", () => image.Entries(image.Trees[0]).Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Damaged_images_end_in_one_kind_of_error(int seed)
    {
        var random = new Random(seed);
        var sample = new IsoBuilder().Add("/I386/TCPIP.SY_", Driver).Add("/I386/X.DLL", Other).Add("/Y/Z", Other).Build();
        var (read, changed) = (0, 0);
        const int Rounds = 3000;
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = (byte[])sample.Clone();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                // Descriptors, boot catalog and folders: sectors 16 to 40.
                var at = (random.Next(16, 40) * Sector) + random.Next(200);
                bytes[at] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(bytes[at] ^ (1 << random.Next(8)));
            }

            bytes = random.Next(10) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            try
            {
                var image = Open(bytes);
                var files = image.Trees.SelectMany(image.Entries).Where(e => !e.IsFolder).Take(50).ToList();
                read++;
                var content = new MemorySource(new byte[random.Next(20_000)]);
                var edit = IsoEditor.Replace(image, [.. files.Where(f => f.Name.StartsWith('T')).Select(f => (f, (ByteSource)content))]);
                edit.Source.CopyTo(_ => { });
                changed += edit.Replacements.Count;
            }
            catch (ImageProblemException)
            {
            }
        }

        Assert.InRange(read, Rounds / 4, Rounds);
        Assert.InRange(changed, Rounds / 4, Rounds * 10);
    }

    private static IsoImage Open(byte[] bytes) => IsoImage.Open(new MemorySource(bytes));

    private static (byte[] Bytes, IsoReplacement Replacement) Replace(byte[] bytes, byte[] content, string path = "TCPIP.SY_")
    {
        var image = Open(bytes);
        var file = image.Entries(image.Trees[0]).Single(e => e.Path.EndsWith(path, StringComparison.Ordinal));
        var edit = IsoEditor.Replace(image, [(file, new MemorySource(content))]);
        var after = edit.Source.Read(0, (int)edit.Source.Length);
        foreach (var tree in Open(after).Trees)
        {
            var entry = Open(after).Entries(tree).Single(e => e.Path.EndsWith(path, StringComparison.Ordinal));
            Assert.Equal(content, after.AsSpan((int)entry.Start, (int)entry.Size).ToArray());
        }

        return (after, edit.Replacements.Single());
    }

    /// <summary>Where place and size stand in the records of a name, in both trees: the offset of the size.</summary>
    private static List<int> Records(byte[] bytes, string name)
    {
        var image = Open(bytes);
        return [.. image.Trees.SelectMany(image.Entries).Where(e => e.Name == name).Select(e => (int)e.Record + 10)];
    }

    private static void AssertOnly(byte[] before, byte[] after, IsoReplacement replacement, bool allowSize)
    {
        var allowed = new HashSet<int>();
        foreach (var record in Records(before, "TCPIP.SY_"))
        {
            allowed.UnionWith(Enumerable.Range(record - 8, 16));
        }

        if (allowSize)
        {
            allowed.UnionWith(Open(before).Trees.SelectMany(t => Enumerable.Range((int)t.Descriptor + 80, 8)));
        }
        else
        {
            allowed.UnionWith(Enumerable.Range((int)replacement.NewStart, (int)Math.Max(replacement.NewSize, Driver.Length)));
        }

        for (var i = 0; i < before.Length; i++)
        {
            Assert.True(before[i] == after[i] || allowed.Contains(i), $"byte {i} changed");
        }
    }

    private static void AssertProblem(string words, Func<object?> action) =>
        Assert.Contains(words, Assert.Throws<ImageProblemException>(action).Message, StringComparison.Ordinal);
}
