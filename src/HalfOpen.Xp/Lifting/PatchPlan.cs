using HalfOpen.Driver;
using HalfOpen.Windows.Files;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Lifting;

/// <summary>
/// A new limit for all copies: every copy is checked before any is written. The rules are those of the Linux program's
/// PatchUnit.
/// </summary>
internal sealed class PatchPlan : LiftPlan
{
    private readonly uint _limit;

    private PatchPlan(IDiskSteps disk, string windowsFolder, uint limit, List<LiftItem> items)
        : base(disk, windowsFolder, items) => _limit = limit;

    /// <summary>Checks every copy and works out every byte; writes nothing.</summary>
    /// <param name="limit">1 to 2147483647; the driver refuses anything else.</param>
    /// <param name="vouched">With a wrong checksum allowed: whether the user vouches for the other bytes where nothing
    /// else does.</param>
    public static PatchPlan Of(IDiskSteps disk, string windowsFolder, List<DriverCopy> copies, uint limit, bool allowBadChecksum,
        bool vouched = false)
    {
        var items = copies.ConvertAll(c => PlanOne(c, limit, allowBadChecksum, vouched));

        // A copy that has no limit by design must not keep the others from being patched; alone, it is a refusal.
        if (items.Exists(i => i.Action is LiftAction.Write or LiftAction.Nothing))
        {
            foreach (var item in items)
            {
                if (item.Action == LiftAction.Refuse && HasNoneByDesign(item.Copy))
                {
                    item.LeaveOut();
                }
            }
        }

        return new PatchPlan(disk, windowsFolder, limit, items);
    }

    /// <summary>Sweeps what interrupted runs left; writes backups and manifests, then all drivers.</summary>
    /// <exception cref="DiskProblemException">Something failed; the message says how things stand.</exception>
    /// <exception cref="StoppedException">Ended by the user; every file is as before.</exception>
    public LiftResult Apply(string toolVersion, DateTime utcNow, LiftWatch watch)
    {
        if (IsRefused)
        {
            throw new InvalidOperationException("A refused plan must not be applied.");
        }

        var writes = InOrder(LiftAction.Write);
        return new LiftTransaction(Disk, watch).Run(WindowsFolder, Items, writes, transaction =>
        {
            foreach (var item in writes)
            {
                watch.Step(new Phrase(TextKey.BackingUp, item.Copy.Place.ShortPath));
                BackUp(transaction, item, toolVersion, utcNow);
            }

            transaction.ReplaceAll(writes);
        });
    }

    private static LiftItem PlanOne(DriverCopy copy, uint limit, bool allowBadChecksum, bool vouched)
    {
        if (copy.Bytes == null)
        {
            return new LiftItem(copy, LiftAction.Refuse, copy.Problem ?? new Phrase(TextKey.NoSuchFile));
        }

        var patch = LimitPatch.Plan(copy.Bytes, limit, new LimitPatchOptions { AllowBadChecksum = allowBadChecksum });
        if (patch.Refusal != null)
        {
            return new LiftItem(copy, LiftAction.Refuse, Refusals.Reason(copy, patch.Refusal.Reason, limit));
        }

        if (!patch.Before.Checksum!.IsValid && !vouched && !copy.IsVouchedFor)
        {
            return new LiftItem(copy, LiftAction.Refuse, new Phrase(TextKey.OtherBytesUnknown));
        }

        if (patch.ChangesNothing)
        {
            return new LiftItem(copy, LiftAction.Nothing);
        }

        return (BackupProblem(copy) ?? copy.Obstacle) is { } problem
            ? new LiftItem(copy, LiftAction.Refuse, problem)
            : new LiftItem(copy, LiftAction.Write, null, patch.Apply(copy.Bytes), patch);
    }

    private static bool HasNoneByDesign(DriverCopy copy) =>
        copy.Status == DriverStatus.NotFound && !copy.Report!.HasEmbeddedSignature && !copy.Report.System.IsNt6OrLater
        && (copy.Kind == DriverKind.Tcpip6 || copy.Design == LimiterDesign.None);

    private static Phrase? BackupProblem(DriverCopy copy)
    {
        if (copy.Relation != Relation.Damaged)
        {
            return null;
        }

        var problem = copy.Backup.Problem ?? new Phrase(TextKey.BackupIsGone);
        return new Phrase(TextKey.BackupDamaged, problem, Path.GetFileName(copy.Backup.BackupPath));
    }

    private void BackUp(LiftTransaction transaction, LiftItem item, string toolVersion, DateTime utcNow)
    {
        var copy = item.Copy;
        var backup = copy.Backup;
        var isNew = backup.Bytes == null || item.SetsAside;
        if (item.SetsAside)
        {
            SetAside(transaction, backup);
        }

        if (isNew)
        {
            transaction.Put(backup.BackupPath, copy.Bytes!, previous: backup.Bytes, like: copy.Path);
        }

        var manifest = new Manifest
        {
            ToolVersion = toolVersion,
            TimeUtc = utcNow,
            File = Path.GetFileName(copy.Path),
            OriginalSha256 = isNew ? copy.Sha256! : backup.Sha256!,
            PatchedSha256 = Sha256.Of(item.NewBytes!),
            PreviousSha256 = copy.Sha256!,
            LimitFileOffset = item.Patch!.Edits[0].Offset.Value,
            OldLimit = item.SetsAside ? copy.Report!.Limit!.Value
                : backup.Manifest?.OldLimit ?? backup.Report?.Limit ?? copy.Report!.Limit!.Value,
            NewLimit = _limit,
        };
        transaction.Put(backup.ManifestPath, manifest.ToBytes(), item.SetsAside ? null : backup.ManifestBytes, like: null);
    }

    /// <summary>
    /// Copies of backup and manifest under their other names, then the manifest goes: at no point does a manifest speak
    /// of a backup that is not its own.
    /// </summary>
    private void SetAside(LiftTransaction transaction, Backup backup)
    {
        Keep(transaction, backup.BackupPath, backup.Bytes!, backup.OldBackupPath);
        if (backup.ManifestBytes != null)
        {
            Keep(transaction, backup.ManifestPath, backup.ManifestBytes, backup.OldManifestPath);
            transaction.Remove(backup.ManifestPath, backup.ManifestBytes);
        }
    }

    private void Keep(LiftTransaction transaction, string path, byte[] bytes, string keptAs)
    {
        var there = Disk.KindOf(keptAs) == DiskEntry.File ? Disk.Read(keptAs, FileNames.MaxDriverSize) : null;
        if (there == null || Sha256.Of(there) != Sha256.Of(bytes))
        {
            transaction.Put(keptAs, bytes, there, like: path);
        }
    }
}
