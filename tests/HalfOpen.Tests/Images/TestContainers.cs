using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Text;

namespace HalfOpen.Tests.Images;

/// <summary>
/// Writes a disk into a container, the least of each format that another reader would take. Blocks of zeros are left
/// out, and blocks stand in the file in
/// reverse, so that nothing is found by luck. (The system tests have the same from qemu-img.)
/// </summary>
internal static class TestContainers
{
    public static readonly string[] Kinds = ["raw", "vhd", "vhd-fixed", "vhdx", "vmdk", "vmdk-flat", "vmdk-pieces", "vdi", "qcow2-v2",
        "qcow2-v3", "qcow2-sub", "qcow2-packed"];

    public static MemoryImage Build(string kind, byte[] disk) => new("x", Files(kind, disk));

    public static Dictionary<string, byte[]> Files(string kind, byte[] disk) => kind switch
    {
        "raw" => One(disk),
        "vhd" => One(Vhd(disk)),
        "vhd-fixed" => One([.. disk, .. VhdFooter(disk.Length, 2, -1)]),
        "vhdx" => One(Vhdx(disk)),
        "vmdk" =>
            One(VmdkSparse(disk,
                Encoding.ASCII.GetBytes(
                    "# Disk DescriptorFile\nCID=12345678\nparentCID=ffffffff\ncreateType=\"monolithicSparse\"\nRW " + (disk.Length / 512)
                        + " SPARSE \"x\"\n"))),
        "vmdk-flat" => new() { ["x"] = Descriptor($"RW {disk.Length / 512} FLAT \"x-flat.vmdk\" 2\n"), ["x-flat.vmdk"] =
            [.. new byte[1024], .. disk] },
        "vmdk-pieces" => Pieces(disk),
        "vdi" => One(Vdi(disk)),
        "qcow2-v2" => One(Qcow2(disk, 2, 0, false)),
        "qcow2-v3" => One(Qcow2(disk, 3, 0, false)),
        "qcow2-sub" => One(Qcow2(disk, 3, 16, false)),
        "qcow2-packed" => One(Qcow2(disk, 3, 0, true)),
        _ => throw new ArgumentException(kind),
    };

