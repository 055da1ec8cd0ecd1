using HalfOpen.Images;
using HalfOpen.Media.Cabinets;
using HalfOpen.Media.Sources;
using HalfOpen.TestMedia;
using Xunit;

namespace HalfOpen.Tests.Media;

/// <summary>Cabinets of every shape, read, written and changed.</summary>
public sealed class CabinetTests
{
    private const int Max = 16 * 1024 * 1024;

    private static readonly byte[] Driver = SampleBytes.Mixed(7, 361_344);

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(20, 0, 0, 0)]
    [InlineData(6, 3, 5, 0)]
    [InlineData(0, 0, 4, 3)]
    public void Files_of_all_folders_come_back(int header, int folder, int data, int flags)
    {
        var specs = Specs();
        var builder = new CabinetBuilder { Reserve = ((ushort)header, (byte)folder, (byte)data), Flags = flags };
        var cabinet = Open(builder.Build(specs));
        var expected = specs.SelectMany(s => s.Files).ToList();
        Assert.Equal(expected.Select(f => f.Name), cabinet.Files.Select(f => f.Name));
        foreach (var (i, result) in cabinet.Extract([.. cabinet.Files.Reverse()], Max).Index())
        {
            Assert.Equal(expected[^(i + 1)].Bytes, result.Bytes);
        }
    }

    [Fact]
    public void A_cabinet_says_how_it_is_packed()
    {
        var cabinet = Open(new CabinetBuilder().Build(Specs()));
        Assert.Equal(["LZX:18", "MSZIP", "stored"], cabinet.Folders.Select(f => f.PackingText));
    }

    [Fact]
    public void A_written_cabinet_holds_the_file_with_its_date()
    {
        var like = Open(CabinetBuilder.Single("tcpip.sys", [1, 2, 3])).Files[0];
        var cabinet = Open(CabinetWriter.Single(like, Driver));
        Assert.Equal(like with { Size = (uint)Driver.Length }, cabinet.Files.Single() with { Entry = like.Entry });
        Assert.Equal("MSZIP", cabinet.Folders.Single().PackingText);
        Assert.Equal(Driver, cabinet.Extract(cabinet.Files[0], Max));
    }

    [Fact]
    public void A_file_is_replaced_and_nothing_else_is_touched()
    {
        foreach (var builder in new CabinetBuilder[] { new(), new() { Reserve = (10, 3, 6) }, new() { HasNoChecksums = true } })
        {
            var original = builder.Build(Specs());
            var changed = Replace(original, "tcpip.sys", Driver);
            AssertOnlyChanged(original, changed, "tcpip.sys", Driver);

            // All packed bytes of the others are where the growth of the table put them.
            var (before, after) = (Open(original), Open(changed));
            var shift = (int)(after.Folders[0].DataStart - before.Folders[0].DataStart);
            var start = (int)before.Folders[0].DataStart;
            Assert.True(original.AsSpan(start).SequenceEqual(changed.AsSpan(start + shift, original.Length - start)));
        }
    }

    [Fact]
    public void A_second_replacement_takes_the_place_of_the_first()
    {
        var original = new CabinetBuilder().Build(Specs());
        var (first, second) = (Driver, (byte[])Driver.Clone());
        second[5000] ^= 1;
        var once = Replace(original, "tcpip.sys", first);
        var twice = Replace(once, "tcpip.sys", second);
        AssertOnlyChanged(once, twice, "tcpip.sys", second);
        Assert.Equal(Open(once).Folders.Count, Open(twice).Folders.Count);
        Assert.Equal(Replace(original, "tcpip.sys", second), twice);
    }

    [Fact]
    public void A_cabinet_that_a_change_would_break_is_refused()
    {
        Assert.Contains("signature", Refusal([.. new CabinetBuilder().Build(Specs()), 1, 2, 3]), StringComparison.Ordinal);
        Assert.Contains("set", Refusal(new CabinetBuilder { Flags = 1 }.Build(Specs())), StringComparison.Ordinal);

        static string Refusal(byte[] cabinet) => Assert.Throws<ImageProblemException>(() => Replace(cabinet, "tcpip.sys", Driver)).Message;
    }

    [Fact]
    public void A_declared_size_is_believed_only_within_bounds()
    {
        var bytes = CabinetBuilder.Single("tcpip.sys", new byte[100]);
        BitConverter.TryWriteBytes(bytes.AsSpan(44), 0x7FFFFFFFu); // cbFile
        var cabinet = Open(bytes);
        AssertProblem("too many", () => cabinet.Extract(cabinet.Files[0], Max));
        BitConverter.TryWriteBytes(bytes.AsSpan(44), 15_000_000u);
        cabinet = Open(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertProblem("beyond the end", () => cabinet.Extract(cabinet.Files[0], Max));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void A_flipped_bit_in_the_data_is_noticed_by_the_checksum()
    {
        var bytes = CabinetBuilder.Single("tcpip.sys", Driver);
        bytes[^1000] ^= 4;
        var cabinet = Open(bytes);
        AssertProblem("checksum", () => cabinet.Extract(cabinet.Files[0], Max));
    }

    [Fact]
    public void What_is_not_supported_is_named_with_a_way_out()
    {
        var bytes = CabinetBuilder.Single("tcpip.sys", Driver);
        bytes[42] = 2; // Quantum
        var cabinet = Open(bytes);
        AssertProblem("Quantum, which is not supported: unpack it with cabextract", () => cabinet.Extract(cabinet.Files[0], Max));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Damaged_cabinets_end_in_one_kind_of_error(int seed)
    {
        var random = new Random(seed);
        byte[][] samples =
        [
            new CabinetBuilder { HasNoChecksums = true }.Build(Specs(20_000)),
            new CabinetBuilder { Reserve = (5, 2, 3), HasNoChecksums = true, Flags = 3 }.Build(Specs(20_000)),
            new CabinetBuilder().Build(Specs(20_000)),
        ];
        var (read, whole) = (0, 0);
        const int Rounds = 1500;
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Mutation.Of(samples[random.Next(samples.Length)], random, within: random.Next(3) == 0 ? int.MaxValue : 250);
            try
            {
                var cabinet = Open(bytes);
                read++;
                var files = cabinet.Files.Take(10).ToList();
                whole += cabinet.Extract(files, 100_000).Count(r => r.Bytes is not null);
                files.ForEach(f => CabinetEditor.Replace(cabinet, f, [1, 2, 3]).CopyTo(_ => { }));
            }
            catch (ImageProblemException)
            {
            }
        }

        Assert.InRange(read, Rounds / 4, Rounds);
        Assert.InRange(whole, Rounds / 4, Rounds * 10);
    }

    private static CabinetFolderSpec[] Specs(int size = 90_000) =>
    [
        new(
            [("first.txt", "one"u8.ToArray()), ("tcpip.sys", SampleBytes.Mixed(1, size)),
                (@"dir\after.dll", SampleBytes.Mixed(2, size / 2))],
            new LzxStreamOptions(18, 5, size)),
        new([("mszip.bin", SampleBytes.Mixed(3, size)), ("second.sys", SampleBytes.Mixed(4, size))]),
        new([("stored.bin", SampleBytes.Mixed(5, size))], IsStored: true),
    ];

    private static Cabinet Open(byte[] bytes) => Cabinet.Open(new MemorySource(bytes));

    private static byte[] Replace(byte[] original, string name, byte[] content)
    {
        var cabinet = Open(original);
        var source = CabinetEditor.Replace(cabinet, cabinet.Files.Single(f => f.Name == name), content);
        return source.Read(0, (int)source.Length);
    }

    private static void AssertOnlyChanged(byte[] original, byte[] changed, string name, byte[] content)
    {
        var (before, after) = (Open(original), Open(changed));
        Assert.Equal(before.Files.Select(f => f.Name).Order(), after.Files.Select(f => f.Name).Order());
        foreach (var (file, bytes, _) in after.Extract(after.Files, Max))
        {
            var old = before.Files.Single(f => f.Name == file.Name);
            Assert.Equal(file.Name == name ? content : before.Extract(old, Max), bytes);
            Assert.Equal((old.Date, old.Time, old.Attributes), (file.Date, file.Time, file.Attributes));
        }
    }

    private static void AssertProblem(string words, Func<object?> action) =>
        Assert.Contains(words, Assert.Throws<ImageProblemException>(action).Message, StringComparison.Ordinal);
}
