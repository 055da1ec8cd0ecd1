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

/// <summary>One copy in a patch. Immutable.</summary>
/// <param name="Reason">Why it is left out or refused, one sentence; null otherwise.</param>
public sealed record PatchItem(Inspection Driver, PatchAction Action, LimitPatch? Patch, string? Reason)
{
    /// <summary>SHA-256 of the file after the patch; null when it is not written.</summary>
    public string? PatchedSha256 { get; init; }

    /// <summary>The file's content after the patch, proven; null when it is not written.</summary>
    public byte[]? PatchedBytes { get; init; }
}

/// <summary>
/// All copies of the drivers of one installation, to be patched together: every copy is checked before any is written, and when one cannot be written, all are
/// put back. Not thread-safe.
/// </summary>
public sealed class PatchUnit
{
    private readonly IFileStore _store;
    private readonly uint _limit;

    private PatchUnit(IFileStore store, uint limit, IReadOnlyList<PatchItem> items)
    {
        _store = store;
        _limit = limit;
        Items = items;
    }

    public IReadOnlyList<PatchItem> Items { get; }

    public bool IsRefused => Items.Any(i => i.Action == PatchAction.Refuse);

    public IEnumerable<PatchItem> Writes => Items.Where(i => i.Action == PatchAction.Write);

    /// <summary>Checks every copy and works out every byte; writes nothing.</summary>
    /// <param name="limit"><see cref="LimitPatch.MinLimit"/> to <see cref="LimitPatch.MaxLimit"/>.</param>
    /// <param name="beside">True: the result goes into the driver's place, so backup and links matter. False: it goes elsewhere.</param>
    public static PatchUnit Plan(IFileStore store, IEnumerable<Inspection> drivers, uint limit, bool allowBadChecksum, bool beside = true)
    {
        var items = drivers.Select(d => PlanOne(store, d, limit, allowBadChecksum, beside)).ToList();

        // A copy that has no limit by design must not keep the others from being patched; alone, it is a refusal.
        if (items.Exists(i => i.Action is PatchAction.Write or PatchAction.Nothing))
        {
            items = items.ConvertAll(i => i.Action == PatchAction.Refuse && HasNoneByDesign(i.Driver) ? i with { Action = PatchAction.LeaveOut } : i);
        }

        return new PatchUnit(store, limit, items);
    }

    /// <summary>Sweeps leftovers of interrupted runs; writes backups and manifests, then all drivers. Order and states: docs/decisions/0020-every-file-is-whole.md.</summary>
    /// <param name="toolVersion">For the manifest.</param>
    /// <param name="utcNow">For the manifest.</param>
    /// <exception cref="InvalidOperationException">The unit is refused.</exception>
    /// <exception cref="FileProblemException">Something failed; every file is as before unless the message says otherwise.</exception>
    /// <exception cref="OperationCanceledException">Ended by the user; every file is as before.</exception>
    public void Apply(string toolVersion, DateTime utcNow, CancellationToken cancellation)
    {
        if (IsRefused)
        {
            throw new InvalidOperationException("A refused unit must not be applied.");
        }

        Transaction.Sweep(_store, Items.Select(i => i.Driver));
        var writes = Writes.ToList();
        if (writes.Count == 0)
        {
            return;
        }

        new Transaction(_store).Run([.. writes.Select(w => w.Driver)], transaction =>
        {
            foreach (var item in writes)
            {
                cancellation.ThrowIfCancellationRequested();
                BackUp(transaction, item, toolVersion, utcNow);
            }

            transaction.ReplaceAll([.. writes.Select(w => (w.Driver, w.PatchedBytes!))], cancellation);
        });
    }

