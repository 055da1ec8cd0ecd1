using System.Text;
using HalfOpen.Driver;

namespace HalfOpen.TestDrivers;

/// <summary>A resource section with one version resource: three directory levels, data entry, VS_VERSIONINFO.</summary>
internal static class VersionBlock
{
    public static byte[] Section(uint sectionRva, FileVersion version, string name)
    {
        var info = Info(version, name);
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var (id, next) in new[] { (16u, 0x8000_0018u), (1u, 0x8000_0030u), (1033u, 0x48u) })
        {
            writer.Write(0L); // characteristics, time
            writer.Write(0); // version
            writer.Write((short)0); // named entries
            writer.Write((short)1); // numbered entries
            writer.Write(id);
            writer.Write(next);
        }

        writer.Write(sectionRva + 0x58);
        writer.Write(info.Length);
        writer.Write(0L); // code page, reserved
        writer.Write(info);
        writer.Flush();
        return stream.ToArray();
    }

    private static byte[] Info(FileVersion version, string name)
    {
        var fixedInfo = new byte[52];
        BitConverter.TryWriteBytes(fixedInfo.AsSpan(0), 0xFEEF04BD);
        BitConverter.TryWriteBytes(fixedInfo.AsSpan(4), 0x00010000);
        foreach (var at in new[] { 8, 16 })
        {
            BitConverter.TryWriteBytes(fixedInfo.AsSpan(at), (uint)((version.Major << 16) | version.Minor));
            BitConverter.TryWriteBytes(fixedInfo.AsSpan(at + 4), (uint)((version.Build << 16) | version.Revision));
        }

        var strings = new (string Key, string Value)[]
        {
            ("CompanyName", "Halfopen test"), ("FileVersion", version.ToString()), ("InternalName", name), ("LegalCopyright", ""),
                ("OriginalFilename", name),
        };
        var table =
            Node("040904B0", [], 0, 1,
                [.. strings.Select(
                    s => Node(s.Key, Encoding.Unicode.GetBytes(s.Value + "\0"), s.Value.Length == 0 ? 0 : s.Value.Length + 1, 1, []))]);
        return Node("VS_VERSION_INFO", fixedInfo, 52, 0, [Node("StringFileInfo", [], 0, 1, [table])]);
    }

    private static byte[] Node(string key, byte[] value, int valueLength, short type, byte[][] children)
    {
        var node = new List<byte>(new byte[4]);
        node.AddRange(BitConverter.GetBytes(type));
        node.AddRange(Encoding.Unicode.GetBytes(key + "\0"));
        Pad(node);
        node.AddRange(value);
        foreach (var child in children)
        {
            Pad(node);
            node.AddRange(child);
        }

        var bytes = node.ToArray();
        BitConverter.TryWriteBytes(bytes.AsSpan(0), (short)bytes.Length);
        BitConverter.TryWriteBytes(bytes.AsSpan(2), (short)valueLength);
        return bytes;
    }

    private static void Pad(List<byte> node)
    {
        while (node.Count % 4 != 0)
        {
            node.Add(0);
        }
    }
}
