using System.Buffers.Binary;
using HalfOpen.Images;

namespace HalfOpen.Media.Cabinets;

/// <summary>The numbers of a cabinet's header. Immutable.</summary>
internal sealed record CabinetHeader
{
    /// <value>Bytes of the whole cabinet.</value>
    public required long Size { get; init; }

    /// <value>Where the CFFILEs begin.</value>
    public required long FilesStart { get; init; }

    public required int Folders { get; init; }

    public required int Files { get; init; }

    public required int Flags { get; init; }

    /// <value>Where the CFFOLDERs begin.</value>
    public required long FoldersStart { get; init; }

    /// <value>Bytes reserved in each CFFOLDER.</value>
    public required int FolderReserve { get; init; }

    /// <value>Bytes reserved in each CFDATA.</value>
    public required int DataReserve { get; init; }

    /// <value>Where the CFFOLDERs end.</value>
    public long FoldersEnd => FolderEntry(Folders);

    public long FolderEntry(int index) => FoldersStart + ((CabinetFormat.FolderSize + FolderReserve) * (long)index);

    /// <exception cref="ImageProblemException">It is no cabinet, cut off or damaged.</exception>
    public static CabinetHeader Read(ByteSource source)
    {
        if (!source.Has(0, CabinetFormat.HeaderSize))
        {
            throw new ImageProblemException("This is too short for a cabinet.");
        }

        var head = source.Read(0, CabinetFormat.HeaderSize);
        if (!Cabinet.IsCabinet(head))
        {
            throw new ImageProblemException("This is no cabinet: it does not begin with MSCF.");
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8));
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(30));
        if (head[25] != 1 || size < CabinetFormat.HeaderSize)
        {
            throw new ImageProblemException("The header of the cabinet is damaged.");
        }

        if (size > source.Length)
        {
            throw new ImageProblemException($"The cabinet is cut off: {source.Length:N0} of {size:N0} bytes are there.");
        }

        var (next, folderReserve, dataReserve) = ((long)CabinetFormat.HeaderSize, 0, 0);
        if ((flags & CabinetFormat.HasReserved) != 0)
        {
            var reserve = source.Read(next, 4);
            (folderReserve, dataReserve) = (reserve[2], reserve[3]);
            next += 4 + BinaryPrimitives.ReadUInt16LittleEndian(reserve);
        }

        var strings = ((flags & CabinetFormat.HasPrevious) != 0 ? 2 : 0) + ((flags & CabinetFormat.HasNext) != 0 ? 2 : 0);
        for (; strings > 0; strings--)
        {
            next = BehindString(source, next);
        }

        return new CabinetHeader
        {
            Size = size,
            FilesStart = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(16)),
            Folders = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(26)),
            Files = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(28)),
            Flags = flags,
            FoldersStart = next,
            FolderReserve = folderReserve,
            DataReserve = dataReserve,
        };
    }

    private static long BehindString(ByteSource source, long start)
    {
        Span<byte> one = stackalloc byte[1];
        for (var i = start; i <= start + CabinetFormat.MaxName; i++)
        {
            source.Read(i, one);
            if (one[0] == 0)
            {
                return i + 1;
            }
        }

        throw new ImageProblemException("A name in the header of the cabinet does not end: it is damaged.");
    }
}
