namespace HalfOpen.Driver.Pe;

/// <summary>One section: where it stands in the file and where in the image.</summary>
internal sealed class PeSection
{
    public PeSection(string name, uint rva, uint virtualSize, int fileOffset, int fileSize, uint characteristics)
    {
        Name = name;
        Rva = rva;
        VirtualSize = virtualSize;
        FileOffset = fileOffset;
        FileSize = fileSize;
        Characteristics = characteristics;
    }

    public string Name { get; }

    public uint Rva { get; }

    /// <summary>
    /// Bytes of the image that the section claims; more than <see cref="FileSize"/> when it has a zero-filled tail.
    /// </summary>
    public uint VirtualSize { get; }

    public int FileOffset { get; }

    /// <summary>Bytes of the file that are mapped: never more than the image shows.</summary>
    public int FileSize { get; }

    public int FileEnd => FileOffset + FileSize;

    public uint Characteristics { get; }

    public bool IsExecutable => (Characteristics & 0x2000_0000) != 0;

    public bool IsWritable => (Characteristics & 0x8000_0000) != 0;

    public bool IsDiscardable => (Characteristics & 0x0200_0000) != 0;

    /// <summary>
    /// Whether <paramref name="count"/> bytes at an RVA lie inside, with or without bytes in the file.
    /// </summary>
    public bool Covers(uint rva, uint count) => rva >= Rva && (ulong)rva + count <= (ulong)Rva + VirtualSize;

    public uint RvaOf(int fileOffset) => unchecked(Rva + (uint)(fileOffset - FileOffset));
}
