using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>The second limit, where it is so tight that it and not the slots decides.</summary>
public sealed class NatBudgetTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 2000)]
    [InlineData(700, 0)]
    [InlineData(3000, 500)]
    public void Random_events_stay_within_the_budget_and_everybody_gets_through(int silentHoldMs, int closedHoldMs)
    {
        for (var seed = 0; seed < 150; seed++)
        {
            var budget = 2 + (seed % 7);
            var fair = new FairOptions
            {
                NatBudget = budget,
                NatSilentHold = TimeSpan.FromMilliseconds(silentHoldMs),
                NatClosedHold = TimeSpan.FromMilliseconds(closedHoldMs),
                GiveUp = seed % 2 == 0,
            };
            var driver = new RandomDriver(new EngineHarness(fair, 1 + (seed % 5)), seed);
            var fullest = 0;
            for (var i = 0; i < 200; i++)
            {
                driver.Step();
                driver.CheckBooks();
                var entries = driver.Harness.Fair.NatEntries;
                Assert.True(entries <= budget, $"seed {seed}, step {i}: {entries} entries of {budget}");
                fullest = Math.Max(fullest, entries);
            }

            driver.EndEverything();
            Assert.True(fullest >= budget - 1, $"seed {seed}: the budget was never met");
        }
    }

    [Fact]
    public void A_connection_that_leaves_no_entry_behind_makes_room_when_it_closes()
    {
        var fair = new EngineHarness(new FairOptions { NatBudget = 2, NatClosedHold = TimeSpan.Zero }, 10);
        fair.Submit(1, "a", Host(1));
        fair.End(1, Outcome.Established);
        fair.Submit(2, "a", Host(2));
        fair.End(2, Outcome.Established);
        fair.Submit(3, "b", Host(3));
        Assert.Equal([1, 2], fair.Started);
        fair.Close(Host(1));
        Assert.Equal([1, 2, 3], fair.Started);
    }
}
