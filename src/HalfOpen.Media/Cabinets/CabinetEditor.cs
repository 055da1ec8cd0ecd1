using System.Buffers.Binary;
using HalfOpen.Images;
using HalfOpen.Media.Sources;

namespace HalfOpen.Media.Cabinets;

/// <summary>
/// Replaces one file in a cabinet of many. Every other packed byte stays as it is: the new content becomes a folder of
/// its own at the end, and the file's entry, moved to the end of the table, leads there. The old content stays where it
/// was, unreachable. Pure.
/// </summary>
/// <remarks>Entries stay in the order of their folders, as every writer leaves them, so that a reader can pass over the
/// data once.</remarks>
public static class CabinetEditor
{
    /// <summary>The cabinet as it will be. Reads the original while it is read.</summary>
    /// <param name="bytes">The new content, at most 16 MB.</param>
    /// <exception cref="ImageProblemException">The cabinet's shape does not allow it: the message says why.</exception>
    public static ByteSource Replace(Cabinet cabinet, CabinetFile file, ReadOnlySpan<byte> bytes)
    {
        var header = cabinet.Header;
        var tableEnd = cabinet.Files[^1].Entry.Start + cabinet.Files[^1].Entry.Length;
        Check(cabinet, tableEnd);
        var (blocks, data) = CabinetWriter.Data(bytes, header.DataReserve);

        // A file that we replaced before is alone in the last folder: that folder is replaced then, and the cabinet
        // does not grow each time.
        var reuse = IsAloneAtEnd(cabinet, file);
        var growth = reuse ? 0 : CabinetFormat.FolderSize + header.FolderReserve;
        var folders = header.Folders + (reuse ? 0 : 1);
        var dataStart = reuse ? cabinet.Folders[^1].DataStart : header.Size + growth;
        var size = dataStart + data.Length;
        if (size > int.MaxValue || folders >= CabinetFormat.FirstSpanningFolder)
        {
            throw new ImageProblemException("The cabinet would become larger than cabinets can be.");
        }

        var head = cabinet.Source.Read(0, (int)header.FoldersEnd);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(8), (uint)size);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(16), (uint)(header.FilesStart + growth));
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(26), (ushort)folders);
        for (var i = 0; i < header.Folders; i++)
        {
            var entry = head.AsSpan((int)header.FolderEntry(i));
            BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)(cabinet.Folders[i].DataStart + growth));
        }

        var added = new byte[growth];
        CabinetWriter.WriteFolder(reuse ? head.AsSpan((int)header.FolderEntry(header.Folders - 1)) : added, (uint)dataStart, blocks);

        var own = cabinet.Source.Read(file.Entry.Start, file.Entry.Length);
        CabinetWriter.WriteFile(own, file, [], (uint)bytes.Length, (ushort)(folders - 1));
        return new JoinedSource(
            new MemorySource(head),
            new MemorySource(added),
            new SliceSource(cabinet.Source, header.FoldersEnd, file.Entry.Start - header.FoldersEnd),
            new SliceSource(cabinet.Source, file.Entry.Start + file.Entry.Length, tableEnd - file.Entry.Start - file.Entry.Length),
            new MemorySource(own),
            new SliceSource(cabinet.Source, tableEnd, dataStart - growth - tableEnd),
            new MemorySource(data));
    }

    private static void Check(Cabinet cabinet, long tableEnd)
    {
        var header = cabinet.Header;
        if (cabinet.Source.Length != header.Size)
        {
            throw new ImageProblemException("Something (a signature?) follows the end of the cabinet, which a change would break.");
        }

        if ((header.Flags & (CabinetFormat.HasPrevious | CabinetFormat.HasNext)) != 0)
        {
            throw new ImageProblemException("The cabinet is one of a set: only single cabinets are changed.");
        }

        if (header.FoldersEnd > header.FilesStart || cabinet.Folders.Any(f => f.DataStart < tableEnd))
        {
            throw new ImageProblemException("The parts of the cabinet stand in an unusual order: it is not changed.");
        }
    }

    private static bool IsAloneAtEnd(Cabinet cabinet, CabinetFile file)
    {
        if (file.Folder != cabinet.Folders.Count - 1
            || file.Entry != cabinet.Files[^1].Entry
            || cabinet.Files.Count(f => f.Folder == file.Folder) != 1)
        {
            return false;
        }

        var start = cabinet.Folders[^1].DataStart;
        return CabinetFolderReader.FindEnd(cabinet, cabinet.Folders[^1]) == cabinet.Header.Size
            && cabinet.Folders.SkipLast(1).All(f => f.DataStart < start && CabinetFolderReader.FindEnd(cabinet, f) <= start);
    }
}
