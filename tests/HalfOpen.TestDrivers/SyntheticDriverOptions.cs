using HalfOpen.Driver;

namespace HalfOpen.TestDrivers;

/// <summary>
/// What a synthetic driver is to be. Everything not chosen here (order, distances, registers, forms) follows from the
/// seed.
/// </summary>
public sealed record SyntheticDriverOptions
{
    public int Seed { get; init; }

    public DriverArchitecture Architecture { get; init; } = DriverArchitecture.X86;

    /// <value>True: both alignments 0x80 and file offset equal to RVA, as XP SP3 x86. False: 0x1000 in the image and
    /// 0x200 in the file, zero-filled tail. Null: by the seed.</value>
    public bool? IsFlat { get; init; }

    /// <value>Default: 10, as Microsoft ships it.</value>
    public uint Limit { get; init; } = 10;

    public Decoy Decoy { get; init; }

    /// <value>Null: 5.1.2600.5512 for x86, 5.2.3790.3959 for x64.</value>
    public FileVersion? Version { get; init; }

    /// <value>InternalName and OriginalFilename; null: no version resource at all.</value>
    public string? InternalName { get; init; } = "tcpip.sys";

    /// <value>Whether the header names an Authenticode signature.</value>
    public bool HasCertificate { get; init; }

    /// <value>Whether the stored checksum is wrong.</value>
    public bool HasBadChecksum { get; init; }

    /// <value>True: only the instruction forms that the facts quote from the two reference builds. False: every form
    /// they allow, by the seed.</value>
    public bool OnlyReferenceForms { get; init; }

    /// <value>Least size of the code section, bytes; filled with random code.</value>
    public int CodeSize { get; init; } = 3000;

    /// <value>Bytes to be appended to the code section as they are, or null.</value>
    public byte[]? ExtraCode { get; init; }

    /// <value>Places pinned to published numbers, or null.</value>
    public PinnedLayout? Pinned { get; init; }
}

/// <summary>The published places of a reference build.</summary>
public sealed record PinnedLayout
{
    public required int FileSize { get; init; }

    /// <value>e_lfanew; the checksum field stands 0x58 after it.</value>
    public required int PeHeaderOffset { get; init; }

    public required uint DataRva { get; init; }

    public required uint InitRva { get; init; }

    public required int InitFileOffset { get; init; }

    /// <value>RVA of the storing instruction.</value>
    public required uint StoreRva { get; init; }

    public required uint ThresholdRva { get; init; }

    public required uint CounterRva { get; init; }

    public required uint PendingRva { get; init; }

    /// <value>The stored checksum, brought about by one otherwise meaningless word.</value>
    public required uint Checksum { get; init; }
}
