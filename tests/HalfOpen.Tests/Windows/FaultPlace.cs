using HalfOpen.Driver;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Media;
using HalfOpen.Windows.Search;
using Xunit;

namespace HalfOpen.Tests.Windows;

/// <summary>
/// A place with drivers where a fault comes at every single step of what is done to it: afterwards every driver is
/// whole, old or new; a failure that can be taken back was; and from every state both a second patch and a restore
/// finish the job.
/// </summary>
/// <param name="make">The place as it is at first.</param>
/// <param name="named">What is named on the command line, below it.</param>
/// <param name="isPacked">Whether there are packed drivers. A run is slow then: after the first thirty steps not every
/// step has its fault, and each state is left in one of the two ways.</param>
internal sealed class FaultPlace(Func<TemporaryFolder> make, string named, bool isPacked)
{
    private const int Stride = 7;

    private static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    public void AtEveryStep(Fault fault, bool hasLinks, Action<TemporaryFolder> prepare, Action<TemporaryFolder, FaultyOperations> act,
        uint newLimit)
    {
        var steps = ForEveryStep(fault, hasLinks, prepare, act, (folder, original, before, step) =>
        {
            AssertWhole(folder, original, before, newLimit);
            if (!isPacked || step % 2 == 0)
            {
                using var copy = Copy(folder);
                Patch(copy, 100);
                Assert.All(Drivers(copy), d => Assert.Equal(100u, d.Report!.Limit));
                Restore(copy);
                AssertSame(original.Files, copy.Snapshot(), $"patch and restore after step {step}");
            }

            if (!isPacked || step % 2 == 1)
            {
                Restore(folder);
                AssertSame(original.Files, folder.Snapshot(), $"restore after step {step}");
            }
        });
        Assert.True(steps > 30, $"only {steps} steps: the faults no longer reach what they should");
    }

    /// <summary>A patch of drivers that were replaced by another build since the last patch.</summary>
    /// <param name="update">Replaces files, each by one of another build.</param>
    /// <param name="files">Which; nothing of the old ones may be lost.</param>
    public void SettingAsideAtEveryStep(Fault fault, bool hasLinks, Action<TemporaryFolder> update, params string[] files)
    {
        SortedDictionary<string, byte[]>? updated = null;
        var steps = ForEveryStep(fault, hasLinks, folder =>
        {
            Patch(folder, 50);
            update(folder);
            updated = folder.Snapshot();
        }, (folder, operations) => Patch(folder, 100, operations), (folder, original, before, step) =>
        {
            AssertWhole(folder, before, before, 100);
            Assert.All(files, f => Assert.Contains(folder.Snapshot().Values, b => b.AsSpan().SequenceEqual(original.Files[f])));
            Patch(folder, 200);
            Restore(folder);
            var left = folder.Snapshot();
            Assert.All(original.Files, f =>
                Assert.True(left[f.Key].AsSpan().SequenceEqual(files.Contains(f.Key) ? updated![f.Key] : f.Value), f.Key));
            var kept = left.Where(f => !original.Files.ContainsKey(f.Key)).ToList();
            Assert.All(kept, f => Assert.True(f.Key.Contains("-of-", StringComparison.Ordinal), f.Key));
            Assert.All(files, f => Assert.Contains(kept, k => k.Value.AsSpan().SequenceEqual(original.Files[f])));
            Assert.Contains(kept, k => k.Key.Contains(".halfopen-manifest-of-", StringComparison.Ordinal));
        });
        Assert.True(steps > 15, $"only {steps} steps");
    }

    public void Patch(TemporaryFolder folder, uint limit, FaultyOperations? operations = null)
    {
        var store = Store(operations);
        using var packed = store as IDisposable;
        var unit = PatchUnit.Plan(store, Drivers(folder), limit, allowBadChecksum: false);
        ThrowIfRefused(unit.Items.FirstOrDefault(i => i.Action == PatchAction.Refuse)?.Reason);
        unit.Apply("test", Now, CancellationToken.None);
    }

    public void Restore(TemporaryFolder folder, FaultyOperations? operations = null)
    {
        var store = Store(operations);
        using var packed = store as IDisposable;
        var unit = RestoreUnit.Plan(store, Drivers(folder), force: false);
        ThrowIfRefused(unit.Items.FirstOrDefault(i => i.Action == RestoreAction.Refuse)?.Reason);
        unit.Apply(CancellationToken.None);
    }

