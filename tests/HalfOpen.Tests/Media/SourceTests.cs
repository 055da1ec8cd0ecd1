using HalfOpen.Images;
using HalfOpen.Media.Sources;
using Xunit;

namespace HalfOpen.Tests.Media;

/// <summary>Edited and joined sources against plain arrays.</summary>
public sealed class SourceTests
{
    [Fact]
    public void An_edited_source_reads_as_the_array_would()
    {
        var random = new Random(4);
        for (var round = 0; round < 300; round++)
        {
            var array = new byte[random.Next(1, 400)];
            random.NextBytes(array);
            var edited = new EditedSource(new MemorySource((byte[])array.Clone()));
            var expected = array.ToList();
            for (var at = random.Next(20); at < array.Length; at += random.Next(1, 60))
            {
                var piece = new byte[random.Next(0, Math.Min(30, array.Length - at) + 1)];
                random.NextBytes(piece);
                edited.Replace(at, new MemorySource(piece));
                piece.CopyTo(array, at);
                at += piece.Length;
            }

            expected = [.. array];
            for (var i = random.Next(3); i > 0; i--)
            {
                var piece = new byte[random.Next(50)];
                random.NextBytes(piece);
                Assert.Equal(expected.Count, edited.Append(new MemorySource(piece)));
                expected.AddRange(piece);
            }

            AssertReads(edited, [.. expected], random);
        }
    }

    [Fact]
    public void Joined_sources_read_as_one()
    {
        var random = new Random(5);
        for (var round = 0; round < 300; round++)
        {
            var parts = Enumerable.Range(0, random.Next(6)).Select(_ => new byte[random.Next(40)]).ToList();
            parts.ForEach(random.NextBytes);
            AssertReads(new JoinedSource(parts.Select(p => new MemorySource(p))), [.. parts.SelectMany(p => p)], random);
        }
    }

    [Fact]
    public void A_range_is_replaced_once_and_only_inside()
    {
        var edited = new EditedSource(new MemorySource(new byte[100]));
        edited.Replace(10, new MemorySource(new byte[10]));
        Assert.Throws<ArgumentException>(() => edited.Replace(19, new MemorySource(new byte[2])));
        Assert.Throws<ArgumentException>(() => edited.Replace(5, new MemorySource(new byte[50])));
        Assert.Throws<ArgumentException>(() => edited.Replace(99, new MemorySource(new byte[2])));
        edited.Replace(20, new MemorySource(new byte[80]));
    }

    private static void AssertReads(ByteSource source, byte[] expected, Random random)
    {
        Assert.Equal(expected.Length, source.Length);
        var copy = new List<byte>();
        source.CopyTo(piece => copy.AddRange(piece));
        Assert.Equal(expected, copy);
        for (var i = 0; i < 20; i++)
        {
            var start = random.Next(expected.Length + 1);
            var count = random.Next(expected.Length - start + 1);
            Assert.Equal(expected.AsSpan(start, count).ToArray(), source.Read(start, count));
            Assert.Equal(expected.AsSpan(start, count).ToArray(), new SliceSource(source, start, count).Read(0, count));
        }

        Assert.Throws<ImageProblemException>(() => source.Read(expected.Length, 1));
        Assert.Throws<ImageProblemException>(() => source.Read(-1, 1));
        Assert.Throws<ImageProblemException>(() => new SliceSource(source, 0, expected.Length + 1L));
    }
}