    public static byte[] VhdFooter(long size, int type, long header)
    {
        var footer = new byte[512];
        "conectix"u8.CopyTo(footer);
        BinaryPrimitives.WriteInt64BigEndian(footer.AsSpan(16), header);
        BinaryPrimitives.WriteInt64BigEndian(footer.AsSpan(48), size);
        BinaryPrimitives.WriteInt32BigEndian(footer.AsSpan(60), type);
        footer[70] = 0x77;
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(64), ~(uint)footer.Sum(b => b));
        return footer;
    }

    private static Dictionary<string, byte[]> One(byte[] bytes) => new() { ["x"] = bytes };

    private static byte[] Descriptor(string lines) =>
        Encoding.ASCII.GetBytes("# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n" + lines);

    private static Dictionary<string, byte[]> Pieces(byte[] disk)
    {
        var half = disk.Length / 1024 * 512;
        return new Dictionary<string, byte[]>
        {
            ["x"] = Descriptor($"RW {half / 512} SPARSE \"x-s001.vmdk\"\nRW {(disk.Length - half) / 512} SPARSE \"x-s002.vmdk\"\nRW "
                + "64 ZERO\n"),
            ["x-s001.vmdk"] = VmdkSparse(disk[..half], []),
            ["x-s002.vmdk"] = VmdkSparse(disk[half..], []),
        };
    }

    /// <summary>The blocks of a disk that are not all zeros, in reverse.</summary>
    private static List<(int Index, byte[] Bytes)> Blocks(byte[] disk, int size) =>
        [.. disk.Chunk(size).Select((b, i) => (i, b.Length == size ? b
            : [.. b, .. new byte[size - b.Length]])).Where(b => b.Item2.AsSpan().ContainsAnyExcept((byte)0)).Reverse()];

    private static byte[] Vhd(byte[] disk)
    {
        const int BlockSize = 4096;
        var count = (disk.Length + BlockSize - 1) / BlockSize;
        var table = Enumerable.Repeat((byte)0xFF, ((count * 4) + 511) & ~511).ToArray();
        var header = new byte[1024];
        "cxsparse"u8.CopyTo(header);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(16), 512 + 1024);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(28), count);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(32), BlockSize);
        var data = new List<byte>();
        foreach (var (index, bytes) in Blocks(disk, BlockSize))
        {
            BinaryPrimitives.WriteInt32BigEndian(table.AsSpan(index * 4), (512 + 1024 + table.Length + data.Count) / 512);
            var bitmap = new byte[512];
            for (var s = 0; s < 8; s++)
            {
                bitmap[0] |= bytes.AsSpan(s * 512, 512).ContainsAnyExcept((byte)0) ? (byte)(0x80 >> s) : (byte)0;
            }

            data.AddRange(bitmap);
            data.AddRange(bytes);
        }

        var footer = VhdFooter(disk.Length, 3, 512);
        return [.. footer, .. header, .. table, .. data, .. footer];
    }

    private static byte[] Vdi(byte[] disk)
    {
        const int BlockSize = 4096;
        var count = (disk.Length + BlockSize - 1) / BlockSize;
        var map = Enumerable.Repeat((byte)0xFF, ((count * 4) + 511) & ~511).ToArray();
        var data = new List<byte>();
        foreach (var (index, bytes) in Blocks(disk, BlockSize))
        {
            BitConverter.TryWriteBytes(map.AsSpan(index * 4), data.Count / BlockSize);
            data.AddRange(bytes);
        }

        var header = new byte[512];
        foreach (var (at, value) in new[] { (64, 0xBEDA107Fu), (68, 0x10001u), (72, 400u), (76, 1u), (340, 512u), (344,
            512u + (uint)map.Length), (360, 512u), (376, (uint)BlockSize), (384, (uint)count), (392, 0x1234u) })
        {
            BitConverter.TryWriteBytes(header.AsSpan(at), value);
        }

        BitConverter.TryWriteBytes(header.AsSpan(368), (long)disk.Length);
        return [.. header, .. map, .. data];
    }

    private static byte[] VmdkSparse(byte[] disk, byte[] descriptor)
    {
        const int GrainSize = 4096, Entries = 16;
        var tables = (disk.Length + (GrainSize * Entries) - 1) / (GrainSize * Entries);
        var header = new byte[512];
        "KDMV"u8.CopyTo(header);
        BitConverter.TryWriteBytes(header.AsSpan(4), 1);
        BitConverter.TryWriteBytes(header.AsSpan(8), 1);
        header[73] = 0x0A;
        header[74] = 0x20;
        header[75] = 0x0D;
        header[76] = 0x0A;
        var text = (descriptor.Length + 511) & ~511;
        foreach (var (at, value) in new (int, long)[] { (12, disk.Length / 512), (20, GrainSize / 512), (28, text == 0 ? 0
            : 1), (36, text / 512), (56, 1 + (text / 512)) })
        {
            BitConverter.TryWriteBytes(header.AsSpan(at), value);
        }

        BitConverter.TryWriteBytes(header.AsSpan(44), Entries);
        var directorySize = ((tables * 4) + 511) & ~511;
        var all = new byte[512 + text + directorySize + (tables * 512)];
        header.CopyTo(all, 0);
        descriptor.CopyTo(all, 512);
        var data = new List<byte>();
        foreach (var (index, bytes) in Blocks(disk, GrainSize))
        {
            var table = 512 + text + directorySize + (index / Entries * 512);
            BitConverter.TryWriteBytes(all.AsSpan(512 + text + (index / Entries * 4)), table / 512);
            BitConverter.TryWriteBytes(all.AsSpan(table + (index % Entries * 4)), (all.Length + data.Count) / 512);
            data.AddRange(bytes);
        }

        return [.. all, .. data];
    }

    private static byte[] Vhdx(byte[] disk)
    {
        const int MiB = 1024 * 1024, KiB = 1024;
        var blocks = Blocks(disk, MiB);
        var all = new byte[(3 + blocks.Count) * MiB];
        "vhdxfile"u8.CopyTo(all);
        "head"u8.CopyTo(all.AsSpan(64 * KiB));
        BitConverter.TryWriteBytes(all.AsSpan((64 * KiB) + 8), 5L);
        all[(64 * KiB) + 66] = 1;
        Seal(all.AsSpan(64 * KiB, 4 * KiB));
        var region = all.AsSpan(192 * KiB, 64 * KiB);
        "regi"u8.CopyTo(region);
        region[8] = 2;
        Entry(region[16..], "2DC27766-F623-4200-9D64-115E9BFD4A08", MiB, MiB);
        Entry(region[48..], "8B7CA206-4790-4B9A-B8FE-575F050F886E", 2 * MiB, MiB);
        Seal(region);
        var metadata = all.AsSpan(2 * MiB, MiB);
        "metadata"u8.CopyTo(metadata);
        metadata[10] = 4;
        var at = 64 * KiB;
        var slot = 32;
        foreach (var (id, value) in new (string, byte[])[]
        {
            ("CAA16737-FA36-4D43-B3B6-33F0AA44E76B", [.. BitConverter.GetBytes(MiB), 0, 0, 0, 0]),
            ("2FA54224-CD1B-4876-B211-5DBED83BF4B8", BitConverter.GetBytes((long)disk.Length)),
            ("8141BF1D-A96F-4709-BA47-F233A8FAAB5F", BitConverter.GetBytes(512)),
            ("BECA12AB-B2E6-4523-93EF-C309E000C746", Guid.NewGuid().ToByteArray()),
        })
        {
            new Guid(id).TryWriteBytes(metadata[slot..]);
            BitConverter.TryWriteBytes(metadata[(slot + 16)..], at);
            BitConverter.TryWriteBytes(metadata[(slot + 20)..], value.Length);
            value.CopyTo(metadata[at..]);
            (slot, at) = (slot + 32, at + value.Length);
        }

        for (var i = 0; i < blocks.Count; i++)
        {
            BitConverter.TryWriteBytes(all.AsSpan(MiB + (blocks[i].Index * 8)), ((3L + i) << 20) | 6);
            blocks[i].Bytes.CopyTo(all, (3 + i) * MiB);
        }

        return all;

        static void Entry(Span<byte> to, string id, long offset, int length)
        {
            new Guid(id).TryWriteBytes(to);
            BitConverter.TryWriteBytes(to[16..], offset);
            BitConverter.TryWriteBytes(to[24..], length);
        }

        static void Seal(Span<byte> bytes)
        {
            var crc = 0xFFFF_FFFFu;
            foreach (var b in bytes)
            {
                crc = BitOperations.Crc32C(crc, b);
            }

            BitConverter.TryWriteBytes(bytes[4..], ~crc);
        }
    }

    private static byte[] Qcow2(byte[] disk, int version, ulong incompatible, bool packed)
    {
        const int ClusterBits = 14, ClusterSize = 1 << ClusterBits;
        var entrySize = incompatible == 0 ? 8 : 16;
        var perTable = ClusterSize / entrySize;
        var tables = (((disk.Length + ClusterSize - 1) / ClusterSize) + perTable - 1) / perTable;
        var all = new byte[ClusterSize * (2 + tables)];
        var header = all.AsSpan();
        new byte[] { (byte)'Q', (byte)'F', (byte)'I', 0xFB }.CopyTo(header);
        foreach (var (at, value) in new[] { (4, version), (20, ClusterBits), (36, tables), (96, 4), (100, 104) })
        {
            BinaryPrimitives.WriteInt32BigEndian(header[at..], value);
        }

        BinaryPrimitives.WriteInt64BigEndian(header[24..], disk.Length);
        BinaryPrimitives.WriteInt64BigEndian(header[40..], ClusterSize);
        BinaryPrimitives.WriteUInt64BigEndian(header[72..], incompatible);
        var data = new List<byte>();
        foreach (var (index, bytes) in Blocks(disk, ClusterSize))
        {
            var table = (2 + (index / perTable)) * ClusterSize;
            BinaryPrimitives.WriteUInt64BigEndian(header[(ClusterSize + (index / perTable * 8))..], (ulong)(uint)table | (1UL << 63));
            var entry = header[(table + (index % perTable * entrySize))..];
            var place = (ulong)(all.Length + data.Count);
            if (packed)
            {
                var stream = new MemoryStream();
                using (var deflate = new DeflateStream(stream, CompressionLevel.Fastest, leaveOpen: true))
                {
                    deflate.Write(bytes);
                }

                var sectors = (((place & 511) + (ulong)stream.Length + 511) / 512) - 1;
                BinaryPrimitives.WriteUInt64BigEndian(entry, (1UL << 62) | place | (sectors << (62 - (ClusterBits - 8))));
                data.AddRange(stream.ToArray());
                continue;
            }

            BinaryPrimitives.WriteUInt64BigEndian(entry, (1UL << 63) | place);
            if (entrySize == 16)
            {
                ulong bitmap = 0;
                for (var i = 0; i < 32; i++)
                {
                    var isZero = !bytes.AsSpan(i * ClusterSize / 32, ClusterSize / 32).ContainsAnyExcept((byte)0);
                    bitmap |= isZero ? 1UL << (32 + i) : 1UL << i;
                }

                BinaryPrimitives.WriteUInt64BigEndian(entry[8..], bitmap);
            }

            data.AddRange(bytes);
        }

        data.AddRange(new byte[(ClusterSize - (data.Count % ClusterSize)) % ClusterSize]);
        return [.. all, .. data];
    }
}
