using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Lifting;

/// <summary>What patch and restore have in common: folders locked, inputs still as they were planned, all replaced or none.</summary>
internal sealed class Transaction(IFileStore store)
{
    private readonly UndoList _undo = new();
    private bool _isKept;

    /// <summary>
    /// Runs the work under locks. When it fails, everything done is taken back and the failure is thrown on, with a word on how things stand; when it is ended by
    /// Ctrl-C likewise.
    /// </summary>
    /// <exception cref="FileProblemException">The work failed; the message says whether everything is as before.</exception>
    public void Run(IReadOnlyList<Inspection> drivers, Action<Transaction> work)
    {
        var locks = new List<IDisposable>();
        try
        {
            foreach (var folder in drivers.Select(d => LocalFileStore.FolderOf(d.Path)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                locks.Add(store.Lock(folder));
            }

            foreach (var driver in drivers)
            {
                CheckUnchanged(driver);
            }

            RunUndoing(work);
        }
        finally
        {
            locks.ForEach(l => l.Dispose());
        }
    }

    /// <summary>
    /// Removes what interrupted runs left staged beside these drivers. A folder that another run holds, or that cannot be written, is passed over: the leftovers
    /// harm nobody and the next run comes by again.
    /// </summary>
    public static void Sweep(IFileStore store, IEnumerable<Inspection> drivers)
    {
        foreach (var driver in drivers)
        {
            try
            {
                using var held = store.Lock(LocalFileStore.FolderOf(driver.Path));
                store.RemoveLeftovers(driver.Path);
                store.RemoveLeftovers(FileNames.BackupOf(driver.Path));
                store.RemoveLeftovers(FileNames.ManifestOf(driver.Path));
            }
            catch (FileProblemException)
            {
                // As said above.
            }
        }
    }

    /// <summary>Creates or replaces a small file of ours; taken back when the work fails.</summary>
    public void Put(string path, byte[] bytes, byte[]? previous, string? like)
    {
        using var staged = store.Stage(path, bytes, like);
        _undo.Add(() => PutBack(path, previous, like: previous is null ? null : path));
        staged.Commit();
    }

    /// <summary>Replaces drivers together: all new contents are on the disk before the first file changes, so a full disk is noticed before that.</summary>
    public void ReplaceAll(IReadOnlyList<(Inspection Driver, byte[] Bytes)> replacements, CancellationToken cancellation)
    {
        var staged = new List<IStagedFile>();
        try
        {
            foreach (var (driver, bytes) in replacements)
            {
                cancellation.ThrowIfCancellationRequested();
                staged.Add(store.Stage(driver.Path, bytes, like: driver.Bytes is null ? driver.Backup.BackupPath : driver.Path));
            }

            for (var i = 0; i < staged.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var driver = replacements[i].Driver;
                _undo.Add(() => PutBack(driver.Path, driver.Bytes, driver.Path));
                staged[i].Commit();
            }
        }
        finally
        {
            staged.ForEach(s => s.Dispose());
        }
    }

    /// <summary>What was done so far stays, whatever fails from here on.</summary>
    public void Keep()
    {
        _undo.Clear();
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
            if (_undo.Run() is { } stuck)
            {
                var first = e is FileProblemException problem ? problem.Message : "interrupted.";
                throw new FileProblemException(stuck.Path, $"{stuck.Problem} Taking back was not possible after: {first} Every file is whole; run 'halfopen restore' when the cause is gone.", e);
            }

            if (e is FileProblemException failure)
            {
                var state = _isKept ? " The originals are back; run 'halfopen restore' again to remove what is left of the backups." : " Everything is as it was before.";
                throw new FileProblemException(failure.Path, failure.Problem + state, failure);
            }

            throw;
        }
    }

    /// <summary>Between the plan and now, minutes may have passed in front of a question.</summary>
    private void CheckUnchanged(Inspection driver)
    {
        var entry = store.Find(driver.Path);
        var isSame = entry is null ? driver.Sha256 is null
            : entry.Kind == EntryKind.File && driver.Sha256 is not null && BackupState.Hash(store.Read(driver.Path, FileNames.MaxDriverSize)) == driver.Sha256;
        if (!isSame)
        {
            throw new FileProblemException(driver.Path, "the file changed while it was being looked at: try again.");
        }
    }

    private void PutBack(string path, byte[]? bytes, string? like)
    {
        if (bytes is null)
        {
            store.Delete(path);
            return;
        }

        if (store.Find(path) is not null && store.Read(path, Math.Max(bytes.Length, FileNames.MaxDriverSize)).AsSpan().SequenceEqual(bytes))
        {
            return; // the failure came before the change
        }

        using var staged = store.Stage(path, bytes, store.Find(path) is null ? null : like);
        staged.Commit();
    }
}
