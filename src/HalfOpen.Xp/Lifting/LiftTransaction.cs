using HalfOpen.Windows.Files;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Lifting;

/// <summary>The work of a transaction; .NET Framework 2.0 has no delegate for it.</summary>
internal delegate void LiftWork(LiftTransaction transaction);

/// <summary>
/// All replaced or none, and every file whole whenever the power fails: new content is written under a temporary name
/// in the same folder, flushed, read back and renamed over the old. The order of steps is that of
/// docs/decisions/0020-every-file-is-whole.md. Not thread-safe.
/// </summary>
internal sealed class LiftTransaction
{
    private readonly IDiskSteps _disk;
    private readonly LiftWatch _watch;
    private readonly Stack<UndoStep> _undo = new Stack<UndoStep>();
    private readonly Dictionary<string, string> _waiting = new Dictionary<string, string>(StringComparer.Ordinal);
    private int _replaced;
    private bool _isKept;

    public LiftTransaction(IDiskSteps disk, LiftWatch watch)
    {
        _disk = disk;
        _watch = watch;
    }

    private delegate void UndoStep();

    /// <summary>
    /// Runs the work under a lock. When it fails, all that was done is taken back and the failure is thrown on with a
    /// word on how things stand.
    /// </summary>
    /// <param name="all">What is swept: every copy, also those that are not written.</param>
    /// <param name="touched">What must be as it was when it was planned.</param>
    public LiftResult Run(string windowsFolder, List<LiftItem> all, List<LiftItem> touched, LiftWork work)
    {
        if (all.Exists(i => i.Copy.Obstacle != null))
        {
            return new LiftResult(0, 0); // nothing is planned here, and neither a lock nor the sweep may change anything
        }

        using (_disk.Lock(windowsFolder))
        {
            foreach (var item in all)
            {
                Sweep(item.Copy);
            }

            _watch.Total = touched.Count * 3;
            foreach (var item in touched)
            {
                CheckUnchanged(item.Copy);
            }

            RunUndoing(work);
            return new LiftResult(_replaced, _waiting.Count);
        }
    }

    /// <summary>Creates or replaces a small file of ours; taken back when the work fails.</summary>
    public void Put(string path, byte[] bytes, byte[]? previous, string? like)
    {
        var staged = Stage(path, bytes, like);
        _undo.Push(() => PutBack(path, previous));
        if (Commit(staged, path, bytes) == Replacement.InUse)
        {
            throw new DiskProblemException(path, new Phrase(TextKey.InUse));
        }
    }

    /// <summary>Removes a small file of ours; it is back when the work fails.</summary>
    public void Remove(string path, byte[] bytes)
    {
        _undo.Push(() => PutBack(path, bytes));
        _disk.Delete(path);
    }

    /// <summary>
    /// Replaces drivers together: all new contents are on the disk before the first file changes, so a full disk is
    /// noticed before that.
    /// </summary>
    public void ReplaceAll(List<LiftItem> items)
    {
        var staged = new List<string>();
        foreach (var item in items)
        {
            _watch.Step(new Phrase(TextKey.Preparing, item.Copy.Place.ShortPath));
            staged.Add(Stage(item.Copy.Path, item.NewBytes!, item.Copy.Bytes == null ? item.Copy.Backup.BackupPath : item.Copy.Path));
        }

        for (var i = 0; i < items.Count; i++)
        {
            var copy = items[i].Copy;
            _watch.Step(new Phrase(TextKey.Writing, copy.Place.ShortPath));
            _undo.Push(() => PutBack(copy.Path, copy.Bytes));
            if (Commit(staged[i], copy.Path, items[i].NewBytes!) == Replacement.Done)
            {
                _replaced++;
                continue;
            }

            _disk.ReplaceAtRestart(staged[i], copy.Path);
            _waiting.Add(copy.Path, staged[i]);
        }
    }

    /// <summary>Whether a file waits for the restart of Windows.</summary>
    public bool IsWaiting(string path) => _waiting.ContainsKey(path);

    /// <summary>What was done so far stays, whatever fails from here on.</summary>
    public void Keep()
    {
        _undo.Clear();
        _isKept = true;
    }

    /// <summary>
    /// Writes new content beside a file, complete and read back. On failure, and until it is committed, undoing removes
    /// it.
    /// </summary>
    private string Stage(string path, byte[] bytes, string? like)
    {
        var temporary = path + FileNames.TemporaryInfix + Guid.NewGuid().ToString("N").Substring(0, 8);
        _undo.Push(() => _disk.Delete(temporary));
        _disk.CreateSynced(temporary, bytes);
        if (like != null)
        {
            _disk.CopyMetadata(like, temporary);
        }

        Verify(temporary, bytes);
        return temporary;
    }

