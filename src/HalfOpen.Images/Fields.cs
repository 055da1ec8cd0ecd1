using System.Buffers.Binary;

namespace HalfOpen.Images;

/// <summary>
/// Reads numbers of headers. 64-bit numbers are held below 2^51, so that a product with a sector or cluster size and a
/// sum of a few of
/// them cannot overflow: no real image has as many bytes (2 PiB).
/// </summary>
internal static class Fields
{
    private const ulong Limit = 1UL << 51;

    public static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(Part(bytes, at, 2));

    public static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(Part(bytes, at, 4));

    public static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(Part(bytes, at, 8));

    public static uint BigU32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(Part(bytes, at, 4));

    public static ulong BigU64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64BigEndian(Part(bytes, at, 8));

    /// <summary>A little-endian offset, length or sector number.</summary>
    public static long Long(ReadOnlySpan<byte> bytes, int at) => Bounded(U64(bytes, at));

    /// <summary>A big-endian offset, length or sector number.</summary>
    public static long BigLong(ReadOnlySpan<byte> bytes, int at) => Bounded(BigU64(bytes, at));

    public static long Bounded(ulong value) => value < Limit ? (long)value : throw Damaged("a number in it is impossibly large");

    public static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> bytes, int at, int count) =>
        at >= 0 && count >= 0 && count <= bytes.Length && at <= bytes.Length - count ? bytes.Slice(at, count)
            : throw Damaged("a field lies outside its structure");

    public static bool Starts(ReadOnlySpan<byte> bytes, int at, ReadOnlySpan<byte> text) =>
        at >= 0 && bytes.Length >= text.Length && at <= bytes.Length - text.Length && bytes.Slice(at, text.Length).SequenceEqual(text);

    /// <param name="what">What was seen, without a capital and a full stop.</param>
    public static ImageProblemException Damaged(string what) => new($"It is damaged or cut off ({what}).");
}
