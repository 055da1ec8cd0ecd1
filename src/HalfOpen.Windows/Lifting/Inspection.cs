using HalfOpen.Driver;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Hives;

namespace HalfOpen.Windows.Lifting;

/// <summary>Whether the system that a driver belongs to acts on its limit.</summary>
public enum Enforcement
{
    Unknown,
    Yes,
    No,
}

/// <summary>Who made the file what it is.</summary>
public enum Origin
{
    Unknown,

    /// <summary>
    /// As Microsoft shipped it, as far as can be told: a known hash, or a limit of 10 and a right checksum.
    /// </summary>
    Stock,

    /// <summary>Patched by this program: backup and manifest beside it agree.</summary>
    Halfopen,

    /// <summary>The limit is not 10 and no backup of ours explains it.</summary>
    Other,
}

/// <summary>All that is known about one driver where it stands. Immutable.</summary>
public sealed class Inspection
{
    internal Inspection(string path, string? sha256, long size, DriverReport? report, string? problem, BackupState backup,
        SystemFacts? registry)
    {
        Path = path;
        Size = size;
        Report = report;
        Problem = problem ?? report?.Problem;
        Sha256 = sha256;
        Backup = backup;
        Registry = registry;
    }

    public string Path { get; }

    /// <value>Null when the file could not be read.</value>
    public DriverReport? Report { get; }

    /// <value>Why it is unreadable, one sentence, or null.</value>
    public string? Problem { get; }

    /// <value>Bytes.</value>
    public long Size { get; }

    /// <value>Of the content as it was read; null when it could not be.</value>
    public string? Sha256 { get; }

    public BackupState Backup { get; }

    /// <value>What the registry beside it says; null without one.</value>
    public SystemFacts? Registry { get; }

    public DriverStatus Status => Report?.Status ?? DriverStatus.Unreadable;

    public bool IsFound => Status == DriverStatus.Found;

    /// <value>What the file says it is; without a version resource, what its name says.</value>
    public DriverKind Kind => Report is { Kind: not DriverKind.Unknown and var kind } ? kind
        : System.IO.Path.GetFileName(Path).StartsWith("tcpip6", StringComparison.OrdinalIgnoreCase) ? DriverKind.Tcpip6 : DriverKind.Tcpip;

    public LimiterDesign Design => Report?.System.Design ?? LimiterDesign.Unknown;

    /// <value>Null without a version. The registry settles what the version leaves open: XP x64 or Server 2003.</value>
    public string? SystemText
    {
        get
        {
            const string Either = "Windows XP x64 / Server 2003 x64";
            var text = Report?.FileVersion is null ? null : Report.System.Text;
            return Registry?.ProductType switch
            {
                ProductType.Workstation => text?.Replace(Either, "Windows XP x64", StringComparison.Ordinal),
                ProductType.Server => text?.Replace(Either, "Windows Server 2003 x64", StringComparison.Ordinal),
                _ => text,
            };
        }
    }

    /// <value>Says of NT5 who enforces; of Vista SP2 to 7 what the registry value says; of systems without a limit:
    /// no.</value>
    public Enforcement Enforced => (Design, IsFound) switch
    {
        (LimiterDesign.None, false) => Enforcement.No,
        (LimiterDesign.RegistryValue, _) => Registry is null or { Problem: not null } ? Enforcement.Unknown
            : Registry.EnableConnectionRateLimiting == 1 ? Enforcement.Yes : Enforcement.No,
        (_, false) => Enforcement.Unknown,
        _ => (Report!.FileVersion, Registry?.ProductType) switch
        {
            // the driver asks Windows for its product type, and so do we
            ({ Major: 5, Minor: 1 or 2 }, ProductType.Server) => Enforcement.No,
            ({ Major: 5, Minor: 1 }, _) => Enforcement.Yes, // 5.1 is XP: a workstation unless its registry says otherwise
            ({ Major: 5, Minor: 2 }, ProductType.Workstation) => Enforcement.Yes,
            ({ Major: 5, Minor: 2 }, _) when Report.Architecture == DriverArchitecture.X86 => Enforcement.No, // Server 2003; XP is 5.1
            _ => Enforcement.Unknown,
        },
    };

    /// <value>
    /// How the file is packed, for people; null when it is not. All else is said of the driver unpacked.
    /// </value>
    public string? Packing { get; internal init; }

    /// <value>Whether it is on installation media, not on a disk that Windows runs from.</value>
    public bool IsOnMedium { get; internal init; }

    /// <value>The original on record that this file differs from in nothing but limit and checksum; null when none is
    /// known.</value>
    public KnownOriginal? KnownOriginal { get; internal init; }

