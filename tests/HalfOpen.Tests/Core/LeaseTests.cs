using FsCheck;
using FsCheck.Fluent;
using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;
using Outcome = HalfOpen.Core.Outcome;

namespace HalfOpen.Tests.Core;

/// <summary>Slots out on lease: never above the limit, nothing lost, nobody who waits is passed by.</summary>
public sealed class LeaseTests
{
    private static readonly Instant Now = Instant.Zero;

    [Fact]
    public void What_is_leased_is_not_given_out()
    {
        var harness = new EngineHarness(new FairOptions(), 20);
        Assert.Equal(10, harness.Engine.Leasable);
        harness.Engine.Lease(10);
        for (var i = 1; i <= 11; i++)
        {
            harness.Submit(i, "a", Host(i));
        }

        Assert.Equal(Enumerable.Range(1, 10), harness.Started);
        Assert.Equal((10, 1, 0), (harness.Engine.Counted, harness.Engine.Waiting, harness.Engine.Leasable));
        harness.Engine.EndLease(5, Now);
        harness.Take();
        Assert.Equal(Enumerable.Range(1, 11), harness.Started);
        Assert.Equal(5, harness.Engine.Leased);
    }

    [Fact]
    public void A_leased_attempt_holds_its_own_slot_and_gives_it_back_to_the_lease()
    {
        var engine = new Engine(new EngineOptions { Limit = 20 });
        engine.Lease(10);
        var attempt = engine.AdoptLeased(Request(engine, 1), Now);
        Assert.Equal((1, 1, 9), (engine.Counted, engine.HalfOpen, engine.Leased));
        Assert.True(engine.Decisions.IsEmpty);
        Assert.Equal(1, engine.GetStatistics().Programs.Single().Counted);
        engine.Complete(attempt, Outcome.Established, Now);
        Assert.Equal((0, 0, 10), (engine.Counted, engine.HalfOpen, engine.Leased));
        Assert.Equal(1, engine.GetStatistics().Totals.Established);
    }

    /// <summary>Its destination is known: it would have started without a slot, and others to it do so beside
    /// it.</summary>
    [Fact]
    public void A_leased_attempt_to_a_known_destination_is_not_counted_until_it_is_late()
    {
        var harness = new EngineHarness(new FairOptions(), 20);
        harness.Submit(1, "a", Host(1));
        harness.End(1, Outcome.Established);
        harness.Engine.Lease(1);
        var leased = harness.Engine.AdoptLeased(Request(harness.Engine, 1), Now);
        Assert.Equal((0, 1, 1), (harness.Engine.Counted, harness.Engine.HalfOpen, harness.Engine.Leased));
        harness.Submit(2, "a", Host(1));
        Assert.Equal([1, 2], harness.Started);
        harness.End(2, Outcome.Cancelled);
        harness.At(5_000);
        Assert.Equal((1, 0), (harness.Engine.Counted, harness.Engine.Leased));
        harness.Engine.Complete(leased, Outcome.TimedOut, harness.Engine.Now);
        Assert.Equal((0, 1), (harness.Engine.Counted, harness.Engine.Leased));
    }

    [Fact]
    public void A_slot_taken_out_of_the_lease_stays_with_its_attempt()
    {
        var engine = new Engine(new EngineOptions { Limit = 20 });
        engine.Lease(2);
        var attempt = engine.AdoptLeased(Request(engine, 1), Now);
        Assert.True(engine.Unlease(attempt, Now));
        Assert.False(engine.Unlease(attempt, Now));
        Assert.Equal((1, 1), (engine.Counted, engine.Leased));
        engine.Complete(attempt, Outcome.Refused, Now);
        Assert.Equal((0, 1), (engine.Counted, engine.Leased));
        Assert.False(engine.Unlease(attempt, Now));
    }

    [Theory]
    [InlineData("fifo", 100, 0)]
    [InlineData("windows-xp", 100, 0)]
    [InlineData("fair", 100, 50)]
    [InlineData("fair", 10, 5)]
    [InlineData("fair", 1, 0)]
    [InlineData("fair+nat-budget=2000", 100, 0)]
    public void Policies_say_what_may_be_leased(string policy, int limit, int leasable)
    {
        Assert.True(PolicyTable.Shipped.TryParse(policy, out var options, out _));
        Assert.Equal(leasable, new Engine(new EngineOptions { Limit = limit, Policy = options }).Leasable);
    }

    [Fact]
    public void Nothing_is_leased_beyond_what_silent_programs_may_hold()
    {
        var harness = new EngineHarness(new FairOptions(), 10);
        for (var i = 1; i <= 9; i++)
        {
            harness.Submit(i, "swarm", Host(i));
            Assert.Equal(Math.Max(0, 5 - i), harness.Engine.Leasable);
        }
    }

    [Fact]
    public void Wrong_use_is_told()
    {
        var engine = new Engine(new EngineOptions { Limit = 10 });
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.Lease(10));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.EndLease(1, Now));
    }

    [Theory]
    [InlineData("fair")]
    [InlineData("fair+give-up")]
    [InlineData("fair+known-destinations=off")]
    public void Whatever_the_order_nothing_is_lost_and_the_limit_holds(string policy)
    {
        Assert.True(PolicyTable.Shipped.TryParse(policy, out var options, out var problem), problem);
        var streams = Gen.Choose(0, 1_000_000).Zip(Gen.Choose(1, 400)).ToArbitrary();
        Prop.ForAll(streams, pair => new LeaseDriver(options, pair.Item1).Run(pair.Item2))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20261126, 1, 1));
    }

    [Fact]
    public void Adopting_and_ending_allocates_nothing()
    {
        var engine = new Engine(new EngineOptions { Limit = 1000 });
        engine.Lease(500);
        var program = engine.Programs.Intern("a");
        var now = 0L;
        void Turn()
        {
            for (var i = 0; i < 20_000; i++)
            {
                now += 3_000;
                var request = new AttemptRequest { Program = program, Destination = Host(i % 2000) };
                engine.Complete(engine.AdoptLeased(request, new Instant(now)), (Outcome)(i % 5), new Instant(now + 1000));
                engine.ClearDecisions();
            }
        }

        Turn();
        Turn();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Turn();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((0, 500), (engine.Counted, engine.Leased));
    }

    private static AttemptRequest Request(Engine engine, int host) =>
        new() { Program = engine.Programs.Intern("a"), Destination = Host(host) };
}
