using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Lifting;

/// <summary>What a restore does with one copy.</summary>
public enum RestoreAction
{
    /// <summary>The original goes back; backup and manifest go away.</summary>
    Restore,

    /// <summary>The file is the original already; backup and manifest go away.</summary>
    CleanUp,

    /// <summary>There is no backup of ours.</summary>
    Nothing,

    /// <summary>It must not be touched, and so no copy is.</summary>
    Refuse,
}

/// <summary>One copy in a restore. Immutable.</summary>
/// <param name="Reason">Why it is refused, one sentence; null otherwise.</param>
public sealed record RestoreItem(Inspection Driver, RestoreAction Action, string? Reason)
{
    /// <summary>What would have it written although it is refused.</summary>
    public Overruling OverruledBy { get; init; }
}

/// <summary>All copies of one installation whose originals go back together, byte for byte. Not thread-safe.</summary>
public sealed class RestoreUnit
{
    private readonly IFileStore _store;

    private RestoreUnit(IFileStore store, IReadOnlyList<RestoreItem> items)
    {
        _store = store;
        Items = items;
    }

    public IReadOnlyList<RestoreItem> Items { get; }

    public bool IsRefused => Items.Any(i => i.Action == RestoreAction.Refuse);

    /// <summary>The copies that have a backup.</summary>
    public IEnumerable<RestoreItem> Work => Items.Where(i => i.Action is RestoreAction.Restore or RestoreAction.CleanUp);

    /// <summary>Checks every copy; writes nothing.</summary>
    /// <param name="drivers">Taken one by one; at most <see cref="PatchUnit.MaxCopies"/>.</param>
    /// <param name="force">Whether the original also goes over a file that somebody else changed. A damaged backup is
    /// never written.</param>
    /// <param name="downgrade">Whether a forced original may be an older version than the file that it replaces.
    /// Default:
    /// false.</param>
    public static RestoreUnit Plan(IFileStore store, IEnumerable<Inspection> drivers, bool force, bool downgrade = false) =>
        new(store, [.. PatchUnit.Bounded(drivers).Select(d => PlanOne(store, d.WithoutEvidence(), force, downgrade))]);

    /// <summary>
    /// Puts all originals back, then removes manifests and backups. Order and states:
    /// docs/decisions/0020-every-file-is-whole.md.
    /// </summary>
    /// <exception cref="InvalidOperationException">The unit is refused.</exception>
    /// <exception cref="FileProblemException">Something failed; the message says how things stand.</exception>
    /// <exception cref="OperationCanceledException">Ended by the user; every file is as before.</exception>
    /// <param name="cancellation">Ends the work; everything is taken back.</param>
    /// <param name="onShare">Told the share done, 0 to 1. Null: nobody is told.</param>
    public void Apply(CancellationToken cancellation, Action<double>? onShare = null)
    {
        if (IsRefused)
        {
            throw new InvalidOperationException("A refused unit must not be applied.");
        }

        const int StepsOfWork = 4; // checked, staged, replaced, backup removed
        var work = Work.ToList();
        var steps = new WorkSteps(Items.Count + (StepsOfWork * work.Count), onShare);
        Transaction.Sweep(_store, Items.Select(i => i.Driver), steps, cancellation);
        if (work.Count == 0)
        {
            return;
        }

        new Transaction(_store, steps).Run([.. work.Select(w => w.Driver)], transaction =>
        {
            var originals = work.Where(w => w.Action == RestoreAction.Restore).Select(w => w.Driver).ToList();
            transaction.ReplaceAll(originals,
                i => Transaction.ReadUnchanged(_store, originals[i].Backup.BackupPath, originals[i].Backup.BackupSha256!), cancellation);
            transaction.Keep();
            foreach (var item in work)
            {
                // The manifest first: a backup alone that equals its file is harmless, a manifest alone would promise
                // what is gone.
                _store.Delete(item.Driver.Backup.ManifestPath);
                _store.Delete(item.Driver.Backup.BackupPath);
                steps.Next();
            }
        }, cancellation);
    }

    private static RestoreItem PlanOne(IFileStore store, Inspection driver, bool force, bool downgrade)
    {
        if (store.Find(driver.Path) is { Kind: not EntryKind.File } entry && driver.Relation != BackupRelation.None)
        {
            return new RestoreItem(driver, RestoreAction.Refuse,
                entry.Kind == EntryKind.SymbolicLink ? "this is a symbolic link: name the file that it leads to." : "this is not a file.");
        }

        var isGone = store.Find(driver.Path) is null;
        if (!isGone && driver.Sha256 is null && driver.Relation != BackupRelation.None)
        {
            return new RestoreItem(driver, RestoreAction.Refuse, driver.Problem);
        }

        // Also where only our own files would go away.
        if (driver.Relation != BackupRelation.None && SleepingWindows.Find(store, driver.Path) is { } sleeps)
        {
            return new RestoreItem(driver, RestoreAction.Refuse, sleeps);
        }

        if (!isGone && driver.Relation is not (BackupRelation.None or BackupRelation.IsOriginal or BackupRelation.IsDamaged)
            && store.ObstacleTo(driver.Path) is { } obstacle)
        {
            return new RestoreItem(driver, RestoreAction.Refuse, obstacle);
        }

        return driver.Relation switch
        {
            BackupRelation.None => new RestoreItem(driver, RestoreAction.Nothing, null),
            BackupRelation.IsOriginal => new RestoreItem(driver, RestoreAction.CleanUp, null),
            BackupRelation.IsPatched or BackupRelation.IsMissing => new RestoreItem(driver, RestoreAction.Restore, null),
            _ when driver.HasOlderBackup && !(force && downgrade) => new RestoreItem(driver, RestoreAction.Refuse,
                OlderReason(driver, force))
            {
                OverruledBy = force ? Overruling.Downgrade : Overruling.None,
            },
            BackupRelation.IsForeign => force ? new RestoreItem(driver, RestoreAction.Restore, null)
                : new RestoreItem(driver, RestoreAction.Refuse, "the file was changed since by somebody else (an update, another tool).")
                {
                    OverruledBy = Overruling.OurBackup,
                },
            BackupRelation.IsUnproven => force ? new RestoreItem(driver, RestoreAction.Restore, null)
                : new RestoreItem(driver, RestoreAction.Refuse, "there is a backup without its manifest, and the file differs from it.")
                {
                    OverruledBy = Overruling.OurBackup,
                },
            _ => new RestoreItem(driver, RestoreAction.Refuse,
                driver.Backup.Problem ?? "the backup is gone; only its manifest is left, so there is nothing to give back."),
        };
    }

    private static string OlderReason(Inspection driver, bool force) =>
        $"Windows has replaced this file since the patch (an update?): it is {driver.Report!.FileVersion} and the backup is of "
        + $"{Advice.Named(driver.Backup.BackupVersion)}"
        + (force ? ", so an older driver would come under a newer Windows."
            : ", so there is nothing to go back to; 'halfopen patch' sets that backup aside.");
}