    private Replacement Commit(string temporary, string path, byte[] bytes)
    {
        var result = _disk.Replace(temporary, path);
        if (result == Replacement.Done)
        {
            Verify(path, bytes);
        }

        return result;
    }

    private void Verify(string path, byte[] expected)
    {
        if (!AreEqual(_disk.Read(path, expected.Length), expected))
        {
            throw new DiskProblemException(path, new Phrase(TextKey.ReadsBackDifferently));
        }
    }

    /// <summary>
    /// What interrupted runs left harms nobody, so a failure here is none. A file that waits for the restart is taken
    /// back by this too: its rename finds nothing.
    /// </summary>
    private void Sweep(DriverCopy copy)
    {
        try
        {
            var folder = Path.GetDirectoryName(copy.Path)!;
            var targets = new List<string> { copy.Path, copy.Backup.BackupPath, copy.Backup.ManifestPath };
            if (copy.HasStaleBackup)
            {
                targets.Add(copy.Backup.OldBackupPath);
                targets.Add(copy.Backup.OldManifestPath);
            }

            foreach (var name in _disk.List(folder))
            {
                foreach (var target in targets)
                {
                    var path = Path.Combine(folder, name);
                    if (FileNames.IsTemporaryOf(name, Path.GetFileName(target)) && _disk.KindOf(path) == DiskEntry.File)
                    {
                        _disk.Delete(path);
                    }
                }
            }
        }
        catch (DiskProblemException)
        {
            // As said above.
        }
    }

    /// <summary>Between the plan and now, minutes may have passed in front of a question.</summary>
    private void CheckUnchanged(DriverCopy copy)
    {
        var kind = _disk.KindOf(copy.Path);
        var isSame = copy.Bytes == null ? kind == DiskEntry.None
            : kind == DiskEntry.File && Sha256.Of(_disk.Read(copy.Path, FileNames.MaxDriverSize)) == copy.Sha256;
        if (!isSame)
        {
            throw new DiskProblemException(copy.Path, new Phrase(TextKey.ChangedMeanwhile));
        }
    }

    private void RunUndoing(LiftWork work)
    {
        try
        {
            work(this);
        }
        catch (Exception e) when (e is DiskProblemException or StoppedException)
        {
            var problem = e as DiskProblemException;
            if (TakeBack() is { } stuck)
            {
                throw new DiskProblemException(stuck.Path,
                    new Phrase(TextKey.StuckMidway, stuck.Problem, problem?.Shown ?? new Phrase(TextKey.Stopped)), e);
            }

            _waiting.Clear();
            if (problem == null)
            {
                throw;
            }

            var state = _isKept ? TextKey.OriginalsAreBack : TextKey.AllAsBefore;
            throw new DiskProblemException(problem.Path, new Phrase(state, problem.Problem), e);
        }
    }

    /// <summary>
    /// Last first, up to the first thing that cannot be taken back: what lies before it are the backups of what is
    /// still changed, and they must stay.
    /// </summary>
    private DiskProblemException? TakeBack()
    {
        while (_undo.Count > 0)
        {
            try
            {
                _undo.Pop()();
            }
            catch (DiskProblemException e)
            {
                return e;
            }
        }

        return null;
    }

    private void PutBack(string path, byte[]? bytes)
    {
        if (bytes == null)
        {
            _disk.Delete(path);
            return;
        }

        var isThere = _disk.KindOf(path) == DiskEntry.File;
        if (isThere && AreEqual(_disk.Read(path, FileNames.MaxDriverSize), bytes))
        {
            return; // the failure came before the change
        }

        var temporary = path + FileNames.TemporaryInfix + Guid.NewGuid().ToString("N").Substring(0, 8);
        try
        {
            _disk.CreateSynced(temporary, bytes);
            if (isThere)
            {
                _disk.CopyMetadata(path, temporary);
            }

            if (_disk.Replace(temporary, path) == Replacement.InUse)
            {
                _disk.ReplaceAtRestart(temporary, path);
                return;
            }

            Verify(path, bytes);
        }
        catch (DiskProblemException)
        {
            DeleteQuietly(temporary);
            throw;
        }
    }

    private void DeleteQuietly(string path)
    {
        try
        {
            _disk.Delete(path);
        }
        catch (DiskProblemException)
        {
            // The next run sweeps it; the failure that brought us here is the one to report.
        }
    }

    private static bool AreEqual(byte[] left, byte[] right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        for (var i = 0; i < left.Length; i++)
        {
            if (left[i] != right[i])
            {
                return false;
            }
        }

        return true;
    }
}
