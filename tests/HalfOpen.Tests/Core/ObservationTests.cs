using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>What logs, metrics and a person who asks "why does it wait?" are told.</summary>
public sealed class ObservationTests
{
    public static TheoryData<string> Policies() => [.. PolicyTable.Shipped.Names];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Every_slot_that_comes_back_is_reported_once(string policy)
    {
        var harness = new EngineHarness(PolicyTable.Shipped.Find(policy)!.Default, 4, o => o with { ReportFreed = true });
        harness.Submit(1, "a", Host(1));
        harness.Submit(2, "a", Host(1, 81)); // windows-xp: takes no slot; fair: a second slot, nothing is short
        var taken = harness.Engine.Counted;
        harness.End(2, Outcome.TimedOut);
        harness.End(1, Outcome.TimedOut);
        Assert.Equal((taken, policy == "windows-xp" ? 1 : 2), (harness.Freed, taken));
        harness.Submit(3, "a", Host(3));
        harness.End(3, Outcome.Cancelled);
        Assert.Equal(policy == "windows-xp" ? taken : taken + 1, harness.Freed); // the abort penalty keeps it
        harness.At(12_000);
        Assert.Equal((taken + 1, 0), (harness.Freed, harness.Engine.Counted));
    }

    [Theory]
    [InlineData("fifo")]
    [InlineData("windows-xp")]
    public void A_program_waits_because_the_slots_are_taken_or_its_turn_has_not_come(string policy)
    {
        var harness = new EngineHarness(PolicyTable.Shipped.Find(policy)!.Default, 1);
        harness.Submit(1, "a", Host(1));
        harness.Submit(2, "b", Host(2));
        Assert.Equal([WaitReason.None, WaitReason.SlotsTaken], Reasons(harness));
        harness.Limit(5);
        // the driver looks at the next tick
        Assert.Equal(policy == "windows-xp" ? [WaitReason.None, WaitReason.Turn] : [WaitReason.None, WaitReason.None], Reasons(harness));
    }

    [Fact]
    public void Under_fair_it_waits_for_the_headroom_for_those_who_hold_less_or_for_a_slot()
    {
        var harness = new EngineHarness(new FairOptions(), 10);
        for (var i = 1; i <= 20; i++)
        {
            harness.Submit(i, "swarm", Host(i));
        }

        Assert.Equal([WaitReason.Headroom], Reasons(harness));
        harness.Submit(21, "browser", Host(21));
        harness.Submit(22, "browser", Host(22));
        Assert.Equal([WaitReason.Share, WaitReason.SlotsTaken], Reasons(harness)); // all are held, and the browser is next
    }

    [Fact]
    public void Waits_and_holds_are_kept_as_distributions()
    {
        var harness = new EngineHarness(new FifoOptions(), 1);
        harness.Submit(1, "a", Host(1));
        harness.Submit(2, "a", Host(2));
        harness.At(1_000);
        harness.End(1, Outcome.Established);
        harness.At(22_000);
        harness.End(2, Outcome.TimedOut);
        var statistics = harness.Engine.GetStatistics();
        Assert.Equal((2, 2), (statistics.Waits.Count, statistics.Holds.Count));
        Assert.InRange(statistics.Waits.Quantile(1).TotalSeconds, 1, 1.05);
        Assert.InRange(statistics.Holds.Quantile(1).TotalSeconds, 21, 22);
        Assert.Equal(new OutcomeTotals(2, 2, 0, 1, 0, 0, 1, 0, 0), statistics.Totals);
        Assert.Equal(TimeSpan.FromSeconds(1), Assert.Single(statistics.Programs).MaxWait);
    }

    private static List<WaitReason> Reasons(EngineHarness harness) => [.. harness.Engine.GetStatistics().Programs.Select(p => p.Reason)];
}
