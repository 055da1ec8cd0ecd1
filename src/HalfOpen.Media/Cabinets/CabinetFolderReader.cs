using System.Buffers.Binary;
using HalfOpen.Images;
using HalfOpen.Media.Compression;

namespace HalfOpen.Media.Cabinets;

/// <summary>Reads one folder from its beginning, block by block. Holds one block and what its packing remembers; not
/// thread-safe.</summary>
internal sealed class CabinetFolderReader(Cabinet cabinet, CabinetFolder folder)
{
    private readonly IBlockDecoder _decoder = folder.Packing switch
    {
        CabinetPacking.Stored => new StoredDecoder(),
        CabinetPacking.Mszip => new MszipDecoder(),
        CabinetPacking.Lzx => new LzxDecoder(folder.WindowBits),
        _ => throw new ImageProblemException(
            $"It is packed by {folder.PackingText}, which is not supported: unpack it with cabextract and name the unpacked file."),
    };

    private readonly byte[] _block = new byte[CabinetFormat.MaxUnpacked];
    private readonly byte[] _packed = new byte[CabinetFormat.MaxPacked];
    private long _next = folder.DataStart;
    private int _blocksRead, _used, _count;

    public CabinetFolder Folder => folder;

    /// <value>Bytes read or skipped so far, unpacked.</value>
    public long Position { get; private set; }

    /// <exception cref="ImageProblemException">The folder ends before, or is damaged.</exception>
    public void Skip(long count)
    {
        while (count > 0)
        {
            count -= Take((int)Math.Min(count, int.MaxValue)).Length;
        }
    }

    /// <exception cref="ImageProblemException">The folder ends before, or is damaged.</exception>
    public void Read(Span<byte> into)
    {
        while (into.Length > 0)
        {
            var piece = Take(into.Length);
            piece.CopyTo(into);
            into = into[piece.Length..];
        }
    }

    /// <summary>Where the data of a folder ends, from the lengths of its blocks; nothing is unpacked.</summary>
    /// <exception cref="ImageProblemException">It goes on beyond the cabinet's end.</exception>
    public static long FindEnd(Cabinet cabinet, CabinetFolder folder)
    {
        long end = folder.DataStart;
        Span<byte> head = stackalloc byte[CabinetFormat.DataSize];
        for (var i = 0; i < folder.Blocks; i++)
        {
            cabinet.Source.Read(end, head);
            end += CabinetFormat.DataSize + cabinet.Header.DataReserve + BinaryPrimitives.ReadUInt16LittleEndian(head[4..]);
        }

        return end <= cabinet.Header.Size ? end
            : throw new ImageProblemException("The data of the cabinet goes on beyond its end: it is damaged.");
    }

    private ReadOnlySpan<byte> Take(int atMost)
    {
        if (_used == _count)
        {
            ReadBlock();
        }

        var piece = _block.AsSpan(_used, Math.Min(atMost, _count - _used));
        _used += piece.Length;
        Position += piece.Length;
        return piece;
    }

    private void ReadBlock()
    {
        if (_blocksRead == folder.Blocks)
        {
            throw new ImageProblemException("A folder of the cabinet ends too early: it is damaged.");
        }

        var headSize = CabinetFormat.DataSize + cabinet.Header.DataReserve;
        Span<byte> head = stackalloc byte[CabinetFormat.DataSize + byte.MaxValue];
        head = head[..headSize];
        cabinet.Source.Read(_next, head);
        var packed = BinaryPrimitives.ReadUInt16LittleEndian(head[4..]);
        var unpacked = BinaryPrimitives.ReadUInt16LittleEndian(head[6..]);
        if (packed > CabinetFormat.MaxPacked || unpacked is 0 or > CabinetFormat.MaxUnpacked)
        {
            throw new ImageProblemException(unpacked == 0
                ? "A block goes on in another cabinet of the set: unpack it with cabextract and name the unpacked file."
                : "A block of the cabinet is longer than blocks can be: it is damaged.");
        }

        var data = _packed.AsSpan(0, packed);
        cabinet.Source.Read(_next + headSize, data);
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (stored != 0 && stored != CabinetFormat.Checksum(head[4..], data))
        {
            throw new ImageProblemException("A block of the cabinet does not match its checksum: the file is damaged.");
        }

        _decoder.Decode(data, _block.AsSpan(0, unpacked));
        (_used, _count) = (0, unpacked);
        _next += headSize + packed;
        _blocksRead++;
    }
}
