using HalfOpen.Driver;
using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Lifting;

/// <summary>What a patch does with one copy.</summary>
public enum PatchAction
{
    Write,

    /// <summary>It already holds the wanted limit and a right checksum.</summary>
    Nothing,

    /// <summary>It has no limit and need not have one; the other copies are patched without it.</summary>
    LeaveOut,

    /// <summary>It must not be patched, and so no copy is.</summary>
    Refuse,
}

/// <summary>One copy in a patch, without its content. Immutable.</summary>
/// <param name="Driver">Without its evidence.</param>
/// <param name="Edits">What changes in it: the limit, then the checksum; none when it is not written.</param>
/// <param name="Reason">Why it is left out or refused, one sentence; null otherwise.</param>
public sealed record PatchItem(Inspection Driver, PatchAction Action, IReadOnlyList<ByteEdit> Edits, string? Reason)
{
    /// <summary>SHA-256 of the file after the patch; null when it is not written.</summary>
    public string? PatchedSha256 { get; init; }

    /// <summary>
    /// The backup is of a build that Windows has replaced: it stays under another name, and a new one is taken.
    /// </summary>
    public bool SetsAside => Action == PatchAction.Write && Driver.HasStaleBackup;

    /// <summary>What would have it written although it is refused.</summary>
    public Overruling OverruledBy { get; init; }
}

/// <summary>
/// All copies of the drivers of one installation, to be patched together: every copy is checked before any is written,
/// and when one cannot be written, all are put back. Not thread-safe.
/// </summary>
public sealed class PatchUnit
{
    private const string LeftPacked =
        "packed: Windows takes it only when 'sfc /scannow' or Setup asks for it; name it to patch it too.";

    /// <summary>
    /// Copies that go together at most, in a patch or a restore: what is known of all of them is kept until the last is
    /// written.
    /// </summary>
    public const int MaxCopies = 10_000;

    private readonly IFileStore _store;
    private readonly bool _allowBadChecksum;
    private readonly bool _isBeside;

    private PatchUnit(IFileStore store, uint limit, bool allowBadChecksum, bool isBeside, IReadOnlyList<PatchItem> items)
    {
        _store = store;
        Limit = limit;
        _allowBadChecksum = allowBadChecksum;
        _isBeside = isBeside;
        Items = items;
    }

    /// <value>The new limit.</value>
    public uint Limit { get; }

    public IReadOnlyList<PatchItem> Items { get; }

    public bool IsRefused => Items.Any(i => i.Action == PatchAction.Refuse);

    public IEnumerable<PatchItem> Writes => Items.Where(i => i.Action == PatchAction.Write);

    /// <summary>Checks every copy and works out every byte; writes nothing.</summary>
    /// <param name="drivers">Taken one by one; at most <see cref="MaxCopies"/>.</param>
    /// <param name="limit"><see cref="LimitPatch.MinLimit"/> to <see cref="LimitPatch.MaxLimit"/>.</param>
    /// <param name="beside">True: the result goes into the driver's place, so backup and links matter. False: it goes
    /// elsewhere.</param>
    /// <param name="vouched">With a wrong checksum allowed: whether the caller vouches for the other bytes where
    /// nothing
    /// else does. Default: false.</param>
    /// <exception cref="FileProblemException">There are too many drivers, or the search for them failed.</exception>
    public static PatchUnit Plan(IFileStore store, IEnumerable<Inspection> drivers, uint limit, bool allowBadChecksum, bool beside = true,
        bool vouched = false)
    {
        var items = Bounded(drivers).Select(d => PlanOne(store, d, limit, allowBadChecksum, beside, vouched)).ToList();

        // A copy that has no limit by design must not keep the others from being patched; alone, it is a refusal.
        if (items.Exists(i => i.Action is PatchAction.Write or PatchAction.Nothing))
        {
            items = items.ConvertAll(
                i => i.Action == PatchAction.Refuse && HasNoneByDesign(i.Driver) ? i with { Action = PatchAction.LeaveOut } : i);
        }

        // Nor must the driver of a later Windows beside it: signed, and none of the business of the one that is
        // patched.
        var patched = items.Where(i => i.Action is PatchAction.Write or PatchAction.Nothing)
            .Select(i => Search.WindowsPlace.Of(i.Driver.Path)).ToHashSet(StringComparer.Ordinal);
        if (patched.Count > 0)
        {
            items = items.ConvertAll(i => i.Action == PatchAction.Refuse && i.Driver.Report is { System.IsNt6OrLater: true }
                && !patched.Contains(Search.WindowsPlace.Of(i.Driver.Path)) ? i with { Action = PatchAction.LeaveOut } : i);
        }

        // So must packed copies on a disk that Windows runs from not: it runs, and restores, the plain ones.
        if (items.Exists(i => i.Action is PatchAction.Write or PatchAction.Nothing && !IsReserve(i.Driver)))
        {
            items = items.ConvertAll(i => IsReserve(i.Driver) && i.Action is PatchAction.Write or PatchAction.Refuse
                ? new PatchItem(i.Driver, PatchAction.LeaveOut, [], LeftPacked)
                : i);
        }

        return new PatchUnit(store, limit, allowBadChecksum, beside, items);
    }

