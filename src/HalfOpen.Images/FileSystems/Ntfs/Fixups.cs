namespace HalfOpen.Images.FileSystems.Ntfs;

/// <summary>
/// The update sequence of NTFS: the last two bytes of each 512 are replaced by a number, so that a torn write shows;
/// what belongs there stands in an array in the
/// structure's header.
/// </summary>
/// <remarks>
/// <code>
///   4 offset of the array u16   6 its count u16   array: the number, then one u16 for each 512 bytes
/// </code>
/// </remarks>
internal static class Fixups
{
    public const int Stride = 512;

    /// <summary>Puts the real bytes back, in place.</summary>
    /// <exception cref="ImageProblemException">The structure is torn or none.</exception>
    public static void Apply(Span<byte> bytes, ReadOnlySpan<byte> magic)
    {
        if (!Fields.Starts(bytes, 0, magic))
        {
            throw Fields.Damaged("a structure of NTFS without its mark");
        }

        int array = Fields.U16(bytes, 4), count = Fields.U16(bytes, 6);
        if (count != (bytes.Length / Stride) + 1 || bytes.Length % Stride != 0 || array > Stride - 2 - (count * 2))
        {
            throw Fields.Damaged("a structure of NTFS with impossible fix-ups");
        }

        var number = Fields.U16(bytes, array);
        for (var i = 1; i < count; i++)
        {
            var end = (i * Stride) - 2;
            if (Fields.U16(bytes, end) != number)
            {
                throw Fields.Damaged("a structure of NTFS that was written only in part");
            }

            bytes.Slice(array + (i * 2), 2).CopyTo(bytes[end..]);
        }
    }

    /// <summary>Where a byte of a structure stands on the disk: in its place, or in the array.</summary>
    /// <param name="array">Offset of the array.</param>
    public static int PlaceOf(int position, int array) =>
        position % Stride < Stride - 2 ? position : array + 2 + (position / Stride * 2) + (position % Stride - (Stride - 2));
}
