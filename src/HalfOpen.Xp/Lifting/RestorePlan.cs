using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Lifting;

/// <summary>
/// The originals of all copies go back together, byte for byte. The rules are those of the Linux program's RestoreUnit.
/// </summary>
internal sealed class RestorePlan : LiftPlan
{
    private RestorePlan(IDiskSteps disk, string windowsFolder, List<LiftItem> items)
        : base(disk, windowsFolder, items)
    {
    }

    /// <summary>Checks every copy; writes nothing.</summary>
    /// <param name="force">Whether the original also goes over a file that somebody else changed. A damaged backup is
    /// never written.</param>
    /// <param name="downgrade">Whether a forced original may be an older version than the file that it
    /// replaces.</param>
    public static RestorePlan Of(IDiskSteps disk, string windowsFolder, List<DriverCopy> copies, bool force, bool downgrade = false) =>
        new RestorePlan(disk, windowsFolder, copies.ConvertAll(c => PlanOne(c, force, downgrade)));

    /// <summary>Which versions would come under which, for the question; null when each stays what it is.</summary>
    public Phrase? OtherVersions
    {
        get
        {
            var item = Items.Find(i => i.Action == LiftAction.Write && i.Copy.HasStaleBackup);
            return item == null ? null : new Phrase(TextKey.OtherVersion, Meaning.VersionOf(item.Copy.Report?.FileVersion),
                Meaning.VersionOf(item.Copy.Backup.Version));
        }
    }

    /// <summary>
    /// Puts all originals back, then removes manifests and backups of those that are back. What waits for the restart
    /// keeps its backup until then.
    /// </summary>
    /// <exception cref="DiskProblemException">Something failed; the message says how things stand.</exception>
    /// <exception cref="StoppedException">Ended by the user; every file is as before.</exception>
    public LiftResult Apply(LiftWatch watch)
    {
        if (IsRefused)
        {
            throw new InvalidOperationException("A refused plan must not be applied.");
        }

        var work = InOrder(LiftAction.Write, LiftAction.CleanUp);
        return new LiftTransaction(Disk, watch).Run(WindowsFolder, Items, work, transaction =>
        {
            transaction.ReplaceAll(InOrder(LiftAction.Write));
            transaction.Keep();
            foreach (var item in work)
            {
                if (!transaction.IsWaiting(item.Copy.Path))
                {
                    // The manifest first: a backup alone that equals its file is harmless, a manifest alone would
                    // promise what is gone.
                    Disk.Delete(item.Copy.Backup.ManifestPath);
                    Disk.Delete(item.Copy.Backup.BackupPath);
                }
            }
        });
    }

    private static LiftItem PlanOne(DriverCopy copy, bool force, bool downgrade)
    {
        if (copy.Relation == Relation.None)
        {
            return new LiftItem(copy, LiftAction.Nothing);
        }

        if (copy.Entry != DiskEntry.None && copy.Bytes == null)
        {
            return new LiftItem(copy, LiftAction.Refuse, copy.Problem);
        }

        // Also where only our own files would go away.
        if (copy.Obstacle != null)
        {
            return new LiftItem(copy, LiftAction.Refuse, copy.Obstacle);
        }

        if (copy.HasOlderBackup && !(force && downgrade))
        {
            return new LiftItem(copy, LiftAction.Refuse, new Phrase(force ? TextKey.OlderNeedsDowngrade : TextKey.OlderBackup,
                Meaning.VersionOf(copy.Report!.FileVersion), Meaning.VersionOf(copy.Backup.Version)));
        }

        switch (copy.Relation)
        {
            case Relation.Original:
                return new LiftItem(copy, LiftAction.CleanUp);
            case Relation.Patched:
            case Relation.Missing:
                return GoBack(copy);
            case Relation.Foreign:
                return force ? GoBack(copy) : new LiftItem(copy, LiftAction.Refuse, new Phrase(TextKey.ForeignNeedsForce));
            case Relation.Unproven:
                return force ? GoBack(copy) : new LiftItem(copy, LiftAction.Refuse, new Phrase(TextKey.UnprovenNeedsForce));
            default:
                return new LiftItem(copy, LiftAction.Refuse, copy.Backup.Problem ?? new Phrase(TextKey.BackupIsGone));
        }
    }

    private static LiftItem GoBack(DriverCopy copy) => new LiftItem(copy, LiftAction.Write, null, copy.Backup.Bytes);
}
