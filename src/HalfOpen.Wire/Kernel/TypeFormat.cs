using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Kernel;

/// <summary>
/// Looks one field up in the kernel's own type information (/sys/kernel/btf/vmlinux; Documentation/bpf/btf.rst), since
/// field offsets differ from kernel to kernel.
/// <code>
/// magic 0xeB9F (2) | version | flags | header length (4) | type offset, type length, string offset,
///       string length (4 each, offsets from the end of the header)
/// each type: name offset (4) | kflag:1 .. kind:5 (bits 24-28) .. vlen:16 (4) | size or type (4),
///       then what its kind says
/// each member of a structure: name offset (4) | type (4) | bit offset (4; its low 24 bits when kflag is set)
/// </code>
/// </summary>
public static class TypeFormat
{
    private const int Structure = 4;

    /// <summary>
    /// Offset in bytes of a member of a structure, by their names; false when it is not there, is a bit field, or the
    /// data is damaged.
    /// </summary>
    public static bool TryFindMember(ReadOnlySpan<byte> data, string structure, string member, out int offsetBytes)
    {
        offsetBytes = 0;
        if (!TrySections(data, out var types, out var strings))
        {
            return false;
        }

        var structureName = Encoding.ASCII.GetBytes(structure);
        var memberName = Encoding.ASCII.GetBytes(member);
        while (types.Length >= 12)
        {
            var info = ReadUInt32LittleEndian(types[4..]);
            var kind = (int)((info >> 24) & 0x1f);
            var count = (int)(info & 0xffff);
            var extra = ExtraLength(kind, count);
            if (extra < 0 || types.Length < 12 + extra)
            {
                return false;
            }

            if (kind == Structure && IsNamed(strings, ReadUInt32LittleEndian(types), structureName))
            {
                return TryMember(types.Slice(12, extra), strings, memberName, kindFlag: info >> 31 != 0, out offsetBytes);
            }

            types = types[(12 + extra)..];
        }

        return false;
    }

    private static bool TryMember(ReadOnlySpan<byte> members, ReadOnlySpan<byte> strings, ReadOnlySpan<byte> name, bool kindFlag,
        out int offsetBytes)
    {
        offsetBytes = 0;
        for (; members.Length >= 12; members = members[12..])
        {
            if (!IsNamed(strings, ReadUInt32LittleEndian(members), name))
            {
                continue;
            }

            var offset = ReadUInt32LittleEndian(members[8..]);
            var bits = kindFlag ? offset & 0xff_ffff : offset;
            var isBitField = (kindFlag && offset >> 24 != 0) || bits % 8 != 0;
            offsetBytes = (int)(bits / 8);
            return !isBitField;
        }

        return false;
    }

    private static bool TrySections(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> types, out ReadOnlySpan<byte> strings)
    {
        types = strings = default;
        if (data.Length < 24 || ReadUInt16LittleEndian(data) != 0xeb9f)
        {
            return false;
        }

        ulong header = ReadUInt32LittleEndian(data[4..]);
        return TrySlice(data, header + ReadUInt32LittleEndian(data[8..]), ReadUInt32LittleEndian(data[12..]), out types)
            && TrySlice(data, header + ReadUInt32LittleEndian(data[16..]), ReadUInt32LittleEndian(data[20..]), out strings);
    }

    private static bool TrySlice(ReadOnlySpan<byte> data, ulong start, ulong length, out ReadOnlySpan<byte> slice)
    {
        var fits = start + length <= (ulong)data.Length;
        slice = fits ? data.Slice((int)start, (int)length) : default;
        return fits;
    }

    private static bool IsNamed(ReadOnlySpan<byte> strings, uint offset, ReadOnlySpan<byte> name) =>
        (ulong)offset + (ulong)name.Length < (ulong)strings.Length && strings[(int)offset..].StartsWith(name)
            && strings[(int)offset + name.Length] == 0;

    /// <summary>
    /// Bytes behind the 12 that every type has; -1 for a kind that we do not know (and so cannot skip).
    /// </summary>
    private static int ExtraLength(int kind, int count) => kind switch
    {
        1 or 14 or 17 => 4, // integer, variable, declaration tag
        3 => 12, // array
        4 or 5 or 15 or 19 => count * 12, // structure, union, data section, 64-bit enumeration
        6 or 13 => count * 8, // enumeration, function prototype
        2 or (>= 7 and <= 12) or 16 or 18 => 0,
        _ => -1,
    };
}
