namespace HalfOpen.Media.Cabinets;

/// <summary>How the bytes of a cabinet folder are packed.</summary>
public enum CabinetPacking
{
    Stored,
    Mszip,
    Quantum,
    Lzx,
    Unknown,
}

/// <summary>One file in a cabinet. Immutable.</summary>
/// <param name="Name">As it stands there, with backslashes if it has a path. It may hold any character but
/// zero.</param>
/// <param name="Size">Bytes unpacked, as declared: at most 4 GB, nothing proves it before it is unpacked.</param>
/// <param name="Offset">Where it begins in its unpacked folder, bytes.</param>
/// <param name="Date">As MS-DOS writes it: (year - 1980) &lt;&lt; 9 | month &lt;&lt; 5 | day.</param>
/// <param name="Time">As MS-DOS writes it: hour &lt;&lt; 11 | minute &lt;&lt; 5 | second / 2.</param>
/// <param name="Attributes">Read-only 1, hidden 2, system 4, archive 0x20, run 0x40, name is UTF-8 0x80.</param>
public sealed record CabinetFile(string Name, uint Size, uint Offset, ushort Folder, ushort Date, ushort Time, ushort Attributes)
{
    /// <value>The name without a path.</value>
    public string FileName => Name[(Name.LastIndexOf('\\') + 1)..];

    /// <value>Where its CFFILE stands and how long it is, bytes.</value>
    internal (long Start, int Length) Entry { get; init; }
}

/// <summary>One folder of a cabinet: files packed together. Immutable.</summary>
/// <param name="DataStart">Where its first data block stands.</param>
/// <param name="WindowBits">Of LZX, 15 to 21 if sound; 0 otherwise.</param>
public sealed record CabinetFolder(uint DataStart, ushort Blocks, CabinetPacking Packing, int WindowBits)
{
    /// <summary>For people: <c>LZX:21</c>, <c>MSZIP</c>.</summary>
    public string PackingText => Packing switch
    {
        CabinetPacking.Stored => "stored",
        CabinetPacking.Mszip => "MSZIP",
        CabinetPacking.Quantum => "Quantum",
        CabinetPacking.Lzx => $"LZX:{WindowBits}",
        _ => "an unknown packing",
    };

    internal static CabinetFolder Of(uint dataStart, ushort blocks, ushort type) => (type & 0xF) switch
    {
        0 => new(dataStart, blocks, CabinetPacking.Stored, 0),
        1 => new(dataStart, blocks, CabinetPacking.Mszip, 0),
        2 => new(dataStart, blocks, CabinetPacking.Quantum, 0),
        3 => new(dataStart, blocks, CabinetPacking.Lzx, (type >> 8) & 0x1F),
        _ => new(dataStart, blocks, CabinetPacking.Unknown, 0),
    };
}
