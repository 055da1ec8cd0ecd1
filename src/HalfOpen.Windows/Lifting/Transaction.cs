using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Lifting;

/// <summary>
/// What patch and restore have in common: folders locked, inputs still as they were planned, all replaced or none.
/// Holds no content: one file at a time is in memory, and what is taken back comes from beside the file
/// (<see cref="IStagedFile.TakeBack"/>).
/// </summary>
internal sealed class Transaction(IFileStore store, WorkSteps? steps = null)
{
    private readonly List<IStagedFile> _done = [];
    private bool _isKept;

    /// <summary>
    /// Runs the work under locks. When it fails, everything done is taken back and the failure is thrown on, with a
    /// word on how things stand; when it is ended by Ctrl-C likewise.
    /// </summary>
    /// <exception cref="FileProblemException">The work failed; the message says whether everything is as
    /// before.</exception>
    /// <exception cref="OperationCanceledException">Ended by the user; everything is as before.</exception>
    public void Run(IReadOnlyList<Inspection> drivers, Action<Transaction> work, CancellationToken cancellation)
    {
        var locks = new List<IDisposable>();
        try
        {
            foreach (
                var folder in drivers.Select(d => LocalFileStore.FolderOf(d.Path)).Distinct(StringComparer.Ordinal)
                    .Order(StringComparer.Ordinal))
            {
                locks.Add(store.Lock(folder));
            }

            foreach (var driver in drivers)
            {
                cancellation.ThrowIfCancellationRequested();
                CheckUnchanged(driver);
                steps?.Next();
            }

            try
            {
                RunUndoing(work);
            }
            finally
            {
                _done.ForEach(s => s.Dispose());
            }
        }
        finally
        {
            locks.ForEach(l => l.Dispose());
        }
    }

    /// <summary>
    /// Removes what interrupted runs left staged beside these drivers. A folder that another run holds, or that cannot
    /// be written, is passed over: the leftovers harm nobody and the next run comes by again.
    /// </summary>
    public static void Sweep(IFileStore store, IEnumerable<Inspection> drivers, WorkSteps? steps, CancellationToken cancellation)
    {
        foreach (var driver in drivers)
        {
            cancellation.ThrowIfCancellationRequested();
            steps?.Next();
            try
            {
                if (SleepingWindows.Find(store, driver.Path) is not null)
                {
                    continue;
                }

                using var held = store.Lock(LocalFileStore.FolderOf(driver.Path));
                store.RemoveLeftovers(driver.Path);
                store.RemoveLeftovers(FileNames.BackupOf(driver.Path));
                store.RemoveLeftovers(FileNames.ManifestOf(driver.Path));
                if (driver.HasStaleBackup)
                {
                    store.RemoveLeftovers(FileNames.OldBackupOf(driver.Path, driver.Backup.BackupBuild));
                    store.RemoveLeftovers(FileNames.OldManifestOf(driver.Path, driver.Backup.BackupBuild));
                }
            }
            catch (FileProblemException)
            {
                // As said above.
            }
        }
    }

    /// <summary>Creates or replaces a small file of ours; taken back when the work fails.</summary>
    public void Put(string path, byte[] bytes, string? like)
    {
        var staged = store.Stage(path, bytes, like);
        _done.Add(staged);
        staged.Commit();
    }

    /// <summary>Keeps an exact copy of a file of ours under another name; the copy goes when the work fails.</summary>
    public void SetAside(string path, string keptAs)
    {
        if (store.SetAside(path, keptAs) is { } staged)
        {
            _done.Add(staged);
            staged.Commit();
        }
    }

    /// <summary>Removes a small file of ours; it is back when the work fails.</summary>
    /// <param name="bytes">What it holds.</param>
    /// <param name="like">The file whose permissions, owner and times it gets when it comes back.</param>
    public void Remove(string path, byte[] bytes, string like)
    {
        var removed = new RemovedFile(store, path, bytes, like);
        _done.Add(removed);
        removed.Commit();
    }

    /// <summary>
    /// Replaces drivers together: all new contents are on the disk before the first file changes, so a full disk is
    /// noticed before that.
    /// </summary>
    /// <param name="drivers">What to replace.</param>
    /// <param name="contentOf">The new content of one of them; asked for once, and not kept.</param>
    public void ReplaceAll(IReadOnlyList<Inspection> drivers, Func<int, byte[]> contentOf, CancellationToken cancellation)
    {
        var first = _done.Count;
        for (var i = 0; i < drivers.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _done.Add(
                store.Stage(drivers[i].Path, contentOf(i),
                    like: drivers[i].Sha256 is null ? drivers[i].Backup.BackupPath : drivers[i].Path));
            steps?.Next();
        }

        for (var i = first; i < _done.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _done[i].Commit();
            steps?.Next();
        }
    }

    /// <summary>What was done so far stays, whatever fails from here on.</summary>
    public void Keep()
    {
        _done.ForEach(s => s.Dispose());
        _done.Clear();
        _isKept = true;
    }

    private void RunUndoing(Action<Transaction> work)
    {
        try
        {
            work(this);
        }
        catch (Exception e) when (e is FileProblemException or OperationCanceledException)
        {
            if (TakeBack() is { } stuck)
            {
                var first = e is FileProblemException problem ? problem.Message : "interrupted.";
                throw new FileProblemException(stuck.Path,
                    $"{stuck.Problem} Taking back was not possible after: {first} Every file is whole; run 'halfopen restore' when "
                    + $"the cause is gone.", e);
            }

            if (e is FileProblemException failure)
            {
                var state = _isKept
                    ? " The originals are back; run 'halfopen restore' again to remove what is left of the backups."
                    : " Everything is as it was before.";
                throw new FileProblemException(failure.Path, failure.Problem + state, failure);
            }

            throw;
        }
    }

    /// <summary>
    /// Takes everything back, last first, up to the first thing that cannot be: what lies before it are the backups of
    /// what is still changed, and they must stay.
    /// </summary>
    /// <returns>Null when all was taken back; else what stopped it.</returns>
    private FileProblemException? TakeBack()
    {
        for (var i = _done.Count - 1; i >= 0; i--)
        {
            try
            {
                _done[i].TakeBack();
            }
            catch (FileProblemException e)
            {
                return e;
            }
        }

        return null;
    }

    /// <summary>Between the plan and now, minutes may have passed in front of a question.</summary>
    private void CheckUnchanged(Inspection driver)
    {
        if (driver.Sha256 is null ? store.Find(driver.Path) is not null : store.Find(driver.Path)?.Kind != EntryKind.File)
        {
            throw Changed(driver.Path);
        }

        if (driver.Sha256 is not null)
        {
            ReadUnchanged(store, driver.Path, driver.Sha256);
        }
    }

    private sealed class RemovedFile(IFileStore store, string path, byte[] bytes, string like) : IStagedFile
    {
        public string Path => path;

        public void Commit() => store.Delete(path);

        public void TakeBack()
        {
            if (store.Find(path) is null)
            {
                using var again = store.Stage(path, bytes, like);
                again.Commit();
            }
        }

        public void Dispose()
        {
            // Nothing is kept beside it.
        }
    }

    /// <summary>The content of a file, which must be what it was when it was planned for.</summary>
    internal static byte[] ReadUnchanged(IFileStore store, string path, string sha256, bool followLink = false)
    {
        var bytes = store.Read(path, FileNames.MaxDriverSize, followLink);
        return BackupState.Hash(bytes) == sha256 ? bytes : throw Changed(path);
    }

    private static FileProblemException Changed(string path) => new(path, "the file changed while it was being looked at: try again.");
}