    /// <returns>How many steps there were.</returns>
    private int ForEveryStep(Fault fault, bool hasLinks, Action<TemporaryFolder> prepare, Action<TemporaryFolder, FaultyOperations> act,
        Action<TemporaryFolder, State, State, int> check)
    {
        var step = 0;
        for (var isOver = false; !isOver; step += step < 30 || !isPacked ? 1 : Stride)
        {
            using var folder = make();
            var original = StateOf(folder);
            prepare(folder);
            var before = StateOf(folder);

            var operations = new FaultyOperations { HasLinks = hasLinks };
            operations.Arm(step, fault);
            var ended = Record.Exception(() => act(folder, operations));
            isOver = !operations.Happened;
            Assert.True(isOver ? ended is null : fault == Fault.Kill ? ended is ProcessEndedException
                : ended is null or FileProblemException, $"step {step}: {ended}");
            Assert.False(fault == Fault.FailOnce && ended?.Message.Contains("Taking back", StringComparison.Ordinal) == true,
                $"step {step}: {ended}");
            if (ended is FileProblemException e && e.Message.Contains("as it was before", StringComparison.Ordinal))
            {
                // A disk that takes no more changes keeps the temporary file too; the next run sweeps it.
                var now = folder.Snapshot();
                foreach (var left in now.Keys.Where(n => fault == Fault.FailForever && IsTemporary(n)).ToList())
                {
                    now.Remove(left);
                }

                AssertSame(before.Files, now, $"step {step}: {e.Message}");
            }

            check(folder, original, before, step);
        }

        return step;
    }

    /// <summary>Every driver is one of: original, as before, or with the new limit; and sound.</summary>
    private void AssertWhole(TemporaryFolder folder, State original, State before, uint newLimit)
    {
        var now = StateOf(folder);
        foreach (var (name, old) in original.Drivers)
        {
            var report = DriverExaminer.Examine(now.Drivers[name]);
            Assert.True(report is { Status: DriverStatus.Found, Checksum.IsValid: true }, name);
            Assert.True(now.Drivers[name].AsSpan().SequenceEqual(before.Drivers[name])
                || report.Limit == DriverExaminer.Examine(old).Limit || report.Limit == newLimit, name);
            var patched = LimitPatch.Plan(old, report.Limit!.Value);
            Assert.True(now.Drivers[name].AsSpan().SequenceEqual(patched.ChangesNothing ? old : patched.Apply(old)), name);
        }
    }

    private State StateOf(TemporaryFolder folder)
    {
        var store = Store(null);
        using var packed = store as IDisposable;
        return new State(folder.Snapshot(), new DriverSearch(store).Find(folder.In(named), recurse: false)
            .ToDictionary(d => Path.GetRelativePath(folder.Path, d), d => store.Read(d, FileNames.MaxDriverSize)));
    }

    private List<Inspection> Drivers(TemporaryFolder folder)
    {
        var store = Store(null);
        using var packed = store as IDisposable;
        var inspector = new Inspector(store);
        return [.. new DriverSearch(store).Find(folder.In(named), recurse: false).Select(inspector.Inspect)];
    }

    private IFileStore Store(FaultyOperations? operations) =>
        (operations is null ? new LocalFileStore() : new LocalFileStore(operations)) is var local && isPacked
            ? new PackedFileStore(local) : local;

    private static void ThrowIfRefused(string? reason)
    {
        if (reason is not null)
        {
            throw new FileProblemException("refused", reason);
        }
    }

    private static bool IsTemporary(string name) => name.Contains(FileNames.TemporaryInfix, StringComparison.Ordinal);

    private static TemporaryFolder Copy(TemporaryFolder folder)
    {
        var copy = new TemporaryFolder();
        foreach (var (name, bytes) in folder.Snapshot())
        {
            copy.Write(name, bytes);
        }

        return copy;
    }

    private static void AssertSame(SortedDictionary<string, byte[]> expected, SortedDictionary<string, byte[]> actual, string when)
    {
        Assert.True(expected.Keys.SequenceEqual(actual.Keys),
            $"{when}: {string.Join(", ", actual.Keys.Except(expected.Keys))} too many, "
            + $"{string.Join(", ", expected.Keys.Except(actual.Keys))} missing");
        Assert.All(expected, e => Assert.True(e.Value.AsSpan().SequenceEqual(actual[e.Key]), $"{when}: {e.Key} differs"));
    }

    /// <summary>All files; and the drivers in them, unpacked.</summary>
    private sealed record State(SortedDictionary<string, byte[]> Files, Dictionary<string, byte[]> Drivers);
}