    /// <summary>
    /// Sweeps leftovers of interrupted runs; writes backups and manifests, then all drivers. Order and states:
    /// docs/decisions/0020-every-file-is-whole.md.
    /// </summary>
    /// <param name="toolVersion">For the manifest.</param>
    /// <param name="utcNow">For the manifest.</param>
    /// <param name="cancellation">Ends the work; everything is taken back.</param>
    /// <param name="onShare">Told the share done, 0 to 1. Null: nobody is told.</param>
    /// <exception cref="InvalidOperationException">The unit is refused.</exception>
    /// <exception cref="FileProblemException">Something failed; every file is as before unless the message says
    /// otherwise.</exception>
    /// <exception cref="OperationCanceledException">Ended by the user; every file is as before.</exception>
    public void Apply(string toolVersion, DateTime utcNow, CancellationToken cancellation, Action<double>? onShare = null)
    {
        if (IsRefused)
        {
            throw new InvalidOperationException("A refused unit must not be applied.");
        }

        const int StepsOfWrite = 4; // checked, backed up, staged, replaced
        var writes = Writes.ToList();
        var steps = new WorkSteps(Items.Count + (StepsOfWrite * writes.Count), onShare);
        Transaction.Sweep(_store, Items.Select(i => i.Driver), steps, cancellation);
        if (writes.Count == 0)
        {
            return;
        }

        new Transaction(_store, steps).Run([.. writes.Select(w => w.Driver)], transaction =>
        {
            // First all that is set aside: a backup may serve several drivers (a cabinet's does), and is replaced once.
            foreach (var item in writes.Where(w => w.SetsAside))
            {
                cancellation.ThrowIfCancellationRequested();
                SetAside(transaction, item.Driver.Backup);
            }

            foreach (var item in writes)
            {
                cancellation.ThrowIfCancellationRequested();
                BackUp(transaction, item, toolVersion, utcNow);
                steps.Next();
            }

            transaction.ReplaceAll(writes.ConvertAll(w => w.Driver), i => ContentOf(writes[i]), cancellation);
        }, cancellation);
    }

    /// <summary>
    /// The driver as it is to be, worked out anew from what stands there and proven; the driver as it is when nothing
    /// changes.
    /// </summary>
    /// <exception cref="FileProblemException">It is not what it was when the patch was planned.</exception>
    public byte[] ContentOf(PatchItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        var bytes = Transaction.ReadUnchanged(_store, item.Driver.Path, item.Driver.Sha256!, followLink: !_isBeside);
        return item.Action == PatchAction.Write
            ? LimitPatch.Plan(bytes, Limit, new LimitPatchOptions { AllowBadChecksum = _allowBadChecksum }).Apply(bytes) : bytes;
    }

    /// <exception cref="FileProblemException">There are more than go together.</exception>
    internal static IEnumerable<Inspection> Bounded(IEnumerable<Inspection> drivers) =>
        drivers.Select((d, i) => i < MaxCopies ? d : throw new FileProblemException(d.Path,
            $"more than {MaxCopies:N0} drivers are too many to write together: name a folder further down."));

    private static PatchItem PlanOne(IFileStore store, Inspection driver, uint limit, bool allowBadChecksum, bool beside, bool vouched)
    {
        var slim = driver.WithoutEvidence();
        PatchItem Refused(string reason) => new(slim, PatchAction.Refuse, [], reason);

        if (driver.Status == DriverStatus.Unreadable)
        {
            return Refused(driver.Problem ?? "unreadable.");
        }

        if (beside && store.Find(driver.Path)?.Kind == EntryKind.SymbolicLink)
        {
            return Refused("this is a symbolic link: name the file that it leads to.");
        }

        byte[] bytes;
        try
        {
            bytes = Transaction.ReadUnchanged(store, driver.Path, driver.Sha256!, followLink: !beside);
        }
        catch (FileProblemException e)
        {
            return Refused(e.Problem);
        }

        var patch = LimitPatch.Plan(bytes, limit, new LimitPatchOptions { AllowBadChecksum = allowBadChecksum });
        if (patch.Refusal is { } refusal)
        {
            return Refused(Reason(driver, refusal)) with
            {
                OverruledBy = refusal.Reason != RefusalReason.BadChecksum ? Overruling.None
                    : driver.IsVouchedFor ? Overruling.BadChecksum : Overruling.OtherBytes,
            };
        }

        if (!patch.Before.Checksum!.IsValid && !driver.IsVouchedFor && !vouched)
        {
            return Refused("The checksum is wrong, and with the limit set back to 10 the file is no original on record: other bytes "
                + "may be damaged too, and a right checksum would hide that.") with { OverruledBy = Overruling.OtherBytes };
        }

        if (patch.ChangesNothing)
        {
            return new PatchItem(slim, PatchAction.Nothing, [], null);
        }

        if (beside && BackupProblem(store, driver) is { } problem)
        {
            return Refused(problem);
        }

        if (beside && store.ObstacleTo(driver.Path) is { } obstacle)
        {
            return Refused(obstacle) with
            {
                OverruledBy = store.NeedsBackupFolder ? Overruling.BackupFolder : Overruling.None,
            };
        }

        return new PatchItem(slim, PatchAction.Write, patch.Edits, null) { PatchedSha256 = BackupState.Hash(patch.Apply(bytes)) };
    }

