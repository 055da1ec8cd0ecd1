using HalfOpen.Driver;

namespace HalfOpen.Xp.Copies;

/// <summary>
/// The limit of this Windows: what stands in the driver, and what Windows works with until its next start, since it
/// reads the driver only then. Immutable.
/// </summary>
internal sealed class LimitNow
{
    private LimitNow()
    {
    }

    /// <summary>The copy that speaks for all: tcpip.sys in use. Null: there is none at all.</summary>
    public DriverCopy? Copy { get; private set; }

    /// <summary>In the driver's file; null: none was found.</summary>
    public uint? InFile { get; private set; }

    /// <summary>What Windows works with now, and acts upon; null: nothing, or not known.</summary>
    public uint? InForce { get; private set; }

    /// <summary>Null in <see cref="InForce"/> means that there is no limit, not that it is unknown.</summary>
    public bool IsKnownNone { get; private set; }

    /// <summary>The file changed after Windows was started, or a file waits for its next start.</summary>
    public bool NeedsRestart { get; private set; }

    /// <summary>
    /// Not all copies of tcpip.sys hold the same limit: Windows File Protection may put another one back.
    /// </summary>
    public bool CopiesDiffer { get; private set; }

    /// <param name="startedUtc">When Windows was started; null: not known, then the file is taken for what Windows
    /// works with.</param>
    public static LimitNow Of(List<DriverCopy> copies, DateTime? startedUtc)
    {
        var now = new LimitNow { Copy = Chief(copies) };
        if (now.Copy == null)
        {
            return now;
        }

        var copy = now.Copy;
        now.InFile = copy.IsFound ? copy.Report!.Limit : null;
        now.CopiesDiffer = copies.Exists(c => c.Kind == copy.Kind && c.IsFound && c.Report!.Limit != now.InFile);
        var manifest = copy.Backup.Manifest;
        var isYoung = copy.Relation == Relation.Patched && startedUtc != null && manifest != null && manifest.TimeUtc > startedUtc.Value;
        now.NeedsRestart = isYoung || copy.LimitAtRestart != null;

        // The manifest knows the limit of the backup; of the file before the last of several patches it does not.
        var atStart = !isYoung ? now.InFile : manifest!.PreviousSha256 == manifest.OriginalSha256 ? manifest.OldLimit : (uint?)null;
        now.InForce = copy.Enforced == LimitForce.No ? null : atStart;
        now.IsKnownNone = copy.Enforced == LimitForce.No || copy.Design is LimiterDesign.None or LimiterDesign.OtherDesign;
        return now;
    }

    private static DriverCopy? Chief(List<DriverCopy> copies) =>
        copies.Find(c => c.Place.Role == CopyRole.InUse && c.Kind == DriverKind.Tcpip)
        ?? copies.Find(c => c.Kind == DriverKind.Tcpip)
        ?? (copies.Count > 0 ? copies[0] : null);
}
