using System.Buffers.Binary;
using System.Text;
using HalfOpen.Images;

namespace HalfOpen.Media.Cabinets;

/// <summary>
/// A cabinet (<c>SP3.CAB</c>, <c>TCPIP.SY_</c>): its table, read at once, and the files in it, unpacked when asked for.
/// What it declares bounds nothing: the caller says how much may be unpacked. Not thread-safe.
/// </summary>
public sealed class Cabinet
{
    /// <summary>Bytes. What stands further back in an unpacked folder is not reached: the largest genuine folders have
    /// some 100 MB.</summary>
    public const long MaxFolderSize = 1L << 30;

    private const int NameBuffer = CabinetFormat.FileSize + CabinetFormat.MaxName + 1;

    private Cabinet(ByteSource source, CabinetHeader header)
    {
        Source = source;
        Header = header;
    }

    /// <value>In the order of the table.</value>
    public IReadOnlyList<CabinetFile> Files { get; private init; } = [];

    public IReadOnlyList<CabinetFolder> Folders { get; private init; } = [];

    internal ByteSource Source { get; }

    internal CabinetHeader Header { get; }

    /// <summary>Whether bytes begin as a cabinet does.</summary>
    public static bool IsCabinet(ReadOnlySpan<byte> head) => head.StartsWith(CabinetFormat.Magic);

    /// <summary>Reads the table of a cabinet: a few bytes for each file in it.</summary>
    /// <exception cref="ImageProblemException">It is none, cut off or damaged.</exception>
    public static Cabinet Open(ByteSource source)
    {
        var header = CabinetHeader.Read(source);
        var folders = new CabinetFolder[header.Folders];
        var entry = new byte[CabinetFormat.FolderSize];
        for (var i = 0; i < folders.Length; i++)
        {
            source.Read(header.FolderEntry(i), entry);
            folders[i] = CabinetFolder.Of(
                BinaryPrimitives.ReadUInt32LittleEndian(entry),
                BinaryPrimitives.ReadUInt16LittleEndian(entry.AsSpan(4)),
                BinaryPrimitives.ReadUInt16LittleEndian(entry.AsSpan(6)));
        }

        return new Cabinet(source, header) { Folders = folders, Files = ReadFiles(source, header) };
    }

    /// <summary>Unpacks one file.</summary>
    /// <param name="maxBytes">A file that declares more is refused before anything is allocated.</param>
    /// <exception cref="ImageProblemException">It is too large, damaged, goes on in another cabinet, or is packed in a
    /// way that is not supported.</exception>
    public byte[] Extract(CabinetFile file, int maxBytes)
    {
        CabinetFolderReader? reader = null;
        return ExtractNext(file, maxBytes, ref reader);
    }

    /// <summary>Unpacks files; of each folder only once what lies before them. Results are in the order of the files
    /// given.</summary>
    /// <param name="maxBytes">Of each file; one that declares more is refused before anything is allocated.</param>
    public IReadOnlyList<(CabinetFile File, byte[]? Bytes, ImageProblemException? Problem)> Extract(
        IReadOnlyList<CabinetFile> files, int maxBytes)
    {
        var results = new (CabinetFile, byte[]?, ImageProblemException?)[files.Count];
        CabinetFolderReader? reader = null;
        foreach (var (i, file) in files.Index().OrderBy(f => f.Item.Folder).ThenBy(f => f.Item.Offset))
        {
            try
            {
                results[i] = (file, ExtractNext(file, maxBytes, ref reader), null);
            }
            catch (ImageProblemException e)
            {
                results[i] = (file, null, e);
                reader = null; // its state is unknown now
            }
        }

        return results;
    }

    private byte[] ExtractNext(CabinetFile file, int maxBytes, ref CabinetFolderReader? reader)
    {
        if (file.Size > maxBytes)
        {
            throw new ImageProblemException($"{file.Name} unpacks to {file.Size:N0} bytes, which are too many (at most {maxBytes:N0}).");
        }

        if (file.Folder >= CabinetFormat.FirstSpanningFolder)
        {
            throw new ImageProblemException(
                $"{file.Name} goes on in another cabinet of its set: unpack it with cabextract and name the unpacked file.");
        }

        if (file.Folder >= Folders.Count || file.Offset + (long)file.Size > MaxFolderSize)
        {
            throw new ImageProblemException($"{file.Name} lies outside its folder: the cabinet is damaged.");
        }

        var folder = Folders[file.Folder];
        if (file.Offset + (long)file.Size > (long)folder.Blocks * CabinetFormat.MaxUnpacked)
        {
            throw new ImageProblemException($"{file.Name} lies beyond the end of its folder: the cabinet is damaged.");
        }

        if (reader is null || reader.Folder != folder || reader.Position > file.Offset)
        {
            reader = new CabinetFolderReader(this, folder);
        }

        reader.Skip(file.Offset - reader.Position);
        var bytes = new byte[file.Size];
        reader.Read(bytes);
        return bytes;
    }

    private static List<CabinetFile> ReadFiles(ByteSource source, CabinetHeader header)
    {
        var files = new List<CabinetFile>();
        var buffer = new byte[NameBuffer];
        var offset = header.FilesStart;
        for (var i = 0; i < header.Files; i++)
        {
            var head = buffer.AsSpan(0, (int)Math.Min(buffer.Length, header.Size - Math.Min(offset, header.Size)));
            source.Read(offset, head);
            var end = head.Length > CabinetFormat.FileSize ? head[CabinetFormat.FileSize..].IndexOf((byte)0) : -1;
            if (end < 0)
            {
                throw new ImageProblemException("A name in the cabinet does not end: it is cut off or damaged.");
            }

            var attributes = BinaryPrimitives.ReadUInt16LittleEndian(head[14..]);
            var encoding = (attributes & CabinetFormat.NameIsUtf8) != 0 ? Encoding.UTF8 : Encoding.Latin1;
            files.Add(new CabinetFile(
                encoding.GetString(head.Slice(CabinetFormat.FileSize, end)),
                BinaryPrimitives.ReadUInt32LittleEndian(head),
                BinaryPrimitives.ReadUInt32LittleEndian(head[4..]),
                BinaryPrimitives.ReadUInt16LittleEndian(head[8..]),
                BinaryPrimitives.ReadUInt16LittleEndian(head[10..]),
                BinaryPrimitives.ReadUInt16LittleEndian(head[12..]),
                attributes)
            {
                Entry = (offset, CabinetFormat.FileSize + end + 1),
            });
            offset += CabinetFormat.FileSize + end + 1;
        }

        return files;
    }
}
