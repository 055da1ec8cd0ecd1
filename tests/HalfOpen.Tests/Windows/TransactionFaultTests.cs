using HalfOpen.Driver;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Search;
using Xunit;

namespace HalfOpen.Tests.Windows;

/// <summary>
/// A fault at every single step of a patch and of a restore of four files: afterwards every file is whole, old or new;
/// a failure that can be taken back was; and from every state both a second patch and a restore finish the job.
/// </summary>
public sealed class TransactionFaultTests
{
    private static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [Theory]
    [InlineData(Fault.Kill, true)]
    [InlineData(Fault.FailOnce, true)]
    [InlineData(Fault.FailForever, true)]
    [InlineData(Fault.Kill, false)]
    [InlineData(Fault.FailOnce, false)]
    [InlineData(Fault.FailForever, false)]
    public void A_first_patch_survives_a_fault_at_every_step(object fault, bool hasLinks) =>
        AtEveryStep((Fault)fault, hasLinks, _ => { }, (f, ops) => Patch(f, 100, ops), newLimit: 100);

    [Theory]
    [InlineData(Fault.Kill, true)]
    [InlineData(Fault.FailOnce, true)]
    [InlineData(Fault.FailForever, true)]
    [InlineData(Fault.Kill, false)]
    [InlineData(Fault.FailOnce, false)]
    [InlineData(Fault.FailForever, false)]
    public void A_second_patch_survives_a_fault_at_every_step(object fault, bool hasLinks) =>
        AtEveryStep((Fault)fault, hasLinks, f => Patch(f, 50), (f, ops) => Patch(f, 100, ops), newLimit: 100);

    [Theory]
    [InlineData(Fault.Kill, true)]
    [InlineData(Fault.FailOnce, true)]
    [InlineData(Fault.FailForever, true)]
    [InlineData(Fault.Kill, false)]
    [InlineData(Fault.FailOnce, false)]
    [InlineData(Fault.FailForever, false)]
    public void A_restore_survives_a_fault_at_every_step(object fault, bool hasLinks) =>
        AtEveryStep((Fault)fault, hasLinks, f => Patch(f, 50), Restore, newLimit: 10);

    [Theory]
    [InlineData(Fault.Kill, true)]
    [InlineData(Fault.FailOnce, true)]
    [InlineData(Fault.FailForever, true)]
    [InlineData(Fault.Kill, false)]
    [InlineData(Fault.FailOnce, false)]
    public void Setting_an_old_backup_aside_survives_a_fault_at_every_step(object fault, bool hasLinks)
    {
        var step = 0;
        for (var isOver = false; !isOver; step++)
        {
            using var folder = new TemporaryFolder();
            var path = folder.WriteDriver("tcpip.sys", seed: 1);
            var old = File.ReadAllBytes(path);
            Patch(folder, 50);
            folder.WriteDriver("tcpip.sys", seed: 2); // an update
            var updated = File.ReadAllBytes(path);
            var before = folder.Snapshot();

            var operations = new FaultyOperations { HasLinks = hasLinks };
            operations.Arm(step, (Fault)fault);
            var ended = Record.Exception(() => Patch(folder, 100, operations));
            isOver = !operations.Happened;
            Assert.True(!isOver || ended is null);
            if ((Fault)fault == Fault.FailOnce && ended is FileProblemException e
                && e.Message.Contains("as it was", StringComparison.Ordinal))
            {
                AssertSame(before, folder.Snapshot(), $"step {step}: {e.Message}");
            }

            // Nothing of the old build is lost, the driver is whole, and both ways lead on from here.
            Assert.Contains(folder.Snapshot().Values, b => b.AsSpan().SequenceEqual(old));
            var now = File.ReadAllBytes(path);
            Assert.True(now.AsSpan().SequenceEqual(updated) || now.AsSpan().SequenceEqual(LimitPatch.Plan(updated, 100).Apply(updated)));
            Patch(folder, 200);
            Restore(folder, new FaultyOperations());
            Assert.Equal(updated, File.ReadAllBytes(path));
            var left = folder.Snapshot();
            Assert.Equal(3, left.Count);
            Assert.Contains(left,
                f => f.Key.Contains(".halfopen-backup-of-", StringComparison.Ordinal) && f.Value.AsSpan().SequenceEqual(old));
            Assert.Contains(left.Keys, k => k.Contains(".halfopen-manifest-of-", StringComparison.Ordinal));
        }

        Assert.True(step > 15, $"only {step} steps");
    }

