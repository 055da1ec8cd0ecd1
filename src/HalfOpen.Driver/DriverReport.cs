using System.Collections.Generic;
using System.Collections.ObjectModel;

namespace HalfOpen.Driver;

/// <summary>What an examination came to.</summary>
public enum DriverStatus
{
    /// <summary>Every evidence holds, for one store only.</summary>
    Found,

    /// <summary>At least one evidence is missing; <see cref="DriverReport.MissingEvidence"/> names it.</summary>
    NotFound,

    /// <summary>More than one store could be the limit.</summary>
    Ambiguous,

    /// <summary>The bytes are no sound PE file; <see cref="DriverReport.Problem"/> says why.</summary>
    Unreadable,
}

/// <summary>The processor that a driver was built for.</summary>
public enum DriverArchitecture
{
    /// <summary>Neither i386 nor amd64, or unreadable.</summary>
    Other,
    X86,
    X64,
}

/// <summary>Which driver a file says it is, in its version resource.</summary>
public enum DriverKind
{
    /// <summary>No version resource, or another name in it.</summary>
    Unknown,

    /// <summary><c>tcpip.sys</c>: TCP over IPv4.</summary>
    Tcpip,

    /// <summary><c>tcpip6.sys</c>: TCP over IPv6 on NT5, with a limit of its own and without the event.</summary>
    Tcpip6,
}

/// <summary>
/// One of the nine pieces of evidence, in the order of docs/concepts/how-the-locator-works.md. Immutable and
/// thread-safe.
/// </summary>
public sealed class Evidence
{
    internal Evidence(int number, string name, bool? holds, string detail)
    {
        Number = number;
        Name = name;
        Holds = holds;
        Detail = detail;
    }

    /// <value>1..9.</value>
    public int Number { get; }

    /// <value>One of <see cref="EvidenceNames.All"/>, stable between versions.</value>
    public string Name { get; }

    /// <value>True: there. False: missing. Null: not examined, because an evidence before it is missing.</value>
    public bool? Holds { get; }

    /// <value>One sentence with the places and numbers seen, or with what is missing.</value>
    public string Detail { get; }

    public override string ToString() =>
        Number + " " + Name + ": " + (Holds == null ? "not examined" : Holds.Value ? "holds" : "missing") + " (" + Detail + ")";
}

/// <summary>The stable names of the nine pieces of evidence.</summary>
public static class EvidenceNames
{
    /// <summary>1: i386 or amd64, subsystem native, an executable and discardable section INIT.</summary>
    public const string InitSection = "init-section";

    /// <summary>2: INIT stores an immediate into a 4-aligned global T in a writable section that stays.</summary>
    public const string ThresholdStore = "threshold-store";

    /// <summary>3: relocations cover the absolute operands and not the immediate.</summary>
    public const string Relocations = "relocations";

    /// <summary>4: two places or more compare T with one counter C and branch signed.</summary>
    public const string Comparisons = "comparisons";

    /// <summary>5: C is incremented and decremented atomically, at three places or more.</summary>
    public const string AtomicCounter = "atomic-counter";

    /// <summary>6: T is stored once; C has no plain writer.</summary>
    public const string SingleWriter = "single-writer";

    /// <summary>7: one pending counter P is tested beside a comparison.</summary>
    public const string PendingCounter = "pending-counter";

    /// <summary>8: a register is compared with 20, unsigned, soon after a comparison.</summary>
    public const string DrainBound = "drain-bound";

    /// <summary>9: the code holds the number of event 4226 once.</summary>
    public const string EventNumber = "event-4226";

    /// <value>All nine, in order: index 0 is evidence 1.</value>
    public static ReadOnlyCollection<string> All { get; } = new ReadOnlyCollection<string>(new[]
    {
        InitSection, ThresholdStore, Relocations, Comparisons, AtomicCounter, SingleWriter, PendingCounter, DrainBound, EventNumber,
    });
}

