using System.Text;

namespace HalfOpen.Images.FileSystems.Ntfs;

/// <summary>Where the parts of a file's attributes stand when they do not fit into one record.</summary>
/// <remarks>
/// <code>
///   entry: 0 type  4 length u16  6 name length  7 name offset  8 first VCN  16 file reference  24 attribute number
/// </code>
/// </remarks>
internal static class AttributeList
{
    private const int MinEntry = 26;

    /// <summary>The entries of one attribute, by their first VCN.</summary>
    public static IReadOnlyList<(long FirstVcn, long Record)> Read(ReadOnlySpan<byte> list, uint type, string name)
    {
        var entries = new List<(long FirstVcn, long Record)>();
        while (list.Length >= MinEntry)
        {
            int length = Fields.U16(list, 4);
            if (length < MinEntry || length > list.Length)
            {
                throw Fields.Damaged("an attribute list with an impossible entry");
            }

            if (Fields.U32(list, 0) == type && Encoding.Unicode.GetString(Fields.Part(list, list[7], list[6] * 2)) == name)
            {
                entries.Add((Fields.Long(list, 8), (long)(Fields.U64(list, 16) & NtfsVolume.RecordMask)));
            }

            list = list[length..];
        }

        entries.Sort();
        return entries;
    }
}
