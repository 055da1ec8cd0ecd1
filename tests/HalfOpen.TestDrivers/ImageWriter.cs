using System.Text;
using HalfOpen.Driver;

namespace HalfOpen.TestDrivers;

/// <summary>One section to be written.</summary>
internal sealed class SectionPlan(string name, uint characteristics)
{
    public const uint Code = 0x6000_0020, InitCode = 0xE200_0020, Data = 0xC000_0040, ReadOnlyData = 0x4000_0040,
        DiscardableData = 0xC200_0040, Discardable = 0x4200_0040;

    public string Name { get; set; } = name;

    public uint Characteristics { get; set; } = characteristics;

    public byte[] Content { get; set; } = [];

    /// <summary>Bytes of zeros behind the content that have no place in the file.</summary>
    public int ZeroTail { get; set; }

    public uint Rva { get; set; }

    public int FileOffset { get; set; }

    /// <summary>Rounded up to the file's alignment by the writer.</summary>
    public int FileSize { get; set; }

    public uint VirtualSize => (uint)(Content.Length + ZeroTail);
}

/// <summary>Writes headers and sections as a PE file.</summary>
internal static class ImageWriter
{
    public static byte[] Write(SyntheticDriverOptions options, int peHeader, uint imageBase, int sectionAlignment, int fileAlignment,
        IReadOnlyList<SectionPlan> sections, int fileSize)
    {
        var isX64 = options.Architecture == DriverArchitecture.X64;
        var bytes = new byte[fileSize];
        void U16(int at, int value) => BitConverter.TryWriteBytes(bytes.AsSpan(at), checked((ushort)value));
        void U32(int at, uint value) => BitConverter.TryWriteBytes(bytes.AsSpan(at), value);

        bytes[0] = (byte)'M';
        bytes[1] = (byte)'Z';
        U32(0x3C, (uint)peHeader);
        U32(peHeader, 0x4550);
        U16(peHeader + 4, options.Decoy == Decoy.OtherMachine ? 0x1C4 : isX64 ? 0x8664 : 0x14C);
        U16(peHeader + 6, sections.Count);
        U16(peHeader + 20, isX64 ? 0xF0 : 0xE0);
        U16(peHeader + 22, isX64 ? 0x22 : 0x102);
        var optional = peHeader + 24;
        U16(optional, isX64 ? 0x20B : 0x10B);
        if (isX64)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(optional + 24), (ulong)imageBase);
        }
        else
        {
            U32(optional + 28, imageBase);
        }

        U32(optional + 32, (uint)sectionAlignment);
        U32(optional + 36, (uint)fileAlignment);
        U16(optional + 40, 5);
        U32(optional + 56, (uint)(sections.Max(s => s.Rva + s.VirtualSize) + sectionAlignment - 1) & ~((uint)sectionAlignment - 1));
        U32(optional + 60, (uint)sections.Min(s => s.FileOffset));
        U16(optional + 68, options.Decoy == Decoy.NotNative ? 3 : 1);
        var directories = optional + (isX64 ? 112 : 96);
        U32(directories - 4, 16);
        foreach (var (index, name) in new[] { (2, ".rsrc"), (5, ".reloc") })
        {
            if (sections.FirstOrDefault(s => s.Name == name) is { } section)
            {
                U32(directories + (index * 8), section.Rva);
                U32(directories + (index * 8) + 4, (uint)section.Content.Length);
            }
        }

        if (options.HasCertificate)
        {
            U32(directories + (4 * 8), (uint)(fileSize - 8));
            U32(directories + (4 * 8) + 4, 8);
        }

        var header = directories + (16 * 8);
        foreach (var section in sections)
        {
            Encoding.ASCII.GetBytes(section.Name, bytes.AsSpan(header, 8));
            U32(header + 8, section.VirtualSize);
            U32(header + 12, section.Rva);
            U32(header + 16, (uint)section.FileSize);
            U32(header + 20, (uint)section.FileOffset);
            U32(header + 36, section.Characteristics);
            section.Content.CopyTo(bytes, section.FileOffset);
            header += 40;
        }

        return bytes;
    }
}