/// <summary>The checksum of the PE header against the file. Immutable and thread-safe.</summary>
public sealed class ChecksumReport
{
    internal ChecksumReport(FileOffset field, uint stored, uint computed)
    {
        Field = field;
        Stored = stored;
        Computed = computed;
    }

    /// <value>Where the 4 bytes of the checksum stand.</value>
    public FileOffset Field { get; }

    public uint Stored { get; }

    public uint Computed { get; }

    /// <value>False means damage or a careless edit: Windows refuses to load such a driver at boot.</value>
    public bool IsValid => Stored == Computed;
}

/// <summary>Where the limit's four bytes stand. Immutable and thread-safe.</summary>
public sealed class LimitLocation
{
    internal LimitLocation(FileOffset fileOffset, Rva rva, VirtualAddress virtualAddress, string section)
    {
        FileOffset = fileOffset;
        Rva = rva;
        VirtualAddress = virtualAddress;
        Section = section;
    }

    /// <value>Of the immediate, not of the instruction.</value>
    public FileOffset FileOffset { get; }

    public Rva Rva { get; }

    public VirtualAddress VirtualAddress { get; }

    /// <value>Always <c>INIT</c> so far.</value>
    public string Section { get; }
}

/// <summary>
/// Everything that <see cref="DriverExaminer.Examine"/> read from one file. Immutable and thread-safe. Null means not
/// known: no version resource, no limit found, not readable.
/// </summary>
public sealed class DriverReport
{
    private static readonly ReadOnlyCollection<Evidence> None = new ReadOnlyCollection<Evidence>(new List<Evidence>());

    internal DriverReport()
    {
    }

    public DriverStatus Status { get; internal set; }

    /// <value>One sentence, only when <see cref="Status"/> is <see cref="DriverStatus.Unreadable"/>.</value>
    public string? Problem { get; internal set; }

    public DriverArchitecture Architecture { get; internal set; }

    /// <value>Bytes.</value>
    public int Size { get; internal set; }

    public FileVersion? FileVersion { get; internal set; }

    /// <value>What the file version means, never null: "unknown system" when there is none.</value>
    public SystemName System { get; internal set; } = SystemName.Unknown;

    public string? InternalName { get; internal set; }

    public string? OriginalFilename { get; internal set; }

    public DriverKind Kind { get; internal set; }

    public ChecksumReport? Checksum { get; internal set; }

    /// <value>True when the header names an Authenticode signature inside the file. NT5 drivers have none: a catalog
    /// signs them.</value>
    public bool HasEmbeddedSignature { get; internal set; }

    /// <value>The immediate as it stands in the file; only with <see cref="DriverStatus.Found"/>. May be anything; see
    /// <see cref="LimitBlocksEverything"/>.</value>
    public uint? Limit { get; internal set; }

    /// <value>True for 0 and for 0x80000000 and above: compared as signed, every attempt queues for ever.</value>
    public bool LimitBlocksEverything => Limit is { } limit && !LimitPatch.IsUsable(limit);

    public LimitLocation? Location { get; internal set; }

    /// <value>Nine items in order, or none when the file is unreadable.</value>
    public ReadOnlyCollection<Evidence> Evidence { get; internal set; } = None;

    /// <value>T, the global that INIT stores the limit into; of the likeliest candidate when nothing was found.</value>
    public VirtualAddress? Threshold { get; internal set; }

    /// <value>C, the count of half-open attempts.</value>
    public VirtualAddress? Counter { get; internal set; }

    /// <value>P, the count of queued attempts.</value>
    public VirtualAddress? Pending { get; internal set; }

    /// <summary>The same report with an empty <see cref="Evidence"/>: for a caller that keeps many.</summary>
    public DriverReport WithoutEvidence()
    {
        var copy = (DriverReport)MemberwiseClone();
        copy.Evidence = None;
        return copy;
    }

    /// <summary>The evidence that was looked for and is not there.</summary>
    public IEnumerable<Evidence> MissingEvidence
    {
        get
        {
            foreach (var item in Evidence)
            {
                if (item.Holds == false)
                {
                    yield return item;
                }
            }
        }
    }
}
