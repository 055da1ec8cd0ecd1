using FsCheck;
using FsCheck.Fluent;
using HalfOpen.Driver;
using Xunit;

namespace HalfOpen.Tests.Driver;

/// <summary>The checksum against the plain loop of its definition.</summary>
public sealed class ChecksumTests
{
    [Fact]
    public void It_equals_the_definition_for_any_bytes_and_any_place_of_the_field()
    {
        var cases = from bytes in Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf().Where(b => b.Length >= 4)
                    from at in Gen.Choose(0, bytes.Length - 4)
                    select (bytes, at);
        Check.One(Seeded.Config(500),
            Prop.ForAll(cases.ToArbitrary(), c => PeChecksum.Compute(c.bytes, c.at) == Definition(c.bytes, c.at)));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(255_999)]
    [InlineData(256_001)]
    [InlineData(1_100_003)]
    public void No_lane_overflows_when_every_byte_is_0xFF(int length)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, (byte)0xFF);
        Assert.Equal(Definition(bytes, 0), PeChecksum.Compute(bytes, 0));
        Assert.Equal(Definition(bytes, length - 4), PeChecksum.Compute(bytes, length - 4));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(13)]
    [InlineData(int.MaxValue)]
    public void The_field_must_lie_inside(int offset) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PeChecksum.Compute(new byte[16], offset));

    [Theory]
    [InlineData(0x61C06, 0, 0x61C60)] // XP SP3 x86, immediate at the even offset 0x4FA46
    [InlineData(0xC7D26, 0, 0xC7D80)] // XP x64, immediate at the even offset 0xB85CC
    [InlineData(0x61C06, 1, 0x67606)] // at an odd offset the same change counts 256-fold
    public void Ten_to_a_hundred_moves_the_checksum_by_90_at_an_even_offset(uint before, int oddness, uint after)
    {
        const int Field = 0x58;
        var bytes = new byte[before >> 16 == 6 ? 361_344 : 768_000];
        var at = 0x1000 + oddness;
        bytes[at] = 10;
        var word = unchecked((ushort)(before - PeChecksum.Compute(bytes, Field)));
        BitConverter.TryWriteBytes(bytes.AsSpan(0x2000), word);
        Assert.Equal(before, PeChecksum.Compute(bytes, Field));
        bytes[at] = 100;
        Assert.Equal(after, PeChecksum.Compute(bytes, Field));
    }

    private static uint Definition(byte[] bytes, int field)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
        {
            uint low = i >= field && i < field + 4 ? 0u : bytes[i];
            uint high = i + 1 >= bytes.Length || (i + 1 >= field && i + 1 < field + 4) ? 0u : bytes[i + 1];
            sum += low | (high << 8);
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return sum + (uint)bytes.Length;
    }
}
