using System;
using System.Text;

namespace HalfOpen.Driver.Pe;

/// <summary>
/// The parts of a PE file that the locator needs, each read checked against the end of the file. Sections that overlap
/// or leave the file make it unreadable: one byte must have one place and one meaning before anything is written to it.
/// </summary>
/// <remarks>
/// <code>
///   0x00  "MZ"                      e_lfanew + 0x00  "PE\0\0"
///   0x3C  e_lfanew                           + 0x04  machine, sections, ..., optional header size (0x14)
///                                            + 0x18  optional header: magic 10B (PE32) or 20B (PE32+)
///                                            + 0x58  checksum      + 0x5C  subsystem
///                                            + 0x78 / 0x88  data directories, 8 bytes each
/// </code>
/// </remarks>
internal sealed class PeImage
{
    public const ushort MachineI386 = 0x14C;
    public const ushort MachineAmd64 = 0x8664;
    public const ushort SubsystemNative = 1;
    public const int ResourceDirectory = 2;
    public const int CertificateDirectory = 4;
    public const int RelocationDirectory = 5;

    /// <summary>The loader of NT5 takes no more.</summary>
    private const int MaxSections = 96;

    private readonly int _directories;
    private readonly int _directoryCount;

    private PeImage(byte[] bytes, int peHeader, int directories, int directoryCount, PeSection[] sections)
    {
        Bytes = bytes;
        Machine = Little.U16(bytes, peHeader + 4);
        IsPe32Plus = Little.U16(bytes, peHeader + 24) == 0x20B;
        ImageBase = IsPe32Plus ? Little.U64(bytes, peHeader + 24 + 24) : Little.U32(bytes, peHeader + 24 + 28);
        Subsystem = Little.U16(bytes, peHeader + 24 + 68);
        ChecksumOffset = peHeader + 0x58;
        _directories = directories;
        _directoryCount = directoryCount;
        Sections = sections;
    }

    public byte[] Bytes { get; }

    public ushort Machine { get; }

    public bool IsPe32Plus { get; }

    public ulong ImageBase { get; }

    public ushort Subsystem { get; }

    public int ChecksumOffset { get; }

    public PeSection[] Sections { get; }

    public uint StoredChecksum => Little.U32(Bytes, ChecksumOffset);

    public DriverArchitecture Architecture =>
        Machine == MachineI386 ? DriverArchitecture.X86 : Machine == MachineAmd64 ? DriverArchitecture.X64 : DriverArchitecture.Other;

    /// <summary>Reads the headers, or says in one sentence why they cannot be trusted.</summary>
    public static PeImage? Read(byte[] bytes, out string? problem)
    {
        problem = null;
        if (!Little.Has(bytes, 0, 0x40) || bytes[0] != 'M' || bytes[1] != 'Z')
        {
            problem = bytes.Length == 0 ? "The file is empty." : "Not a Windows program or driver: it does not begin with an MZ header.";
            return null;
        }

        var peHeader = Little.U32(bytes, 0x3C);
        if (!Little.Has(bytes, peHeader, 24) || Little.U32(bytes, (int)peHeader) != 0x4550)
        {
            problem = "Not a PE file: no PE header stands where the MZ header points to.";
            return null;
        }

        var pe = (int)peHeader;
        int sectionCount = Little.U16(bytes, pe + 6);
        int optionalSize = Little.U16(bytes, pe + 20);
        var optional = pe + 24;
        if (optionalSize < 2 || !Little.Has(bytes, optional, optionalSize))
        {
            problem = "The PE header is cut off.";
            return null;
        }

        var magic = Little.U16(bytes, optional);
        var fixedSize = magic == 0x10B ? 96 : magic == 0x20B ? 112 : int.MaxValue;
        if (optionalSize < fixedSize)
        {
            problem = "The PE header is of an unknown kind or too short.";
            return null;
        }

        var machine = Little.U16(bytes, pe + 4);
        if ((machine == MachineI386 && magic != 0x10B) || (machine == MachineAmd64 && magic != 0x20B))
        {
            problem = "The PE header contradicts itself: its kind does not fit its processor.";
            return null;
        }

        // The format demands a multiple of 64 KB; with any other base no global would be aligned.
        if (Little.U16(bytes, optional + (magic == 0x20B ? 24 : 28)) != 0)
        {
            problem = "The PE header is damaged: the image base is no multiple of 64 KB.";
            return null;
        }

        var directoryCount =
            (int)Math.Min(Math.Min(Little.U32(bytes, optional + fixedSize - 4), 16u), (uint)((optionalSize - fixedSize) / 8));
        var sections = ReadSections(bytes, optional + optionalSize, sectionCount, Little.U32(bytes, optional + 32), out problem);
        return sections == null ? null : new PeImage(bytes, pe, optional + fixedSize, directoryCount, sections);
    }

