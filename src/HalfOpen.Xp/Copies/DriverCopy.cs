using HalfOpen.Driver;
using HalfOpen.Windows.Files;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Copies;

/// <summary>Whether the Windows that a driver belongs to acts on its limit.</summary>
internal enum LimitForce
{
    Unknown,
    Yes,
    No,
}

/// <summary>Who made a file what it is.</summary>
internal enum MadeBy
{
    Unknown,

    /// <summary>As Microsoft shipped it, as far as can be told.</summary>
    Stock,

    /// <summary>Patched by Halfopen, here or on Linux.</summary>
    Halfopen,

    /// <summary>The limit is not 10 and no backup of ours explains it.</summary>
    Other,
}

/// <summary>All that is known about one copy of a driver where it stands. Immutable.</summary>
internal sealed class DriverCopy
{
    /// <summary>What Microsoft shipped in every NT5 build that has a limit.</summary>
    public const uint StockLimit = 10;

    private DriverCopy(CopyPlace place, Backup backup, SoldAs product, Phrase? obstacle)
    {
        Obstacle = obstacle;
        Place = place;
        Backup = backup;
        Product = product;
    }

    public CopyPlace Place { get; }

    public string Path => Place.Path;

    /// <summary>The file's content, not a copy: do not write to it. Null when it could not be read.</summary>
    public byte[]? Bytes { get; private set; }

    public string? Sha256 { get; private set; }

    public DriverReport? Report { get; private set; }

    /// <summary>Why it could not be read, or null. What is wrong with its content is in <see cref="Report"/>.</summary>
    public Phrase? Problem { get; private set; }

    public DiskEntry Entry { get; private set; }

    public Backup Backup { get; }

    public SoldAs Product { get; }

    /// <summary>Why nothing may be changed where it stands, or null.</summary>
    public Phrase? Obstacle { get; }

    /// <summary>The file that takes this one's place when Windows next starts; null: none.</summary>
    public string? AtRestartPath { get; private set; }

    /// <summary>The limit that Windows finds at its next start when a replacement waits for that; else null.</summary>
    public uint? LimitAtRestart { get; private set; }

    public DriverStatus Status => Report?.Status ?? DriverStatus.Unreadable;

    public bool IsFound => Status == DriverStatus.Found;

    public Relation Relation => Backup.RelationOf(Sha256);

    /// <summary>
    /// The backup is of another build than the driver is by now: an update replaced the driver since, or the removal of
    /// one. A driver that is only damaged is no other build.
    /// </summary>
    public bool HasStaleBackup { get; private set; }

    /// <summary>The backup is of another build that is not known to be as new as the driver.</summary>
    public bool HasOlderBackup => HasStaleBackup && Report!.FileVersion is { } version
        && (Backup.Version is not { } backup || backup.IsOlderThan(version));

    /// <summary>What the file says it is; without a version resource, what its name says.</summary>
    public DriverKind Kind => Report != null && Report.Kind != DriverKind.Unknown ? Report.Kind
        : System.IO.Path.GetFileName(Path).StartsWith("tcpip6", StringComparison.OrdinalIgnoreCase) ? DriverKind.Tcpip6 : DriverKind.Tcpip;

    public LimiterDesign Design => Report == null ? LimiterDesign.Unknown : Report.System.Design;

    /// <summary>XP enforces; of 5.2 the product type decides, since the driver itself asks Windows for it.</summary>
    public LimitForce Enforced
    {
        get
        {
            if (!IsFound)
            {
                return Design == LimiterDesign.None ? LimitForce.No : LimitForce.Unknown;
            }

            var version = Report!.FileVersion;
            return version == null || version.Major != 5 || version.Minor is not (1 or 2) ? LimitForce.Unknown
                : Product == SoldAs.Server ? LimitForce.No
                : Product == SoldAs.Workstation || version.Minor == 1 ? LimitForce.Yes
                : Report.Architecture == DriverArchitecture.X86 ? LimitForce.No // Server 2003: XP for 32 bits is 5.1
                : LimitForce.Unknown;
        }
    }

    /// <summary>
    /// Our backup, or an original on record, shows that no byte but limit and checksum was ever changed.
    /// </summary>
    public bool IsVouchedFor => Bytes != null && Report != null && (Backup.IsOfBuild(Bytes)
        || (KnownOriginals.SetBack(Bytes, Report) is { } original && KnownOriginals.IsOriginal(Files.Sha256.Of(original))));

    public MadeBy Origin => !IsFound ? MadeBy.Unknown
        : Relation == Relation.Patched ? MadeBy.Halfopen
        : KnownOriginals.IsOriginal(Sha256!) ? MadeBy.Stock
        : Report!.Limit != StockLimit ? MadeBy.Other
        : Report.Checksum!.IsValid ? MadeBy.Stock
        : MadeBy.Unknown;

    /// <summary>Reads one copy with what stands beside it. What is wrong is in the result.</summary>
    /// <param name="obstacle">Why nothing may be changed there, where that is known; null: nothing is known.</param>
    public static DriverCopy Read(IDiskSteps disk, CopyPlace place, SoldAs product, Phrase? obstacle = null)
    {
        var copy = new DriverCopy(place, Backup.Read(disk, place.Path), product, obstacle);
        try
        {
            copy.Entry = disk.KindOf(place.Path);
            if (copy.Entry == DiskEntry.File)
            {
                copy.Bytes = disk.Read(place.Path, FileNames.MaxDriverSize);
                copy.Sha256 = Files.Sha256.Of(copy.Bytes);
                copy.Report = DriverExaminer.Examine(copy.Bytes);
                copy.HasStaleBackup = copy.Relation is Relation.Foreign or Relation.Unproven && !copy.Backup.IsOfBuild(copy.Bytes)
                    && (copy.IsFound || (copy.Report.FileVersion is { } version && !version.Equals(copy.Backup.Version)));
            }
            else
            {
                copy.Problem = new Phrase(copy.Entry == DiskEntry.None ? TextKey.NoSuchFile : TextKey.NoPlainFile);
            }

            copy.ReadWaiting(disk);
        }
        catch (DiskProblemException e)
        {
            copy.Problem = e.Problem;
        }

        return copy;
    }

    /// <summary>A file of ours that Windows has on record to put in this one's place.</summary>
    private void ReadWaiting(IDiskSteps disk)
    {
        var folder = System.IO.Path.GetDirectoryName(Path)!;
        foreach (var name in disk.List(folder))
        {
            var path = System.IO.Path.Combine(folder, name);
            if (FileNames.IsTemporaryOf(name, System.IO.Path.GetFileName(Path)) && disk.KindOf(path) == DiskEntry.File
                && disk.IsReplacedAtRestart(path))
            {
                AtRestartPath = path;
                LimitAtRestart = DriverExaminer.Examine(disk.Read(path, FileNames.MaxDriverSize)).Limit;
            }
        }
    }
}
