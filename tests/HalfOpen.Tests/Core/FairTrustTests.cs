using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>
/// fair: who was trusted with the headroom and stays silent does not keep it from the others (decision 38).
/// </summary>
public sealed class FairTrustTests
{
    [Theory]
    [InlineData(10, 39, 1)]
    [InlineData(100, 390, 5)]
    [InlineData(1_000, 3_000, 50)]
    public void A_second_silent_program_does_not_keep_the_headroom(int limit, int first, int second)
    {
        var harness = TwoSilentPrograms(limit, first, second);
        Assert.Equal(limit, harness.HalfOpen.Count);
        for (var page = 2_000_000; page < 2_000_020; page++)
        {
            harness.Submit(page, "ann/browser", Host(page), owner: "ann");
            Assert.Contains(page, harness.Started);
            harness.NowMs += 50;
            harness.End(page, Outcome.Established);
        }

        Assert.Equal(limit - 1, harness.Engine.Counted); // the headroom is free again
        Assert.Equal(limit, harness.HalfOpen.Count); // and one, once, made way
        Assert.Equal(1, harness.Engine.HalfOpen - harness.Engine.Counted);
    }

    [Fact]
    public void Nothing_makes_way_while_nobody_waits_who_may_use_it()
    {
        var harness = TwoSilentPrograms(10, 39, 1);
        harness.At(harness.NowMs + 60_000);
        Assert.Equal(10, harness.Engine.Counted);
        harness.Submit(5_000, "bob/swarm", Host(5_000), owner: "bob"); // it is no browser
        Assert.Equal((10, 10), (harness.Engine.Counted, harness.Engine.HalfOpen));
    }

    [Fact]
    public void What_made_way_is_owed_by_who_started_it()
    {
        var harness = TwoSilentPrograms(10, 39, 1);
        harness.Submit(5_000, "ann/browser", Host(5_000), owner: "ann");
        harness.NowMs += 50;
        harness.End(5_000, Outcome.Established);
        Assert.Equal((9, 10), (harness.Engine.Counted, harness.Engine.HalfOpen));
        var started = harness.Started.Count;
        harness.NowMs += 60_000;
        harness.End(harness.HalfOpen[0], Outcome.TimedOut);
        Assert.Equal(started, harness.Started.Count); // its place is taken by what is owed, nothing starts
        Assert.Equal((9, 9), (harness.Engine.Counted, harness.Engine.HalfOpen));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void An_owner_has_half_of_what_may_make_way_at_most_and_all_together_the_limit(int limit)
    {
        var harness = new EngineHarness(new FairOptions(), limit);
        var next = 1;
        for (; next <= 4 * limit; next++)
        {
            harness.Submit(next, "swarm", Host(next));
        }

        var most = 0;
        for (var owner = 0; owner < 30; owner++)
        {
            var before = harness.Engine.HalfOpen;
            for (var program = 0; program < 60; program++)
            {
                for (var i = 0; i < Math.Max(1, limit / 20); i++)
                {
                    harness.Submit(next, $"{owner}/{program}", Host(next++), owner: $"{owner}");
                }

                harness.At(harness.NowMs + 65_000); // its owner is trusted again
            }

            most = Math.Max(most, harness.Engine.HalfOpen - before);
        }

        var room = Math.Max(1, limit / 20);
        Assert.InRange(most, limit / 5, (limit / 2) + 1 + (2 * room));
        Assert.InRange(harness.Engine.HalfOpen, (limit * 3 / 2) + 1, 2 * limit);
        Assert.InRange(harness.Engine.Counted, 0, limit);
    }

    /// <summary>Slots that are on lease are not the engine's to take; they make way once they are not.</summary>
    [Fact]
    public void What_is_on_lease_makes_way_when_its_lease_has_ended()
    {
        var engine = new Engine(new EngineOptions { Limit = 10 });
        for (var i = 1; i <= 10; i++)
        {
            engine.Submit(Of("bob/swarm", i), Instant.Zero);
        }

        foreach (var start in engine.Decisions.ToArray())
        {
            engine.Complete(start.Attempt, Outcome.TimedOut, Instant.FromMilliseconds(21_000)); // it is known for what it is
        }

        while (engine.HalfOpen > 0)
        {
            var ids = engine.Decisions.ToArray();
            engine.ClearDecisions();
            Array.ForEach(ids, d => engine.Complete(d.Attempt, Outcome.TimedOut, Instant.FromMilliseconds(42_000)));
        }

        engine.Lease(1);
        var leased = engine.AdoptLeased(Of("ann/mail", 100), Instant.FromMilliseconds(50_000));
        for (var i = 101; i <= 140; i++)
        {
            engine.Submit(Of("bob/swarm", i), Instant.FromMilliseconds(50_000));
        }

        engine.AdvanceTo(Instant.FromMilliseconds(60_000)); // all of it is silent
        Assert.Equal(10, engine.Counted);
        engine.ClearDecisions();
        engine.Submit(Of("eve/browser", 200), Instant.FromMilliseconds(60_000));
        Assert.Equal(DecisionKind.Queued, Assert.Single(engine.Decisions.ToArray()).Kind);
        engine.ClearDecisions();
        Assert.True(engine.Unlease(leased, Instant.FromMilliseconds(60_000)));
        Assert.Equal(DecisionKind.Start, Assert.Single(engine.Decisions.ToArray()).Kind);
        Assert.Equal((10, 11), (engine.Counted, engine.HalfOpen));

        AttemptRequest Of(string program, int host) => new()
        {
            Program = engine.Programs.Intern(program, engine.Programs.InternOwner(program.Split('/')[0])),
            Destination = Host(host),
        };
    }

    [Fact]
    public void At_limit_1_there_is_no_headroom_and_nothing_makes_way()
    {
        var harness = new EngineHarness(new FairOptions(), 1);
        harness.Submit(1, "a", Host(1));
        harness.At(10_000);
        harness.Submit(2, "b", Host(2), owner: "ann");
        Assert.Equal([1], harness.Started);
    }

    /// <summary>
    /// One user's swarm has the slots, and a second program of his the headroom; all of it is silent.
    /// </summary>
    private static EngineHarness TwoSilentPrograms(int limit, int first, int second)
    {
        var harness = new EngineHarness(new FairOptions(), limit);
        for (var i = 1; i <= first; i++)
        {
            harness.Submit(i, "bob/swarm", Host(i), owner: "bob");
        }

        harness.At(5_000);
        for (var i = 1_000_000; i < 1_000_000 + second; i++)
        {
            harness.Submit(i, "bob/mail", Host(i), owner: "bob");
        }

        harness.At(10_000);
        return harness;
    }
}
