using System.Buffers.Binary;
using HalfOpen.Images;

namespace HalfOpen.Media.Iso9660;

/// <summary>Numbers that ISO 9660 writes twice, little-endian and then big-endian (ECMA-119 7.2.3, 7.3.3).</summary>
internal static class BothEndian
{
    /// <exception cref="ImageProblemException">The two differ.</exception>
    public static uint Read32(ReadOnlySpan<byte> field)
    {
        var value = BinaryPrimitives.ReadUInt32LittleEndian(field);
        return value == BinaryPrimitives.ReadUInt32BigEndian(field[4..]) ? value : throw Differ();
    }

    /// <exception cref="ImageProblemException">The two differ.</exception>
    public static ushort Read16(ReadOnlySpan<byte> field)
    {
        var value = BinaryPrimitives.ReadUInt16LittleEndian(field);
        return value == BinaryPrimitives.ReadUInt16BigEndian(field[2..]) ? value : throw Differ();
    }

    public static byte[] Of32(uint value)
    {
        var field = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(field, value);
        BinaryPrimitives.WriteUInt32BigEndian(field.AsSpan(4), value);
        return field;
    }

    private static ImageProblemException Differ() => new("A number of the image stands there twice with two values: it is damaged.");
}
