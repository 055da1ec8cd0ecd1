using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using Xunit;

namespace HalfOpen.Tests.Driver;

/// <summary>A driver with one thing wrong is refused, and the report names that thing and no other.</summary>
public sealed class DecoyTests
{
    private const int Seeds = 60;

    private static readonly Dictionary<Decoy, int[]> Missing = new()
    {
        [Decoy.InitRenamed] = [1],
        [Decoy.InitNotDiscardable] = [1],
        [Decoy.InitNotExecutable] = [1],
        [Decoy.NotNative] = [1],
        [Decoy.OtherMachine] = [1],
        [Decoy.NoInitStore] = [2],
        [Decoy.TooManyStores] = [2],
        [Decoy.ThresholdMisaligned] = [2],
        [Decoy.ThresholdInReadOnlySection] = [2],
        [Decoy.ThresholdInDiscardableSection] = [2],
        [Decoy.ImmediateUnderRelocation] = [3],
        [Decoy.StoreOperandNotRelocated] = [3],
        [Decoy.ComparisonOperandNotRelocated] = [3],
        [Decoy.RelocationsStripped] = [3],
        [Decoy.UnsignedJump] = [4],
        [Decoy.UnsignedJumps] = [4],
        [Decoy.OnlyOneComparison] = [4],
        [Decoy.ComparedWithAnotherCounter] = [4],
        [Decoy.ComparisonsOnlyInInit] = [4],
        [Decoy.OtherRegisterCompared] = [4],
        [Decoy.CounterNeverAtomic] = [5],
        [Decoy.CounterChangedPlainly] = [5, 6],
        [Decoy.CounterOnlyIncremented] = [5],
        [Decoy.CounterOnlyDecremented] = [5],
        [Decoy.CounterChangedTwice] = [5],
        [Decoy.ThresholdWrittenOutsideInit] = [6],
        [Decoy.ThresholdIncrementedOutsideInit] = [6],
        [Decoy.CounterWrittenPlainly] = [6],
        [Decoy.NoPendingTest] = [7],
        [Decoy.TwoPendingCounters] = [7],
        [Decoy.DrainBoundMissing] = [8],
        [Decoy.DrainBoundOther] = [8],
        [Decoy.DrainBoundSigned] = [8],
        [Decoy.DrainBoundTooFar] = [8],
        [Decoy.EventAbsent] = [9],
        [Decoy.EventTwice] = [9],
    };

    /// <summary>Decoys that exist on x86 only: x64 code has no absolute operands.</summary>
    private static readonly Decoy[] OnlyX86 =
        [Decoy.ImmediateUnderRelocation, Decoy.StoreOperandNotRelocated, Decoy.ComparisonOperandNotRelocated, Decoy.RelocationsStripped];

    public static TheoryData<Decoy, DriverArchitecture> Cases()
    {
        var data = new TheoryData<Decoy, DriverArchitecture>();
        foreach (var decoy in Missing.Keys)
        {
            data.Add(decoy, DriverArchitecture.X86);
            if (!OnlyX86.Contains(decoy))
            {
                data.Add(decoy, DriverArchitecture.X64);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_decoy_is_refused_and_the_missing_evidence_named(Decoy decoy, DriverArchitecture architecture)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var driver = Build(decoy, architecture, seed);
            var report = DriverExaminer.Examine(driver.Bytes);
            Assert.True(report.Status == DriverStatus.NotFound, $"{driver}: {report.Status} {report.Problem}");
            Assert.Null(report.Limit);
            Assert.True(Missing[decoy].SequenceEqual(report.MissingEvidence.Select(e => e.Number)),
                $"{driver}\n{string.Join('\n', report.Evidence)}");
            Assert.Equal(Enumerable.Range(1, 9), report.Evidence.Select(e => e.Number));
            Assert.Equal(RefusalReason.NotFound, LimitPatch.Plan(driver.Bytes, 100).Refusal!.Reason);
        }
    }

    [Theory]
    [InlineData(Decoy.TwoInitStores, DriverArchitecture.X86)]
    [InlineData(Decoy.TwoInitStores, DriverArchitecture.X64)]
    [InlineData(Decoy.TwoCandidates, DriverArchitecture.X86)]
    [InlineData(Decoy.TwoCandidates, DriverArchitecture.X64)]
    public void Two_stores_that_could_be_the_limit_are_ambiguous(Decoy decoy, DriverArchitecture architecture)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var driver = Build(decoy, architecture, seed);
            var report = DriverExaminer.Examine(driver.Bytes);
            Assert.True(report.Status == DriverStatus.Ambiguous, $"{driver}: {report.Status}\n{string.Join('\n', report.Evidence)}");
            Assert.Null(report.Limit);
            Assert.Equal(RefusalReason.Ambiguous, LimitPatch.Plan(driver.Bytes, 100).Refusal!.Reason);
        }
    }

    [Theory]
    [InlineData(Decoy.SectionsOverlapInFile)]
    [InlineData(Decoy.SectionsOverlapInImage)]
    [InlineData(Decoy.SectionPastEnd)]
    public void Sections_that_contradict_each_other_make_a_file_unreadable(Decoy decoy)
    {
        foreach (var architecture in new[] { DriverArchitecture.X86, DriverArchitecture.X64 })
        {
            for (var seed = 0; seed < Seeds; seed++)
            {
                var driver = Build(decoy, architecture, seed);
                var report = DriverExaminer.Examine(driver.Bytes);
                Assert.True(report.Status == DriverStatus.Unreadable, $"{driver}: {report.Status}\n{string.Join('\n', report.Evidence)}");
                Assert.EndsWith(".", report.Problem, StringComparison.Ordinal);
                Assert.Equal(RefusalReason.Unreadable, LimitPatch.Plan(driver.Bytes, 100).Refusal!.Reason);
            }
        }
    }

    [Fact]
    public void Every_decoy_is_tested()
    {
        Assert.Empty(Enum.GetValues<Decoy>().Except(Missing.Keys).Except(
            [Decoy.None, Decoy.NoLimiter, Decoy.TwoInitStores, Decoy.TwoCandidates, Decoy.SectionsOverlapInFile,
                Decoy.SectionsOverlapInImage, Decoy.SectionPastEnd]));
    }

    private static SyntheticDriver Build(Decoy decoy, DriverArchitecture architecture, int seed) =>
        SyntheticDriver.Build(
            new SyntheticDriverOptions { Seed = seed, Architecture = architecture, Decoy = decoy, OnlyReferenceForms = seed % 4 == 0 });
}