    /// <summary>
    /// Address (an RVA, for certificates a file offset) and size of a data directory; 0 and 0 when it is absent.
    /// </summary>
    public void GetDirectory(int index, out uint address, out uint size)
    {
        var there = index < _directoryCount;
        address = there ? Little.U32(Bytes, _directories + (index * 8)) : 0;
        size = there ? Little.U32(Bytes, _directories + (index * 8) + 4) : 0;
    }

    public PeSection? SectionAt(uint rva, uint count)
    {
        foreach (var section in Sections)
        {
            if (section.Covers(rva, count))
            {
                return section;
            }
        }

        return null;
    }

    /// <summary>
    /// The file offset of bytes that have one, or -1: outside every section, or in a zero-filled tail.
    /// </summary>
    public int FileOffsetOf(uint rva, uint count)
    {
        foreach (var section in Sections)
        {
            if (rva >= section.Rva && (ulong)rva + count <= (ulong)section.Rva + (uint)section.FileSize)
            {
                return section.FileOffset + (int)(rva - section.Rva);
            }
        }

        return -1;
    }

    public VirtualAddress VirtualAddressOf(uint rva) => new VirtualAddress(unchecked(ImageBase + rva));

    private static PeSection[]? ReadSections(byte[] bytes, int table, int count, uint alignment, out string? problem)
    {
        problem = null;
        if (count == 0 || count > MaxSections || !Little.Has(bytes, table, count * 40L))
        {
            problem = "The section table is missing, too long or cut off.";
            return null;
        }

        var tableEnd = table + (count * 40);
        var sections = new PeSection[count];
        for (var i = 0; i < count; i++)
        {
            var header = table + (i * 40);
            var name = Encoding.ASCII.GetString(bytes, header, 8).TrimEnd('\0');
            var virtualSize = Little.U32(bytes, header + 8);
            var rva = Little.U32(bytes, header + 12);
            var rawSize = Little.U32(bytes, header + 16);
            var rawOffset = Little.U32(bytes, header + 20);
            if (rawSize != 0 && !Little.Has(bytes, rawOffset, rawSize))
            {
                problem = "Section " + Printable(name) + " reaches past the end of the file.";
                return null;
            }

            if (rawSize != 0 && rawOffset < tableEnd)
            {
                problem = "Section " + Printable(name) + " overlaps the headers.";
                return null;
            }

            virtualSize = virtualSize == 0 ? rawSize : virtualSize;
            if ((ulong)rva + virtualSize > uint.MaxValue)
            {
                problem = "Section " + Printable(name) + " reaches past the end of the address space.";
                return null;
            }

            // The last page of a section is mapped whole, so that file bytes between the claimed size and the alignment
            // are still there.
            var mapped = Math.Min(rawSize, AlignUp(virtualSize, alignment));
            sections[i] =
                new PeSection(name, rva, virtualSize, mapped == 0 ? 0 : (int)rawOffset, (int)mapped, Little.U32(bytes, header + 36));
        }

        problem = FindOverlap(sections);
        return problem == null ? sections : null;
    }

    private static string? FindOverlap(PeSection[] sections)
    {
        for (var i = 0; i < sections.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                PeSection a = sections[i], b = sections[j];
                var inImage = a.Rva < (ulong)b.Rva + b.VirtualSize && b.Rva < (ulong)a.Rva + a.VirtualSize;
                var inFile = a.FileSize != 0 && b.FileSize != 0 && a.FileOffset < b.FileEnd && b.FileOffset < a.FileEnd;
                if (inImage || inFile)
                {
                    return "Sections " + Printable(b.Name) + " and " + Printable(a.Name) + " overlap.";
                }
            }
        }

        return null;
    }

    private static ulong AlignUp(uint value, uint alignment) =>
        alignment == 0 || (alignment & (alignment - 1)) != 0 ? value : ((ulong)value + alignment - 1) & ~((ulong)alignment - 1);

    /// <summary>A section's name comes from outside and goes to a terminal.</summary>
    private static string Printable(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            text.Append(c is > ' ' and < (char)0x7F ? c : '?');
        }

        return text.Length == 0 ? "(unnamed)" : text.ToString();
    }
}
