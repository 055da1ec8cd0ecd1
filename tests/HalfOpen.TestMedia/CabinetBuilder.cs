using System.IO.Compression;
using System.Text;

namespace HalfOpen.TestMedia;

/// <summary>One folder of a cabinet to be built: <paramref name="Lzx"/>, else MSZIP without history, or
/// stored.</summary>
public sealed record CabinetFolderSpec(
    IReadOnlyList<(string Name, byte[] Bytes)> Files, LzxStreamOptions? Lzx = null, bool IsStored = false);

/// <summary>Builds cabinets of any shape, step by step, by other code than the product's.</summary>
public sealed class CabinetBuilder
{
    private const int Block = 32768;

    /// <value>Bytes reserved in header, folders and blocks.</value>
    public (ushort Header, byte Folder, byte Data) Reserve { get; init; }

    /// <value>Whether blocks carry no checksum.</value>
    public bool HasNoChecksums { get; init; }

    /// <value>Flags of the header besides those that follow from the rest; 1 and 2 add names of other cabinets.</value>
    public int Flags { get; init; }

    public byte[] Build(params IReadOnlyList<CabinetFolderSpec> folders)
    {
        var packed = folders.Select(Pack).ToList();
        var hasReserve = Reserve != default;
        var strings = new MemoryStream();
        for (var i = 0; i < ((Flags & 1) != 0 ? 2 : 0) + ((Flags & 2) != 0 ? 2 : 0); i++)
        {
            strings.Write("other.cab\0"u8);
        }

        var foldersStart = 36 + (hasReserve ? 4 + Reserve.Header : 0) + (int)strings.Length;
        var filesStart = foldersStart + (folders.Count * (8 + Reserve.Folder));
        var table = FileTable(folders);
        var dataStart = filesStart + table.Length;

        using var stream = new MemoryStream();
        using var w = new BinaryWriter(stream);
        w.Write("MSCF"u8);
        w.Write(0);
        w.Write(dataStart + packed.Sum(p => p.Data.Length));
        w.Write(0);
        w.Write(filesStart);
        w.Write(0);
        w.Write((byte)3);
        w.Write((byte)1);
        w.Write((ushort)folders.Count);
        w.Write((ushort)folders.Sum(f => f.Files.Count));
        w.Write((ushort)(Flags | (hasReserve ? 4 : 0)));
        w.Write((ushort)1234);
        w.Write((ushort)0);
        if (hasReserve)
        {
            w.Write(Reserve.Header);
            w.Write(Reserve.Folder);
            w.Write(Reserve.Data);
            w.Write(new byte[Reserve.Header]);
        }

        w.Write(strings.ToArray());
        foreach (var (i, folder) in folders.Index())
        {
            w.Write(dataStart + packed.Take(i).Sum(p => p.Data.Length));
            w.Write((ushort)packed[i].Blocks);
            w.Write((ushort)(folder.Lzx is { } lzx ? 3 | (lzx.WindowBits << 8) : folder.IsStored ? 0 : 1));
            w.Write(new byte[Reserve.Folder]);
        }

        w.Write(table);
        packed.ForEach(p => w.Write(p.Data));
        return stream.ToArray();
    }

    /// <summary>A cabinet of one file, as TCPIP.SY_ stands on media: LZX, window 2 MB.</summary>
    public static byte[] Single(string name, byte[] bytes, int windowBits = 21) =>
        new CabinetBuilder().Build(new CabinetFolderSpec([(name, bytes)], new LzxStreamOptions(windowBits, 1, CallFileSize: bytes.Length)));

    private static byte[] FileTable(IReadOnlyList<CabinetFolderSpec> folders)
    {
        using var stream = new MemoryStream();
        using var w = new BinaryWriter(stream);
        foreach (var (i, folder) in folders.Index())
        {
            var offset = 0;
            foreach (var (name, bytes) in folder.Files)
            {
                w.Write(bytes.Length);
                w.Write(offset);
                w.Write((ushort)i);
                w.Write((ushort)0x388D); // 2008-04-13
                w.Write((ushort)0x9B80); // 19:28:00
                w.Write((ushort)0x20);
                w.Write(Encoding.Latin1.GetBytes(name + '\0'));
                offset += bytes.Length;
            }
        }

        return stream.ToArray();
    }

    private (int Blocks, byte[] Data) Pack(CabinetFolderSpec folder)
    {
        var bytes = folder.Files.SelectMany(f => f.Bytes).ToArray();
        var blocks = folder.Lzx is { } lzx ? LzxEncoder.Encode(bytes, lzx)
            : [.. bytes.Chunk(Block).Select(b => folder.IsStored ? b : Mszip(b))];
        using var stream = new MemoryStream();
        using var w = new BinaryWriter(stream);
        foreach (var (i, block) in blocks.Index())
        {
            var head = new byte[4 + Reserve.Data];
            BitConverter.TryWriteBytes(head, (ushort)block.Length);
            BitConverter.TryWriteBytes(head.AsSpan(2), (ushort)Math.Min(Block, bytes.Length - (i * Block)));
            w.Write(HasNoChecksums ? 0u : Checksum(head) ^ Checksum(block));
            w.Write(head);
            w.Write(block);
        }

        return (blocks.Count, stream.ToArray());
    }

    private static byte[] Mszip(byte[] block)
    {
        using var stream = new MemoryStream();
        stream.Write("CK"u8);
        using (var deflate = new DeflateStream(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(block);
        }

        return stream.ToArray();
    }

    private static uint Checksum(byte[] bytes)
    {
        var sum = 0u;
        foreach (var word in bytes.Chunk(4))
        {
            // A rest of one to three bytes is read with the first byte as the highest.
            sum ^= word.Length == 4 ? BitConverter.ToUInt32(word) : word.Aggregate(0u, (value, b) => (value << 8) | b);
        }

        return sum;
    }
}
