using System.Text;

namespace HalfOpen.Images.FileSystems.Fat;

/// <summary>Collects the entries of a FAT folder, cluster by cluster.</summary>
/// <remarks>
/// <code>
///   entry: 0 name 8+3  11 attributes  12 case (8: name, 16: extension in small letters)  20, 26 cluster  28 size
///   long name (attributes 0F), before its entry, last part first: 0 number, bit 6 the last  1, 14, 28 characters
///         13 checksum of the short name
/// </code>
/// </remarks>
internal sealed class FatDirectory
{
    private const int EntrySize = 32;
    private const byte Deleted = 0xE5, LongName = 0x0F, VolumeLabel = 0x08, Folder = 0x10;

    private readonly char[] _long = new char[20 * 13];
    private int _expected;
    private byte _checksum;
    private int _length;

    public List<VolumeEntry> Entries { get; } = [];

    /// <summary>Takes in a piece of the folder; false when it was the last.</summary>
    public bool Add(ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= EntrySize; bytes = bytes[EntrySize..])
        {
            var entry = bytes[..EntrySize];
            if (entry[0] == 0)
            {
                return false;
            }

            if (entry[0] == Deleted)
            {
                _length = 0;
            }
            else if ((entry[11] & 0x3F) == LongName)
            {
                AddPart(entry);
            }
            else
            {
                AddEntry(entry);
                _length = 0;
            }
        }

        return true;
    }

    private void AddPart(ReadOnlySpan<byte> entry)
    {
        var number = entry[0] & 0x3F;
        if ((entry[0] & 0x40) != 0)
        {
            _length = number is >= 1 and <= 20 ? number * 13 : 0;
            (_expected, _checksum) = (number, entry[13]);
        }

        if (_length == 0 || number != _expected || entry[13] != _checksum || number == 0)
        {
            _length = 0; // parts that do not belong together: the short name counts
            return;
        }

        _expected--;
        var to = _long.AsSpan((number - 1) * 13, 13);
        for (var i = 0; i < 13; i++)
        {
            to[i] = (char)Fields.U16(entry, i < 5 ? 1 + (i * 2) : i < 11 ? 14 + ((i - 5) * 2) : 28 + ((i - 11) * 2));
        }
    }

    private void AddEntry(ReadOnlySpan<byte> entry)
    {
        var attributes = entry[11];
        if ((attributes & VolumeLabel) != 0 || (entry[0] == '.' && entry[1] is (byte)' ' or (byte)'.'))
        {
            return;
        }

        var shortName = ShortName(entry);
        var name = LongNameOf(entry) ?? shortName;
        var isFolder = (attributes & Folder) != 0;
        Entries.Add(Entries.Count < FileSystem.MaxEntries
            ? new VolumeEntry(name, name == shortName ? null : shortName, isFolder ? VolumeEntryKind.Folder
                : VolumeEntryKind.File, isFolder ? 0 : Fields.U32(entry, 28))
            {
                Reference = (Fields.U16(entry, 20) << 16 | Fields.U16(entry, 26)) & 0x0FFF_FFFF,
            }
            : throw Fields.Damaged("a folder with too many entries"));
    }

    private string? LongNameOf(ReadOnlySpan<byte> entry)
    {
        if (_length == 0 || _expected != 0 || _checksum != Checksum(entry))
        {
            return null;
        }

        var text = _long.AsSpan(0, _length);
        var end = text.IndexOf('\0');
        text = end < 0 ? text : text[..end];
        return text.Length == 0 || text.Contains('/') ? null : new string(text);
    }

    private static byte Checksum(ReadOnlySpan<byte> shortName)
    {
        var sum = 0;
        for (var i = 0; i < 11; i++)
        {
            sum = (((sum & 1) << 7) + (sum >> 1) + shortName[i]) & 0xFF;
        }

        return (byte)sum;
    }

    /// <summary>Letters beyond ASCII depend on a code page that the volume does not name; they are shown as
    /// Latin-1.</summary>
    private static string ShortName(ReadOnlySpan<byte> entry)
    {
        Span<byte> bytes = stackalloc byte[11];
        entry[..11].CopyTo(bytes);
        bytes[0] = bytes[0] == 0x05 ? Deleted : bytes[0];
        var name = Encoding.Latin1.GetString(bytes[..8]).TrimEnd(' ');
        var extension = Encoding.Latin1.GetString(bytes[8..]).TrimEnd(' ');
        name = (entry[12] & 8) != 0 ? name.ToLowerInvariant() : name;
        extension = (entry[12] & 16) != 0 ? extension.ToLowerInvariant() : extension;
        return (extension.Length == 0 ? name : name + "." + extension).Replace('/', '_');
    }
}
