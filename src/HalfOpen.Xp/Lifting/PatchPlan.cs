using HalfOpen.Driver;
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
    public static PatchPlan Of(IDiskSteps disk, string windowsFolder, List<DriverCopy> copies, uint limit, bool allowBadChecksum)
    {
        var items = copies.ConvertAll(c => PlanOne(c, limit, allowBadChecksum));

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

    private static LiftItem PlanOne(DriverCopy copy, uint limit, bool allowBadChecksum)
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

        if (patch.ChangesNothing)
        {
            return new LiftItem(copy, LiftAction.Nothing);
        }

        return BackupProblem(copy, patch) is { } problem
            ? new LiftItem(copy, LiftAction.Refuse, problem)
            : new LiftItem(copy, LiftAction.Write, null, patch.Apply(copy.Bytes), patch);
    }

    private static bool HasNoneByDesign(DriverCopy copy) =>
        copy.Status == DriverStatus.NotFound && !copy.Report!.HasEmbeddedSignature && !copy.Report.System.IsNt6OrLater
        && (copy.Kind == DriverKind.Tcpip6 || copy.Design == LimiterDesign.None);

    /// <summary>The first backup is kept for ever, so it must be of this very build.</summary>
    private static Phrase? BackupProblem(DriverCopy copy, LimitPatch patch)
    {
        switch (copy.Relation)
        {
            case Relation.Damaged:
                var problem = copy.Backup.Problem ?? new Phrase(TextKey.BackupIsGone);
                return new Phrase(TextKey.BackupDamaged, problem, Path.GetFileName(copy.Backup.BackupPath));
            case Relation.Foreign or Relation.Unproven when !IsSameBuild(copy, patch):
                return new Phrase(TextKey.BackupOfAnotherBuild, Path.GetFileName(copy.Backup.BackupPath));
            default:
                return null;
        }
    }

    private static bool IsSameBuild(DriverCopy copy, LimitPatch patch)
    {
        var original = copy.Backup.Bytes!;
        if (original.Length != copy.Bytes!.Length)
        {
            return false;
        }

        var edited = new bool[original.Length];
        foreach (var edit in patch.Edits)
        {
            for (var i = 0; i < edit.Length; i++)
            {
                edited[edit.Offset.Value + i] = true;
            }
        }

        for (var i = 0; i < original.Length; i++)
        {
            if (original[i] != copy.Bytes[i] && !edited[i])
            {
                return false;
            }
        }

        return true;
    }

    private void BackUp(LiftTransaction transaction, LiftItem item, string toolVersion, DateTime utcNow)
    {
        var copy = item.Copy;
        var backup = copy.Backup;
        if (backup.Bytes == null)
        {
            transaction.Put(backup.BackupPath, copy.Bytes!, previous: null, like: copy.Path);
        }

        var manifest = new Manifest
        {
            ToolVersion = toolVersion,
            TimeUtc = utcNow,
            File = Path.GetFileName(copy.Path),
            OriginalSha256 = backup.Sha256 ?? copy.Sha256!,
            PatchedSha256 = Sha256.Of(item.NewBytes!),
            PreviousSha256 = copy.Sha256!,
            LimitFileOffset = item.Patch!.Edits[0].Offset.Value,
            OldLimit = backup.Manifest?.OldLimit ?? backup.Report?.Limit ?? copy.Report!.Limit!.Value,
            NewLimit = _limit,
        };
        transaction.Put(backup.ManifestPath, manifest.ToBytes(), backup.ManifestBytes, like: null);
    }
}