    private static PatchItem PlanOne(IFileStore store, Inspection driver, uint limit, bool allowBadChecksum, bool beside)
    {
        if (driver.Bytes is null)
        {
            return new PatchItem(driver, PatchAction.Refuse, null, driver.Problem ?? "unreadable.");
        }

        if (beside && store.Find(driver.Path)?.Kind == EntryKind.SymbolicLink)
        {
            return new PatchItem(driver, PatchAction.Refuse, null, "this is a symbolic link: name the file that it leads to.");
        }

        var patch = LimitPatch.Plan(driver.Bytes, limit, new LimitPatchOptions { AllowBadChecksum = allowBadChecksum });
        if (patch.Refusal is { } refusal)
        {
            return new PatchItem(driver, PatchAction.Refuse, patch, Reason(driver, refusal));
        }

        if (patch.ChangesNothing)
        {
            return new PatchItem(driver, PatchAction.Nothing, patch, null);
        }

        if (beside && BackupProblem(driver, patch) is { } problem)
        {
            return new PatchItem(driver, PatchAction.Refuse, patch, problem);
        }

        var bytes = patch.Apply(driver.Bytes);
        return new PatchItem(driver, PatchAction.Write, patch, null) { PatchedBytes = bytes, PatchedSha256 = BackupState.Hash(bytes) };
    }

    /// <summary>The reason, and for other systems' drivers what to do instead.</summary>
    private static string Reason(Inspection driver, PatchRefusal refusal) => refusal.Reason switch
    {
        RefusalReason.Nt6OrLater => refusal.Message + " " + driver.Advice,
        RefusalReason.NotFound when driver.Design == LimiterDesign.None => driver.Advice,
        RefusalReason.BadChecksum => refusal.Message + " --allow-bad-checksum patches it nevertheless and puts the checksum right.",
        _ => refusal.Message,
    };

    /// <summary>tcpip6.sys without a findable limit, and builds from before the limit came (what service packs keep for their removal).</summary>
    private static bool HasNoneByDesign(Inspection driver) =>
        driver.Status == DriverStatus.NotFound && driver.Report is { HasEmbeddedSignature: false, System.IsNt6OrLater: false }
        && (driver.Kind == DriverKind.Tcpip6 || driver.Design == LimiterDesign.None);

    /// <summary>The first backup is kept for ever, so it must be of this very build.</summary>
    private static string? BackupProblem(Inspection driver, LimitPatch patch) => driver.Relation switch
    {
        BackupRelation.IsDamaged => $"{driver.Backup.Problem!.TrimEnd('.')}. Look at {FileNames.BackupOf(driver.Path)} and move it and its manifest away before you patch again.",
        BackupRelation.IsForeign or BackupRelation.IsUnproven when !IsSameBuild(driver, patch) =>
            $"the backup beside it is of another build (an update replaced the driver): move {Path.GetFileName(driver.Backup.BackupPath)} and its manifest away, then patch again.",
        _ => null,
    };

    private static bool IsSameBuild(Inspection driver, LimitPatch patch)
    {
        var original = driver.Backup.Backup!;
        if (original.Length != driver.Bytes!.Length)
        {
            return false;
        }

        for (var i = 0; i < original.Length; i++)
        {
            if (original[i] != driver.Bytes[i] && !patch.Edits.Any(e => i >= e.Offset.Value && i < e.Offset.Value + e.Length))
            {
                return false;
            }
        }

        return true;
    }

    private void BackUp(Transaction transaction, PatchItem item, string toolVersion, DateTime utcNow)
    {
        var driver = item.Driver;
        var backup = driver.Backup;
        if (backup.Backup is null)
        {
            transaction.Put(backup.BackupPath, driver.Bytes!, previous: null, like: driver.Path);
        }

        var manifest = new BackupManifest
        {
            Format = 1,
            ToolVersion = toolVersion,
            TimeUtc = utcNow,
            File = Path.GetFileName(driver.Path),
            OriginalSha256 = backup.BackupSha256 ?? driver.Sha256!,
            PatchedSha256 = item.PatchedSha256!,
            PreviousSha256 = driver.Sha256!,
            LimitFileOffset = item.Patch!.Edits[0].Offset.Value,
            OldLimit = backup.Manifest?.OldLimit ?? (backup.Backup is { } original ? DriverExaminer.Examine(original).Limit : null) ?? driver.Report!.Limit!.Value,
            NewLimit = _limit,
        };
        transaction.Put(backup.ManifestPath, manifest.ToBytes(), backup.ManifestBytes, like: null);
    }
}
