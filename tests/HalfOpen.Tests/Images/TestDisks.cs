using System.Text;

namespace HalfOpen.Tests.Images;

/// <summary>Writes FAT volumes and partition tables for tests.</summary>
internal static class TestDisks
{
    /// <summary>A small FAT volume with files in one folder each, a long name before every entry, clusters in
    /// reverse.</summary>
    public static byte[] Fat(bool is32, bool isClean, params (string Folder, string Name, byte[] Content)[] files)
    {
        const int Cluster = 512, Reserved = 4, FatSectors = 40, RootEntries = 64;
        var rootSectors = is32 ? 0 : RootEntries * 32 / 512;
        var dataSector = Reserved + FatSectors + rootSectors;
        const int Clusters = 5000;
        var bytes = new byte[(dataSector + Clusters) * 512];
        bytes[0] = 0xEB;
        foreach (var (at, value) in new[] { (11, 512), (14, Reserved), (17, is32 ? 0
            : RootEntries), (19, dataSector + Clusters), (22, is32 ? 0 : FatSectors), (36, is32 ? FatSectors : 0), (510, 0xAA55) })
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(at), (ushort)value);
        }

        (bytes[13], bytes[16], bytes[21], bytes[44]) = (1, 1, 0xF8, is32 ? (byte)2 : (byte)0);
        var free = 2 + Clusters - 1;
        void Set(int cluster, uint value)
        {
            var at = (Reserved * 512) + (cluster * (is32 ? 4 : 2));
            _ = is32 ? BitConverter.TryWriteBytes(bytes.AsSpan(at), value)
                : BitConverter.TryWriteBytes(bytes.AsSpan(at), (ushort)(value & 0xFFFF));
        }

        Set(1, isClean ? 0x0FFF_FFFFu : is32 ? 0x07FF_FFFFu : 0x7FFF);
        int Store(byte[] content, int? first = null)
        {
            var clusters = Enumerable.Range(0, Math.Max(1, (content.Length + Cluster - 1) / Cluster)).Select(i => i == 0
                && first is { } f ? f : free--).ToList();
            for (var i = 0; i < clusters.Count; i++)
            {
                Set(clusters[i], i + 1 < clusters.Count ? (uint)clusters[i + 1] : 0x0FFF_FFFF);
                content.AsSpan(i * Cluster, Math.Min(Cluster,
                    content.Length - (i * Cluster))).CopyTo(bytes.AsSpan((dataSector + clusters[i] - 2) * 512));
            }

            return clusters[0];
        }

        var root = new List<byte>();
        var number = 0;
        foreach (var folder in files.GroupBy(f => f.Folder))
        {
            var inner = folder.SelectMany(f => Entry(f.Name, ++number, 0, Store(f.Content), f.Content.Length)).ToArray();
            root.AddRange(folder.Key.Length == 0 ? inner : Entry(folder.Key, ++number, 0x10, Store(inner), 0));
        }

        if (is32)
        {
            Store([.. root], first: 2);
        }
        else
        {
            root.CopyTo(bytes, (Reserved + FatSectors) * 512);
        }

        return bytes;
    }

    /// <summary>A disk with an MBR whose entries are of the given types; 5 makes an extended partition around one
    /// logical volume.</summary>
    public static byte[] Mbr(int sectorSize, params (byte Type, byte[] Volume)[] partitions)
    {
        var disk = new List<byte>(new byte[64 * sectorSize]);
        var table = new byte[512];
        BitConverter.TryWriteBytes(table.AsSpan(440), 0xCAFEBABE);
        for (var i = 0; i < partitions.Length; i++)
        {
            var (type, volume) = partitions[i];
            var start = disk.Count / sectorSize;
            if (type == 5)
            {
                var inner = new byte[512];
                Entry(inner, 0, 7, 2, volume.Length / sectorSize);
                Mark(inner);
                disk.AddRange([.. inner, .. new byte[(2 * sectorSize) - 512]]);
            }

            disk.AddRange(volume);
            disk.AddRange(new byte[(sectorSize - (disk.Count % sectorSize)) % sectorSize]);
            Entry(table, i, type, start, (disk.Count / sectorSize) - start);
        }

        Mark(table);
        var bytes = disk.ToArray();
        table.CopyTo(bytes, 0);
        return bytes;

        static void Mark(byte[] sector) => (sector[510], sector[511]) = (0x55, 0xAA);

        static void Entry(byte[] sector, int index, byte type, int start, int count)
        {
            sector[446 + (index * 16) + 4] = type;
            BitConverter.TryWriteBytes(sector.AsSpan(446 + (index * 16) + 8), start);
            BitConverter.TryWriteBytes(sector.AsSpan(446 + (index * 16) + 12), count);
        }
    }

    /// <summary>A GPT disk with partitions of a given type.</summary>
    public static byte[] Gpt(int sectorSize, Guid type, params byte[][] volumes)
    {
        var first = 64;
        var disk = new List<byte>(new byte[first * sectorSize]);
        var entries = new byte[128 * 128];
        for (var i = 0; i < volumes.Length; i++)
        {
            type.TryWriteBytes(entries.AsSpan(i * 128));
            BitConverter.TryWriteBytes(entries.AsSpan((i * 128) + 32), (long)disk.Count / sectorSize);
            disk.AddRange(volumes[i]);
            disk.AddRange(new byte[(sectorSize - (disk.Count % sectorSize)) % sectorSize]);
            BitConverter.TryWriteBytes(entries.AsSpan((i * 128) + 40), ((long)disk.Count / sectorSize) - 1);
        }

        var bytes = disk.ToArray();
        bytes[446 + 4] = 0xEE;
        BitConverter.TryWriteBytes(bytes.AsSpan(446 + 8), 1);
        BitConverter.TryWriteBytes(bytes.AsSpan(446 + 12), 1000);
        (bytes[510], bytes[511]) = (0x55, 0xAA);
        var header = bytes.AsSpan(sectorSize, 512);
        "EFI PART"u8.CopyTo(header);
        foreach (var (at, value) in new[] { (12, 92), (72, 2), (80, 128), (84, 128), (56, 0x77) })
        {
            BitConverter.TryWriteBytes(header[at..], value);
        }

        entries.CopyTo(bytes, 2 * sectorSize);
        var crc = 0xFFFF_FFFFu;
        for (var i = 0; i < 92 * 8; i++)
        {
            crc ^= i % 8 == 0 ? header[i / 8] : 0u;
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB8_8320u : 0);
        }

        BitConverter.TryWriteBytes(header[16..], ~crc);
        return bytes;
    }

    private static byte[] Entry(string name, int number, byte attributes, int cluster, int size)
    {
        var dot = name.LastIndexOf('.');
        var shortName = Encoding.ASCII.GetBytes($"F{number:0000000}" + (dot < 0 ? ""
            : name[(dot + 1)..].ToUpperInvariant()).PadRight(3)[..3]);
        var sum = 0;
        foreach (var b in shortName)
        {
            sum = (((sum & 1) << 7) + (sum >> 1) + b) & 0xFF;
        }

        var parts = (name.Length + 12) / 13;
        var padded = (name + "\0").PadRight(parts * 13, '\uFFFF');
        var entries = new List<byte>();
        for (var part = parts; part >= 1; part--)
        {
            var text = Encoding.Unicode.GetBytes(padded.Substring((part - 1) * 13, 13));
            entries.AddRange([(byte)(part | (part == parts ? 0x40
                : 0)), .. text[..10], 0x0F, 0, (byte)sum, .. text[10..22], 0, 0, .. text[22..26]]);
        }

        return [.. entries, .. shortName, attributes, 0, 0, 0, 0, 0, 0, 0, 0, (byte)(cluster >> 16), (byte)(cluster >> 24), 0, 0, 0,
            0, .. BitConverter.GetBytes((ushort)(cluster & 0xFFFF)), .. BitConverter.GetBytes(size)];
    }
}
