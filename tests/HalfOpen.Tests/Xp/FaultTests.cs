using HalfOpen.Driver;
using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Files;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Texts;
using Xunit;

namespace HalfOpen.Tests.Xp;

/// <summary>
/// A fault at every single step of HalfOpen.exe: every file is whole, what can be taken back was, and both ways out of
/// every state work.
/// </summary>
public sealed class FaultTests
{
    [Theory]
    [InlineData(Fault.Kill, false)]
    [InlineData(Fault.FailOnce, false)]
    [InlineData(Fault.FailForever, false)]
    [InlineData(Fault.Kill, true)]
    [InlineData(Fault.FailOnce, true)]
    [InlineData(Fault.FailForever, true)]
    public void A_first_patch(object fault, bool isInUse) =>
        AtEveryStep((Fault)fault, isInUse, _ => { }, (f, disk) => XpFolder.Patch(f, 100, disk), newLimit: 100);

    [Theory]
    [InlineData(Fault.Kill)]
    [InlineData(Fault.FailOnce)]
    [InlineData(Fault.FailForever)]
    public void A_second_patch(object fault) =>
        AtEveryStep((Fault)fault, false, f => XpFolder.Patch(f, 50), (f, disk) => XpFolder.Patch(f, 100, disk), newLimit: 100);

    [Theory]
    [InlineData(Fault.Kill, false)]
    [InlineData(Fault.FailOnce, false)]
    [InlineData(Fault.FailForever, false)]
    [InlineData(Fault.Kill, true)]
    [InlineData(Fault.FailOnce, true)]
    [InlineData(Fault.FailForever, true)]
    public void A_restore(object fault, bool isInUse) =>
        AtEveryStep((Fault)fault, isInUse, f => XpFolder.Patch(f, 50), (f, disk) => XpFolder.Restore(f, disk), newLimit: 10);

    private static void AtEveryStep(Fault fault, bool isInUse, Action<string> prepare, Action<string, FaultyDisk> act, uint newLimit)
    {
        var step = 0;
        for (var isOver = false; !isOver; step++)
        {
            using var folder = new TemporaryFolder();
            folder.WriteDriver("WINDOWS/system32/drivers/tcpip.sys", seed: 1);
            folder.WriteDriver("WINDOWS/system32/dllcache/tcpip.sys", seed: 1);
            folder.WriteDriver("WINDOWS/ServicePackFiles/i386/tcpip.sys", seed: 2);
            var original = folder.Snapshot();
            prepare(folder.Windows());
            var before = folder.Snapshot();
            var disk = new FaultyDisk { InUse = isInUse ? folder.In("WINDOWS", "system32", "drivers", "tcpip.sys") : null };
            disk.Arm(step, fault);
            var ended = Record.Exception(() => act(folder.Windows(), disk));
            isOver = !disk.Happened;
            var isAsExpected = fault == Fault.Kill && !isOver ? ended is ProcessEndedException : !isOver || ended is null;
            Assert.True(isAsExpected, $"step {step}: {ended}");
            if (ended is DiskProblemException { Problem.Key: TextKey.AllAsBefore } e)
            {
                var now = folder.Snapshot();
                if (fault == Fault.FailForever)
                {
                    // A disk that takes no more changes keeps the temporary file too; the next run sweeps it.
                    var left = now.Keys.Where(n => n.Contains(FileNames.TemporaryInfix, StringComparison.Ordinal)).ToList();
                    left.ForEach(n => now.Remove(n));
                }

                AssertSame(before, now, $"step {step}: {e.Shown}");
            }

            AssertWhole(folder, original, newLimit);
            disk.Arm(int.MaxValue, fault);
            disk.Restart();
            AssertWhole(folder, original, newLimit);

            XpFolder.Patch(folder.Windows(), 200);
            Assert.All(XpFolder.Copies(folder.Windows()), c => Assert.Equal(200u, c.Report!.Limit));
            XpFolder.Restore(folder.Windows());
            AssertSame(original, folder.Snapshot(), $"patch and restore after step {step}");
        }

        Assert.True(step > 20, $"only {step} steps: the faults no longer reach what they should");
    }

    /// <summary>Every driver is the original with a limit: the old one, that before, or the new one.</summary>
    private static void AssertWhole(TemporaryFolder folder, SortedDictionary<string, byte[]> original, uint newLimit)
    {
        foreach (var (name, old) in original)
        {
            var bytes = File.ReadAllBytes(folder.In(name));
            var limit = DriverExaminer.Examine(bytes).Limit;
            Assert.True(limit is 10 or 50 || limit == newLimit, $"{name}: {limit}");
            var patch = LimitPatch.Plan(old, limit!.Value);
            Assert.True(bytes.AsSpan().SequenceEqual(patch.ChangesNothing ? old : patch.Apply(old)), name);
        }
    }

    private static void AssertSame(SortedDictionary<string, byte[]> expected, SortedDictionary<string, byte[]> actual, string when)
    {
        Assert.True(expected.Keys.SequenceEqual(actual.Keys), $"{when}: there are {string.Join(" ", actual.Keys)}");
        Assert.All(expected, e => Assert.True(e.Value.AsSpan().SequenceEqual(actual[e.Key]), $"{when}: {e.Key} differs"));
    }
}
