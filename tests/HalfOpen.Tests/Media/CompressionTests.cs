using HalfOpen.Images;
using HalfOpen.Media.Compression;
using HalfOpen.TestMedia;
using Xunit;

namespace HalfOpen.Tests.Media;

/// <summary>Each packing against a packer that the tests bring along. Against real tools:
/// tests/HalfOpen.SystemTests/Media.</summary>
public sealed class CompressionTests
{
    private static readonly int[] Sizes = [1, 2, 9, 10, 11, 300, 32767, 32768, 32769, 65536, 100_001, 361_344];

    [Theory]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    [InlineData(19)]
    [InlineData(20)]
    [InlineData(21)]
    public void Lzx_unpacks_blocks_of_every_kind(int windowBits)
    {
        foreach (var (i, size) in Sizes.Index())
        {
            foreach (var kind in Enumerable.Range(0, 4))
            {
                var bytes = SampleBytes.Mixed((windowBits * 100) + i, size);
                var options = new LzxStreamOptions(windowBits, (kind * 31) + i, i % 2 == 0 ? 0 : size, kind);
                var unpacked = Unpack(new LzxDecoder(windowBits), LzxEncoder.Encode(bytes, options), size);
                Assert.True(bytes.AsSpan().SequenceEqual(unpacked), $"{size} bytes, {options}");
            }
        }
    }

    [Fact]
    public void Lzx_reaches_back_through_the_whole_window()
    {
        // Noise repeated at about the window's length, so that only far matches are any good; and beyond the window,
        // where none is.
        foreach (var windowBits in new[] { 15, 16, 17, 18, 21 })
        {
            var noise = new byte[(1 << windowBits) - 3000];
            new Random(windowBits).NextBytes(noise);
            byte[] bytes = [.. noise, .. noise.AsSpan(0, Math.Min(noise.Length, 300_000))];
            var frames = LzxEncoder.Encode(bytes, new LzxStreamOptions(windowBits, 3, OnlyKind: 1 + (windowBits % 2)));
            Assert.True(frames.Sum(f => f.Length) < noise.Length * 1.2, "the repetition should have been found");
            Assert.True(bytes.AsSpan().SequenceEqual(Unpack(new LzxDecoder(windowBits), frames, bytes.Length)), $"window {windowBits}");
        }
    }

    [Theory]
    [InlineData(14)]
    [InlineData(22)]
    [InlineData(0)]
    public void Lzx_has_seven_windows(int windowBits) => Assert.Throws<ImageProblemException>(() => new LzxDecoder(windowBits));

    [Fact]
    public void Mszip_refers_to_the_block_before()
    {
        // Noise that stands twice, 20 KB apart and across the blocks: only with history does it get smaller.
        var noise = new byte[20_000];
        new Random(1).NextBytes(noise);
        byte[] bytes = [.. noise, .. noise, .. noise, .. noise];
        var blocks = MszipEncoder.Encode(bytes);
        Assert.True(blocks[1].Length < 5000, "the second block repeats the first");
        Assert.Equal(bytes, Unpack(new MszipDecoder(), blocks, bytes.Length));
    }

    [Fact]
    public void Mszip_gives_back_every_length()
    {
        foreach (var (i, size) in Sizes.Index())
        {
            var bytes = SampleBytes.Mixed(i, size);
            var blocks = MszipEncoder.Encode(bytes);
            Assert.All(blocks, b => Assert.InRange(b.Length, 3, MszipEncoder.MaxPacked));
            Assert.Equal(bytes, Unpack(new MszipDecoder(), blocks, size));
        }
    }

    [Fact]
    public void Mszip_stores_what_does_not_get_smaller()
    {
        var noise = new byte[100_000];
        new Random(5).NextBytes(noise);
        var blocks = MszipEncoder.Encode(noise);
        Assert.All(blocks, b => Assert.InRange(b.Length, 3, 32768 + 12));
        Assert.Equal(noise, Unpack(new MszipDecoder(), blocks, noise.Length));
    }

    [Fact]
    public void Szdd_gives_back_every_length()
    {
        foreach (var (i, size) in Sizes.Index())
        {
            var bytes = SampleBytes.Mixed(i + 50, size);
            Assert.Equal(bytes, SzddDecoder.Decode(SzddEncoder.Encode(bytes), size));
        }
    }

    [Fact]
    public void Szdd_window_begins_with_spaces()
    {
        // One match at the place where the window begins: 18 spaces that no data brought.
        byte[] file = [0x53, 0x5A, 0x44, 0x44, 0x88, 0xF0, 0x27, 0x33, (byte)'A', 0, 18, 0, 0, 0, 0x00, 0x00, 0x0F];
        Assert.Equal(Enumerable.Repeat((byte)' ', 18), SzddDecoder.Decode(file, 100));
    }

    [Fact]
    public void Szdd_that_declares_too_much_is_refused_before_memory_is_taken()
    {
        byte[] file = [0x53, 0x5A, 0x44, 0x44, 0x88, 0xF0, 0x27, 0x33, (byte)'A', 0, 0xFF, 0xFF, 0xFF, 0x00, 0x00];
        AssertProblem("too many", () => SzddDecoder.Decode(file, 1000));
        AssertProblem("cut off", () => SzddDecoder.Decode(file, 1 << 24));
    }

    /// <summary>Damage to a packed stream: an error in one sentence or other bytes, never anything else.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Damaged_streams_end_in_one_kind_of_error(int seed)
    {
        var random = new Random(seed);
        var bytes = SampleBytes.Mixed(seed, 70_000);
        (Func<IBlockDecoder> Decoder, IReadOnlyList<byte[]> Blocks)[] streams =
        [
            (() => new MszipDecoder(), MszipEncoder.Encode(bytes)),
            .. Enumerable.Range(0, 4)
                .Select(kind => ((Func<IBlockDecoder>)NewLzx, LzxEncoder.Encode(bytes, new LzxStreamOptions(16, seed, 70_000, kind)))),
        ];
        var refused = 0;
        const int Rounds = 600;
        for (var round = 0; round < Rounds; round++)
        {
            var (decoder, blocks) = streams[round % streams.Length];
            var damaged = blocks.Select(b => (byte[])b.Clone()).ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                var block = random.Next(damaged.Length);
                damaged[block] = Mutation.Of(damaged[block], random);
            }

            try
            {
                Unpack(decoder(), damaged, bytes.Length);
            }
            catch (ImageProblemException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, Rounds / 4, Rounds);
    }

    private static LzxDecoder NewLzx() => new(16);

    private static byte[] Unpack(IBlockDecoder decoder, IReadOnlyList<byte[]> blocks, int size)
    {
        var output = new byte[size];
        foreach (var (i, block) in blocks.Index())
        {
            decoder.Decode(block, output.AsSpan(i * 32768, Math.Min(32768, size - (i * 32768))));
        }

        return output;
    }

    private static void AssertProblem(string words, Func<object?> action) =>
        Assert.Contains(words, Assert.Throws<ImageProblemException>(action).Message, StringComparison.Ordinal);
}
