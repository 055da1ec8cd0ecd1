using HalfOpen.Core;
using HalfOpen.Simulation.Checking;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.World;
using Xunit;

namespace HalfOpen.SimulationTests.Checking;

/// <summary>
/// A checker that cannot fail proves nothing: each is tripped by a limiter that is broken in exactly its way.
/// </summary>
public sealed class CheckerTests
{
    private static readonly PolicyPromises Promises = new() { BoundPerWaiting = 1, BoundPerProgram = 1, UnknownPerSlot = 1 };

    [Fact]
    public void A_right_limiter_passes_every_check()
    {
        var world = Run(Bug.None, Promises);
        Assert.True(world.Checks.Checked > 300);
        Assert.Equal((10, 10, 10), (world.MaxCounted, world.MaxHalfOpen, world.Checks.MaxUnknownHalfOpen));
    }

    [Theory]
    [InlineData(Bug.StartsOneTooMany, "limit: 11 counted")]
    [InlineData(Bug.LosesASlot, "slots: 10 counted, but 9 half-open")]
    [InlineData(Bug.ForgetsToCountWaiting, "queue: ")]
    [InlineData(Bug.StartsNewestFirst, "order: ")]
    [InlineData(Bug.StarvesTheBrowser, "wait: browser has 30 waiting")]
    [InlineData(Bug.StartsTwice, "was started while it was HalfOpen")]
    [InlineData(Bug.CountsNothing, "not known to answer, above the limit of 10")]
    [InlineData(Bug.NeverMovesTime, "time stands still")]
    public void A_broken_limiter_is_caught_with_seed_instant_and_trace(Bug bug, string complaint)
    {
        var e = Assert.Throws<CheckFailedException>(() => Run(bug, Promises));
        Assert.Contains(complaint, e.Message, StringComparison.Ordinal);
        Assert.Contains("seed 5", e.Message, StringComparison.Ordinal);
        Assert.Matches(@"check failed at \d", e.Message);
        Assert.DoesNotContain('\n', e.Message);
        Assert.True(bug == Bug.NeverMovesTime || e.Trace.Count > 10);
    }

    [Fact]
    public void A_lost_slot_is_caught_also_where_slots_may_outlive_attempts()
    {
        // windows-xp may count ended attempts (abort penalty); then the limit check itself has to catch a count that
        // only grows.
        var e = Assert.Throws<CheckFailedException>(() => Run(Bug.StartsOneTooMany, Promises with { CountsAfterEnd = true }));
        Assert.Contains("limit", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_without_a_slot_than_promised_is_caught()
    {
        var promises = Promises with { UnknownPerSlot = 0, BeyondPerSlot = 1, BeyondAtLeast = 3 };
        var e = Assert.Throws<CheckFailedException>(() => Run(Bug.CountsNothing, promises));
        Assert.Contains("beyond: 11 half-open attempts without a slot, at most 10 may be", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_NAT_budget_that_is_passed_is_caught()
    {
        var scenario = ShippedScenarios.Find("nat")!;
        var world = new SimulatedWorld(scenario, Fake(500, Bug.None, Promises with { NatBudget = 2000 }), 1);
        var e = Assert.Throws<CheckFailedException>(() => world.Run());
        Assert.Contains("NAT: 2001 entries in the router, above the budget of 2000", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reduced_limit_may_be_passed_but_not_grown()
    {
        var scenario = ShippedScenarios.Find("freeze")! with
            { DurationSeconds = 100, Faults = [new FaultSpec { Kind = FaultKind.Limit, At = 30, Limit = 3 }] };
        var world = new SimulatedWorld(scenario, Fake(10, Bug.None, Promises), 5);
        world.Run(); // over-full until the dead ones end, and no complaint
        var broken = new SimulatedWorld(scenario, Fake(10, Bug.StartsOneTooMany, Promises with { Limited = false }), 5);
        Assert.Throws<CheckFailedException>(() => broken.Run()); // the world's own count notices as well
    }

    private static PolicyUnderTest Fake(int limit, Bug bug, PolicyPromises promises) =>
        new($"fake at {limit}", () => new FakeLimiter(limit, bug), promises);

    private static SimulatedWorld Run(Bug bug, PolicyPromises promises)
    {
        var world = new SimulatedWorld(ShippedScenarios.Find("freeze")!, Fake(10, bug, promises), 5);
        world.Run();
        return world;
    }
}
