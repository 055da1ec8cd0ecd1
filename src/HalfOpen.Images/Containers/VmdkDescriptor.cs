using System.Globalization;
using System.Text;

namespace HalfOpen.Images.Containers;

/// <summary>One line of a VMDK descriptor: <c>RW 4192256 SPARSE "xp-s001.vmdk"</c>.</summary>
/// <param name="Length">Bytes of the disk.</param>
/// <param name="FileOffset">Bytes into the extent's file; FLAT only.</param>
internal sealed record VmdkExtentLine(long Length, string Kind, string? File, long FileOffset);

/// <summary>The text of a VMDK that says what its disk is made of (VMware, "Virtual Disk Format 5.0").</summary>
internal sealed class VmdkDescriptor
{
    /// <summary>Bytes; VMware writes 10 KB at most. 2-GB extents of the largest disk make 1,000 lines.</summary>
    public const int MaxSize = 256 * 1024;

    private const int MaxExtents = 1000;

    private VmdkDescriptor(IReadOnlyList<VmdkExtentLine> extents, Dictionary<string, string> values)
    {
        Extents = extents;
        Identity = values.GetValueOrDefault("ddb.uuid.image") ?? values.GetValueOrDefault("ddb.longContentID")
            ?? values.GetValueOrDefault("CID");
        CreateType = values.GetValueOrDefault("createType") ?? "";
        ParentId = values.GetValueOrDefault("parentCID") ?? "ffffffff";
    }

    public IReadOnlyList<VmdkExtentLine> Extents { get; }

    public string? Identity { get; }

    public string CreateType { get; }

    /// <value><c>ffffffff</c>: none.</value>
    public string ParentId { get; }

    public static VmdkDescriptor Parse(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        var text = Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
        var extents = new List<VmdkExtentLine>();
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (ParseExtent(line) is { } extent)
            {
                extents.Add(extents.Count < MaxExtents ? extent : throw Fields.Damaged("a VMDK of too many pieces"));
            }
            else if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
            {
                values[line[..at].Trim()] = line[(at + 1)..].Trim().Trim('"');
            }
        }

        return new VmdkDescriptor(extents, values);
    }

    private static VmdkExtentLine? ParseExtent(string line)
    {
        var words = line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 3 || words[0] is not ("RW" or "RDONLY" or "NOACCESS"))
        {
            return null;
        }

        if (!long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sectors) || sectors > 1L << 42)
        {
            throw Fields.Damaged("a VMDK with an impossible piece");
        }

        var rest = words.Length > 3 ? words[3] : "";
        var first = rest.IndexOf('"', StringComparison.Ordinal);
        var last = rest.LastIndexOf('"');
        var name = first >= 0 && last > first ? rest[(first + 1)..last] : null;
        var tail = last >= 0 ? rest[(last + 1)..].Trim().Split(' ')[0] : "";
        var offset = tail.Length == 0 ? 0
            : long.TryParse(tail, NumberStyles.None, CultureInfo.InvariantCulture, out var start) && start <= 1L << 42 ? start
                : throw Fields.Damaged("a VMDK with an impossible piece");
        return new VmdkExtentLine(sectors * 512, words[2].ToUpperInvariant(), name, offset * 512);
    }
}
