using System.Buffers.Binary;
using System.Text;
using HalfOpen.Media.Compression;

namespace HalfOpen.Media.Cabinets;

/// <summary>Writes cabinets that every Windows Setup reads: one file, MSZIP, checksums. Thread-safe.</summary>
public static class CabinetWriter
{
    /// <summary>A cabinet that holds one file, as <c>makecab</c> makes <c>TCPIP.SY_</c>.</summary>
    /// <param name="file">Name, date, time and attributes; its other values follow from the bytes.</param>
    /// <param name="bytes">At most 16 MB.</param>
    /// <exception cref="ArgumentException">The name is empty or too long, or there are too many bytes.</exception>
    public static byte[] Single(CabinetFile file, ReadOnlySpan<byte> bytes)
    {
        var name = NameBytes(file);
        var (blocks, data) = Data(bytes, reserve: 0);
        var filesStart = CabinetFormat.HeaderSize + CabinetFormat.FolderSize;
        var dataStart = filesStart + CabinetFormat.FileSize + name.Length;
        var cabinet = new byte[dataStart + data.Length];

        CabinetFormat.Magic.CopyTo(cabinet);
        BinaryPrimitives.WriteUInt32LittleEndian(cabinet.AsSpan(8), (uint)cabinet.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(cabinet.AsSpan(16), (uint)filesStart);
        (cabinet[24], cabinet[25]) = (3, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(cabinet.AsSpan(26), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(cabinet.AsSpan(28), 1);
        WriteFolder(cabinet.AsSpan(CabinetFormat.HeaderSize), (uint)dataStart, blocks);
        WriteFile(cabinet.AsSpan(filesStart), file, name, (uint)bytes.Length, folder: 0);
        data.CopyTo(cabinet.AsSpan(dataStart));
        return cabinet;
    }

    internal static void WriteFolder(Span<byte> entry, uint dataStart, ushort blocks)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(entry, dataStart);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[4..], blocks);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[6..], 1); // MSZIP
    }

    internal static void WriteFile(Span<byte> entry, CabinetFile file, ReadOnlySpan<byte> name, uint size, ushort folder)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(entry, size);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], 0);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[8..], folder);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[10..], file.Date);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[12..], file.Time);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[14..], file.Attributes);
        name.CopyTo(entry[CabinetFormat.FileSize..]);
    }

    /// <summary>The data blocks of a folder that holds one file.</summary>
    /// <param name="reserve">Bytes that this cabinet reserves in each block; left zero.</param>
    internal static (ushort Blocks, byte[] Data) Data(ReadOnlySpan<byte> bytes, int reserve)
    {
        if (bytes.Length > 16 * 1024 * 1024)
        {
            throw new ArgumentException("Too many bytes for one file.", nameof(bytes));
        }

        var blocks = MszipEncoder.Encode(bytes);
        using var data = new MemoryStream();
        var head = new byte[CabinetFormat.DataSize + reserve];
        foreach (var (i, block) in blocks.Index())
        {
            var unpacked = Math.Min(CabinetFormat.MaxUnpacked, bytes.Length - (i * CabinetFormat.MaxUnpacked));
            BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(4), (ushort)block.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(6), (ushort)unpacked);
            BinaryPrimitives.WriteUInt32LittleEndian(head, CabinetFormat.Checksum(head.AsSpan(4), block));
            data.Write(head);
            data.Write(block);
        }

        return ((ushort)blocks.Count, data.ToArray());
    }

    /// <summary>The name as it stands in a CFFILE, with its zero.</summary>
    private static byte[] NameBytes(CabinetFile file)
    {
        var encoding = (file.Attributes & CabinetFormat.NameIsUtf8) != 0 ? Encoding.UTF8 : Encoding.Latin1;
        var name = encoding.GetBytes(file.Name + '\0');
        return name.Length is > 1 and <= CabinetFormat.MaxName + 1 && name.AsSpan().IndexOf((byte)0) == name.Length - 1
            ? name
            : throw new ArgumentException("The name is empty, too long, or holds a zero.", nameof(file));
    }
}