    /// <value>What the file is by its hash: an original, or one whose limit was set; null when none is known.</value>
    public string? KnownAs => KnownOriginal is null ? null
        : KnownOriginal.Sha256 == Sha256 ? "original of " + KnownOriginal
        : $"{KnownOriginal}, set to {Report!.Limit}" + (Report.Checksum!.IsValid ? "" : ", with a wrong checksum");

    /// <value>Something proves that no byte but limit and checksum was ever changed: an original on record, or our
    /// backup.</value>
    public bool IsVouchedFor => KnownOriginal is not null || IsSameBuild;

    /// <value>True: driver and backup differ in nothing but limit and checksum. False: another build, or there is no
    /// backup.</value>
    public bool IsSameBuild { get; internal init; }

    public BackupRelation Relation => Backup.RelationOf(Sha256);

    /// <value>
    /// Our backup is of another build than the driver is by now: an update replaced the driver since, or the removal of
    /// one. A driver that is only damaged is no other build.
    /// </value>
    public bool HasStaleBackup => Relation is BackupRelation.IsForeign or BackupRelation.IsUnproven && !IsSameBuild
        && (IsFound || (Report?.FileVersion is { } version && !version.Equals(Backup.BackupVersion)));

    /// <value>The backup is of another build that is not known to be as new as the driver.</value>
    public bool HasOlderBackup => HasStaleBackup && Report!.FileVersion is { } version
        && (Backup.BackupVersion is not { } backup || backup.IsOlderThan(version));

    public Origin Origin
    {
        get
        {
            if (!IsFound)
            {
                return Origin.Unknown;
            }

            if (Relation == BackupRelation.IsPatched)
            {
                return Origin.Halfopen;
            }

            return KnownOriginal is not null && KnownOriginal.Sha256 == Sha256 ? Origin.Stock
                : Report!.Limit != Inspector.StockLimit ? Origin.Other
                : Report.Checksum!.IsValid ? Origin.Stock : Origin.Unknown;
        }
    }

    public string Advice => Lifting.Advice.For(this);

    /// <summary>The same without the evidence, for keeping many: a twentieth of the memory.</summary>
    public Inspection WithoutEvidence() =>
        new(Path, Sha256, Size, Report?.WithoutEvidence(), Problem, Backup, Registry)
        {
            IsSameBuild = IsSameBuild,
            KnownOriginal = KnownOriginal,
            Packing = Packing,
            IsOnMedium = IsOnMedium,
        };
}

/// <summary>
/// Reads drivers where they stand, with the backup and the registry beside them. Changes nothing. Not thread-safe.
/// </summary>
public sealed class Inspector(IFileStore store)
{
    /// <summary>For tests, which have no originals of Microsoft's.</summary>
    internal Func<string, KnownOriginal?> FindOriginal { get; init; } = KnownOriginals.Find;

    /// <summary>What Microsoft shipped in every NT5 build that has a limit.</summary>
    public const uint StockLimit = KnownOriginals.StockLimit;

    private readonly Search.HiveFinder _hives = new(store);

    /// <summary>The registries met so far; of very many, the first.</summary>
    public IEnumerable<SystemFacts> Registries => _hives.All;

    /// <value>How many registries were met besides.</value>
    public int RegistriesLeftOut => _hives.LeftOut;

    /// <summary>Reads one driver. What is wrong with the file is in the result.</summary>
    public Inspection Inspect(string path)
    {
        byte[]? bytes = null;
        DriverReport? report = null;
        string? problem = null, packing = null;
        long size = 0;
        try
        {
            size = store.Find(path)?.Size ?? 0;
            packing = store.PackingOf(path);
            bytes = store.Read(path, FileNames.MaxDriverSize, followLink: true);
            size = bytes.Length;
            report = DriverExaminer.Examine(bytes);
        }
        catch (FileProblemException e)
        {
            problem = e.Problem;
        }

        var state = BackupState.Read(store, path, out var backup);
        return new Inspection(path, bytes is null ? null : BackupState.Hash(bytes), size, report, problem, state, _hives.For(path))
        {
            IsSameBuild = bytes is not null && backup is not null && BackupState.IsSameBuild(bytes, backup),
            Packing = packing,
            IsOnMedium = store.IsOnMedium(path),
            KnownOriginal = bytes is not null && report is not null && KnownOriginals.SetBack(bytes, report) is { } original
                && FindOriginal(BackupState.Hash(original)) is { } known && known.LimitAt == report.Location!.FileOffset ? known : null,
        };
    }
}