    private static void AtEveryStep(Fault fault, bool hasLinks, Action<TemporaryFolder> prepare, Action<TemporaryFolder,
        FaultyOperations> act, uint newLimit)
    {
        var step = 0;
        for (var isOver = false; !isOver; step++)
        {
            using var folder = new TemporaryFolder().WithXp();
            var original = folder.Snapshot();
            prepare(folder);
            var before = folder.Snapshot();

            var operations = new FaultyOperations { HasLinks = hasLinks };
            operations.Arm(step, fault);
            var ended = Record.Exception(() => act(folder, operations));
            isOver = !operations.Happened;

            AssertWhole(folder, original, before, newLimit);
            if (ended is FileProblemException e && e.Message.Contains("as it was before", StringComparison.Ordinal))
            {
                // A disk that takes no more changes keeps the temporary file too; the next run sweeps it.
                var now = folder.Snapshot();
                foreach (
                    var left in now.Keys.Where(
                        n => fault == Fault.FailForever && n.Contains(FileNames.TemporaryInfix, StringComparison.Ordinal)).ToList())
                {
                    now.Remove(left);
                }

                AssertSame(before, now, $"step {step}: {e.Message}");
            }

            if (isOver)
            {
                Assert.Null(ended);
            }
            else if (fault == Fault.Kill)
            {
                Assert.IsType<ProcessEndedException>(ended);
            }

            // Both ways out of this state.
            using (var copy = Copy(folder))
            {
                Patch(copy, 100);
                Assert.All(Drivers(copy), d => Assert.Equal(100u, d.Report!.Limit));
                Restore(copy, new FaultyOperations());
                AssertSame(original, copy.Snapshot(), $"patch and restore after step {step}");
            }

            Restore(folder, new FaultyOperations());
            AssertSame(original, folder.Snapshot(), $"restore after step {step}");
        }

        Assert.True(step > 30, $"only {step} steps: the faults no longer reach what they should");
    }

    /// <summary>Every driver is one of: original, as before, or with the new limit and sound.</summary>
    private static void AssertWhole(TemporaryFolder folder, SortedDictionary<string, byte[]> original, SortedDictionary<string,
        byte[]> before, uint newLimit)
    {
        foreach (var (name, old) in original)
        {
            var bytes = File.ReadAllBytes(folder.In(name));
            var report = DriverExaminer.Examine(bytes);
            Assert.Equal(DriverStatus.Found, report.Status);
            Assert.True(report.Checksum!.IsValid);
            Assert.True(bytes.AsSpan().SequenceEqual(old) || bytes.AsSpan().SequenceEqual(before[name]) || report.Limit == newLimit, name);
            var patched = LimitPatch.Plan(old, report.Limit!.Value);
            Assert.True(bytes.AsSpan().SequenceEqual(patched.ChangesNothing ? old : patched.Apply(old)), name);
        }
    }

    private static void Patch(TemporaryFolder folder, uint limit, FaultyOperations? operations = null)
    {
        var store = operations is null ? new LocalFileStore() : new LocalFileStore(operations);
        var unit = PatchUnit.Plan(store, Drivers(folder), limit, allowBadChecksum: false);
        Assert.False(unit.IsRefused, unit.Items.FirstOrDefault(i => i.Reason is not null)?.Reason);
        unit.Apply("test", Now, CancellationToken.None);
    }

    private static void Restore(TemporaryFolder folder, FaultyOperations operations)
    {
        var unit = RestoreUnit.Plan(new LocalFileStore(), Drivers(folder), force: false);
        Assert.False(unit.IsRefused, unit.Items.FirstOrDefault(i => i.Reason is not null)?.Reason);
        RestoreUnit.Plan(new LocalFileStore(operations), Drivers(folder), force: false).Apply(CancellationToken.None);
    }

    private static List<Inspection> Drivers(TemporaryFolder folder)
    {
        var store = new LocalFileStore();
        var inspector = new Inspector(store);
        return [.. new DriverSearch(store).Find(folder.Path, recurse: false).Select(inspector.Inspect)];
    }

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
}
