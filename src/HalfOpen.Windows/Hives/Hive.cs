using System.Buffers.Binary;
using System.Text;

namespace HalfOpen.Windows.Hives;

/// <summary>
/// A Windows registry hive (<c>regf</c>), read only. Every offset and length in it is checked before it is used:
/// damaged parts are simply not there. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// base block, 4096 bytes: 0 "regf" · 4 sequence before · 8 sequence after · 20 major · 24 minor · 36 root cell
///       · 40 size of the bins · 508 checksum
/// then bins of cells; a cell's offset counts from 4096:  0 size, i32, negative when in use · 4 content
///   nk key      0 "nk" · 2 flags (0x20 Latin-1 name) · 20 subkeys · 28 their list · 36 values · 40 their list
///         · 72 name length · 76 name
///   vk value    0 "vk" · 2 name length · 4 data size (top bit: the data stands in the next field) · 8 data cell
///         · 12 type · 16 flags (1 Latin-1) · 20 name
///   lf, lh      0 signature · 2 count · 4 pairs of (key cell, hash)      li: key cells only
///         ri: cells of further lists
///   db data     0 "db" · 2 count of pieces · 4 cell that lists them; a piece carries at most 16,344 bytes
/// </code>
/// The layout is undocumented by Microsoft; this is what hives made by hivex and by Windows have in common.
/// </remarks>
public sealed class Hive
{
    internal const int BaseBlock = 4096;
    private const int ChecksumOffset = 508;
    private readonly byte[] _bytes;

    private Hive(byte[] bytes) => _bytes = bytes;

    /// <value>True: the two sequence numbers differ, so Windows did not finish writing and a log replay is pending.
    /// What is read may be old.</value>
    public bool IsDirty { get; private init; }

    /// <value>True: the base block's own checksum is right.</value>
    public bool IsChecksumValid { get; private init; }

    /// <summary>The root key, or null when it is damaged.</summary>
    public HiveKey? Root => HiveKey.At(this, U32(36));

    /// <summary>Reads the base block.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="problem">What is wrong, one sentence, when the result is null.</param>
    public static Hive? Read(byte[] bytes, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        problem = bytes.Length < BaseBlock ? $"{bytes.Length:N0} bytes are too few for a registry hive."
            : !bytes.AsSpan(0, 4).SequenceEqual("regf"u8) ? "this is no registry hive: it does not begin with 'regf'."
            : null;
        if (problem is not null)
        {
            return null;
        }

        var hive = new Hive(bytes)
        {
            IsDirty = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8)),
            IsChecksumValid = Checksum(bytes) == BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(ChecksumOffset)),
        };
        if (hive.Root is null)
        {
            problem = "the registry hive is damaged: its root key cannot be read.";
            return null;
        }

        return hive;
    }

    /// <summary>XOR of the 127 words before the checksum; 0 and 0xFFFFFFFF are stored as 1 and 0xFFFFFFFE.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> baseBlock)
    {
        var sum = 0u;
        for (var i = 0; i < ChecksumOffset; i += 4)
        {
            sum ^= BinaryPrimitives.ReadUInt32LittleEndian(baseBlock[i..]);
        }

        return sum switch { 0 => 1, uint.MaxValue => uint.MaxValue - 1, _ => sum };
    }

    /// <summary>
    /// The content of a cell in use, without its size; empty when the offset leads nowhere or the cell is free or too
    /// short.
    /// </summary>
    internal ReadOnlySpan<byte> Cell(uint offset, int atLeast)
    {
        var start = (long)offset + BaseBlock;
        if (start + 4 > _bytes.Length)
        {
            return [];
        }

        var size = -(long)BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan((int)start));
        return size >= 4L + atLeast && start + size <= _bytes.Length ? _bytes.AsSpan((int)start + 4, (int)size - 4) : [];
    }

    internal static string Name(ReadOnlySpan<byte> bytes, bool isLatin1) =>
        isLatin1 ? Encoding.Latin1.GetString(bytes) : Encoding.Unicode.GetString(bytes[..(bytes.Length & ~1)]);

    private uint U32(int position) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(position));
}
