using System.Text;
using HalfOpen.Images;

namespace HalfOpen.Media.Iso9660;

/// <summary>The records of one folder, read sector by sector. Not thread-safe.</summary>
/// <param name="path">Of the folder, without a slash at its end.</param>
internal sealed class IsoFolder(ByteSource source, IsoTree tree, string path, long start, long size)
{
    /// <summary>Bytes: some 100,000 names.</summary>
    private const int MaxSize = 8 * 1024 * 1024;

    private const int SectorSize = IsoImage.SectorSize;
    private const int MinRecord = 34;
    private const int IsFolderFlag = 2, GoesOnFlag = 0x80;

    public IEnumerable<IsoEntry> Entries()
    {
        if (size > MaxSize)
        {
            throw new ImageProblemException("A folder of the image is larger than folders are: the image is damaged.");
        }

        var sector = new byte[SectorSize];
        IsoEntry? pieces = null; // a file that goes on in the next record
        for (var offset = start; offset < start + size; offset += SectorSize)
        {
            source.Read(offset, sector);
            for (var i = 0; i + MinRecord <= SectorSize && sector[i] != 0; i += sector[i])
            {
                var entry = Parse(sector.AsSpan(i), offset + i, out var goesOn);
                if (entry is null)
                {
                    continue; // the folder itself, or the one above
                }

                if (goesOn || pieces?.Path == entry.Path)
                {
                    pieces = pieces?.Path == entry.Path ? pieces
                        : entry with { Problem = "It is stored in several pieces, which is not supported." };
                    if (goesOn)
                    {
                        continue;
                    }

                    entry = pieces;
                }

                pieces = null;
                yield return entry;
            }
        }

        if (pieces is not null)
        {
            yield return pieces;
        }
    }

    private IsoEntry? Parse(ReadOnlySpan<byte> record, long place, out bool goesOn)
    {
        var (length, nameLength) = (record[0], record[32]);
        if (length < MinRecord || length > record.Length || nameLength == 0 || 33 + nameLength > length)
        {
            throw new ImageProblemException("A directory record of the image is damaged.");
        }

        goesOn = (record[25] & GoesOnFlag) != 0;
        var name = record.Slice(33, nameLength);
        if (nameLength == 1 && name[0] is 0 or 1)
        {
            return null;
        }

        var text = Name(name);
        if (text.Contains('/', StringComparison.Ordinal) || text is "" or "." or "..")
        {
            throw new ImageProblemException("A name in the image is none that a file can have: the image is damaged.");
        }

        var isInterleaved = record[26] != 0 || record[27] != 0;
        var hasAttributes = record[1] != 0;
        var isFolder = (record[25] & IsFolderFlag) != 0;
        return new IsoEntry(
            path + "/" + text,
            isFolder,
            (BothEndian.Read32(record[2..]) + (long)record[1]) * SectorSize,
            BothEndian.Read32(record[10..]),
            isInterleaved ? "It is stored interleaved, which is not supported."
                : hasAttributes && !isFolder ? "It has an extended attribute record, which is not supported." : null)
        {
            Record = place,
        };
    }

    private string Name(ReadOnlySpan<byte> name)
    {
        var text = tree.IsJoliet ? Encoding.BigEndianUnicode.GetString(name) : Encoding.Latin1.GetString(name);
        var version = text.LastIndexOf(';');
        text = version > 0 ? text[..version] : text;
        return text.Length > 1 && text.EndsWith('.') ? text[..^1] : text; // "README." has no extension
    }
}
