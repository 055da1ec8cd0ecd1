using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Media;
using HalfOpen.Windows.Search;
using Xunit;

namespace HalfOpen.Tests.Media;

/// <summary>
/// A fault at every single step of a patch and of a restore of a medium: packed drivers and cabinets are whole
/// afterwards, and both a second patch and a restore finish the job.
/// </summary>
public sealed class MediumFaultTests
{
    private static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [Theory]
    [InlineData(Fault.Kill, true)]
    [InlineData(Fault.FailOnce, true)]
    [InlineData(Fault.FailForever, true)]
    [InlineData(Fault.Kill, false)]
    [InlineData(Fault.FailOnce, false)]
    public void A_first_patch_survives_a_fault_at_every_step(object fault, bool hasLinks) =>
        AtEveryStep((Fault)fault, hasLinks, isRestore: false);

    [Theory]
    [InlineData(Fault.Kill, true)]
    [InlineData(Fault.FailOnce, true)]
    [InlineData(Fault.FailForever, true)]
    [InlineData(Fault.Kill, false)]
    [InlineData(Fault.FailOnce, false)]
    public void A_restore_survives_a_fault_at_every_step(object fault, bool hasLinks) =>
        AtEveryStep((Fault)fault, hasLinks, isRestore: true);

    private static void AtEveryStep(Fault fault, bool hasLinks, bool isRestore)
    {
        var step = 0;
        for (var isOver = false; !isOver; step += step < 30 ? 1 : 5)
        {
            using var folder = new TemporaryFolder().WithMedium();
            var original = folder.Snapshot();
            if (isRestore)
            {
                Patch(folder, 50, new FaultyOperations());
            }

            var before = folder.Snapshot();
            var operations = new FaultyOperations { HasLinks = hasLinks };
            operations.Arm(step, fault);
            var ended = Record.Exception(() =>
            {
                if (isRestore)
                {
                    Restore(folder, operations);
                }
                else
                {
                    Patch(folder, 100, operations);
                }
            });
            isOver = !operations.Happened;
            Assert.True(ended is null or FileProblemException or ProcessEndedException, $"step {step}: {ended}");
            Assert.True(!isOver || ended is null, $"step {step}: {ended}");

            // Every driver reads, and is one of the three that it may be.
            Assert.All(Drivers(folder), d => Assert.Contains(d.Report?.Limit, new uint?[] { 10, 50, 100 }));
            if (fault == Fault.FailOnce && ended is FileProblemException e
                && e.Message.Contains("as it was before", StringComparison.Ordinal))
            {
                AssertSame(before, folder.Snapshot(), $"step {step}: {e.Message}");
            }

            Patch(folder, 100, new FaultyOperations());
            Assert.All(Drivers(folder), d => Assert.Equal(100u, d.Report?.Limit));
            Restore(folder, new FaultyOperations());
            AssertSame(original, folder.Snapshot(), $"restore after step {step}");
        }

        Assert.True(step > 60, $"only {step} steps: the faults no longer reach what they should");
    }

    private static void Patch(TemporaryFolder folder, uint limit, FaultyOperations operations)
    {
        using var store = new PackedFileStore(new LocalFileStore(operations));
        var unit = PatchUnit.Plan(store, Drivers(folder), limit, allowBadChecksum: false);
        if (unit.IsRefused)
        {
            throw new FileProblemException(folder.Path, unit.Items.First(i => i.Reason is not null).Reason!);
        }

        unit.Apply("test", Now, CancellationToken.None);
    }

    private static void Restore(TemporaryFolder folder, FaultyOperations operations)
    {
        using var store = new PackedFileStore(new LocalFileStore(operations));
        var unit = RestoreUnit.Plan(store, Drivers(folder), force: false);
        if (unit.IsRefused)
        {
            throw new FileProblemException(folder.Path, unit.Items.First(i => i.Reason is not null).Reason!);
        }

        unit.Apply(CancellationToken.None);
    }

    private static List<Inspection> Drivers(TemporaryFolder folder)
    {
        using var store = new PackedFileStore(new LocalFileStore());
        var inspector = new Inspector(store);
        return [.. new DriverSearch(store).Find(folder.In("cd"), recurse: false).Select(inspector.Inspect)];
    }

    private static void AssertSame(SortedDictionary<string, byte[]> expected, SortedDictionary<string, byte[]> actual, string when)
    {
        Assert.True(expected.Keys.SequenceEqual(actual.Keys), $"{when}: {string.Join(", ", actual.Keys.Except(expected.Keys))} too many, "
            + $"{string.Join(", ", expected.Keys.Except(actual.Keys))} missing");
        Assert.All(expected, e => Assert.True(e.Value.AsSpan().SequenceEqual(actual[e.Key]), $"{when}: {e.Key} differs"));
    }
}