    /// <summary>The reason, and for other systems' drivers what to do instead.</summary>
    private static string Reason(Inspection driver, PatchRefusal refusal) => refusal.Reason switch
    {
        RefusalReason.Nt6OrLater => refusal.Message + " " + driver.Advice,
        RefusalReason.NotFound when driver.Design == LimiterDesign.None => driver.Advice,
        _ => refusal.Message,
    };

    private static bool IsReserve(Inspection driver) => !driver.IsOnMedium
        && (driver.Packing is not null || Media.MediaNames.IsPackedDriver(Path.GetFileName(driver.Path))
            || Media.MediaNames.IsDriverCabinet(Path.GetFileName(driver.Path))
            || Media.MediaNames.IsDriverCabinet(Path.GetFileName(LocalFileStore.FolderOf(driver.Path))));

    /// <summary>
    /// tcpip6.sys without a findable limit, and builds from before the limit came (what service packs keep for their
    /// removal).
    /// </summary>
    private static bool HasNoneByDesign(Inspection driver) =>
        driver.Status == DriverStatus.NotFound && driver.Report is { HasEmbeddedSignature: false, System.IsNt6OrLater: false }
        && (driver.Kind == DriverKind.Tcpip6 || driver.Design == LimiterDesign.None);

    /// <summary>The first backup is kept for ever, so it must be of this very build.</summary>
    private static string? BackupProblem(IFileStore store, Inspection driver) => driver.Relation switch
    {
        BackupRelation.IsDamaged =>
            $"{(driver.Backup.Problem ?? "the backup is gone; only its manifest is left").TrimEnd('.')}. Look at "
            + $"{FileNames.BackupOf(driver.Path)} and move it and its manifest away before you patch again.",
        BackupRelation.IsForeign or BackupRelation.IsUnproven when !driver.IsSameBuild && !store.CanSetAside(driver.Path) =>
            $"the backup is of another build ({Advice.Named(driver.Backup.BackupVersion)}; the driver is "
            + $"{Advice.Named(driver.Report?.FileVersion)}): move {driver.Backup.ShownPath} and its manifest away, then patch again.",
        _ => null,
    };

    private void BackUp(Transaction transaction, PatchItem item, string toolVersion, DateTime utcNow)
    {
        var driver = item.Driver;
        var backup = driver.Backup;
        if (backup.BackupSha256 is null || item.SetsAside)
        {
            transaction.Put(backup.BackupPath, Transaction.ReadUnchanged(_store, driver.Path, driver.Sha256!), like: driver.Path);
        }

        var manifest = new BackupManifest
        {
            Format = 1,
            ToolVersion = toolVersion,
            TimeUtc = utcNow,
            File = Path.GetFileName(driver.Path),
            OriginalSha256 = item.SetsAside ? driver.Sha256! : backup.BackupSha256 ?? driver.Sha256!,
            PatchedSha256 = item.PatchedSha256!,
            PreviousSha256 = driver.Sha256!,
            LimitFileOffset = item.Edits[0].Offset.Value,
            OldLimit = item.SetsAside ? driver.Report!.Limit!.Value
                : backup.Manifest?.OldLimit ?? backup.BackupLimit ?? driver.Report!.Limit!.Value,
            NewLimit = Limit,
        };
        transaction.Put(backup.ManifestPath, manifest.ToBytes(), like: null);
    }

    /// <summary>
    /// Copies of backup and manifest under their other names, then the manifest goes: at no point does a manifest speak
    /// of a backup that is not its own.
    /// </summary>
    private void SetAside(Transaction transaction, BackupState backup)
    {
        var build = backup.BackupBuild;
        transaction.SetAside(backup.BackupPath, FileNames.OldBackupOf(backup.DriverPath, build));
        if (backup.Manifest is not null)
        {
            var kept = FileNames.OldManifestOf(backup.DriverPath, build);
            transaction.SetAside(backup.ManifestPath, kept);
            transaction.Remove(backup.ManifestPath, _store.Read(backup.ManifestPath, BackupState.MaxManifestSize), like: kept);
        }
    }
}
