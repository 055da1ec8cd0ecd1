using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>fair, one promise at a time.</summary>
public sealed class FairTests
{
    private static EngineHarness Fair(int limit, Func<FairOptions, FairOptions>? with = null) =>
        new(with?.Invoke(new FairOptions()) ?? new FairOptions(), limit);

    /// <summary>A program whose attempts stay silent, long enough to be known for it.</summary>
    private static EngineHarness WithSwarm(int limit, int wishes, Func<FairOptions, FairOptions>? with = null)
    {
        var harness = Fair(limit, with);
        for (var i = 0; i < wishes; i++)
        {
            harness.Submit(10_000 + i, "swarm", Host(10_000 + i, 6881));
        }

        harness.At(5_000);
        return harness;
    }

    [Theory]
    [InlineData(10, 9)]
    [InlineData(100, 95)]
    [InlineData(20, 19)]
    [InlineData(1, 1)]
    public void A_swarm_leaves_the_headroom(int limit, int held)
    {
        var harness = WithSwarm(limit, 500);
        Assert.Equal(held, harness.Engine.Counted);
        Assert.Equal(limit - held, harness.Fair.Headroom);
    }

    [Fact]
    public void A_swarm_on_random_ports_leaves_it_too()
    {
        var harness = Fair(100);
        for (var i = 0; i < 500; i++)
        {
            harness.Submit(i, "swarm", Host(i, (ushort)(1024 + (i * 97 % 60_000))));
        }

        Assert.Equal(95, harness.Engine.Counted);
    }

    [Fact]
    public void A_newcomer_starts_at_once_whatever_the_backlog()
    {
        var harness = WithSwarm(100, 20_000);
        for (var i = 1; i <= 5; i++)
        {
            harness.Submit(i, "browser", Host(i, 443));
        }

        Assert.Equal([1, 2, 3, 4, 5], harness.Started.Where(id => id < 10_000));
        Assert.Equal(100, harness.Engine.Counted);
    }

    [Fact]
    public void One_attempt_for_a_destination_tries_and_the_others_follow_together()
    {
        var harness = WithSwarm(10, 100);
        for (var i = 1; i <= 6; i++)
        {
            harness.Submit(i, "browser", Host(1, 443));
        }

        Assert.Equal([1], harness.Started.Where(id => id < 10_000));
        harness.End(1, Outcome.Established);
        Assert.Equal([1, 2, 3, 4, 5, 6], harness.Started.Where(id => id < 10_000));
        Assert.True(harness.Engine.Counted <= 10);
        Assert.True(harness.Engine.HalfOpen > harness.Engine.Counted); // known: no slot
    }

    [Fact]
    public void If_it_is_silent_the_next_one_tries()
    {
        var harness = WithSwarm(10, 100);
        harness.Submit(1, "browser", Host(1, 443));
        harness.Submit(2, "mail", Host(1, 443));
        harness.Submit(3, "mail", Host(1, 443));
        Assert.Equal(WaitReason.SameDestination, harness.Engine.GetStatistics().Programs.Single(p => p.Name == "mail").Reason);
        harness.End(1, Outcome.TimedOut);
        Assert.Equal([1, 2], harness.Started.Where(id => id < 10_000));
        harness.End(2, Outcome.TimedOut);
        harness.End(10_000, Outcome.TimedOut); // mail has been silent too: the headroom is not for it, the next slot is
        Assert.Equal([1, 2, 3], harness.Started.Where(id => id < 10_000));
    }

    [Fact]
    public void An_idle_machine_does_not_wait_for_the_first_answer()
    {
        var harness = Fair(100);
        for (var i = 1; i <= 30; i++)
        {
            harness.Submit(i, "browser", Host(i % 5, 443));
        }

        Assert.Equal(30, harness.Started.Count);
    }

    [Fact]
    public void A_known_destination_is_forgotten_in_time()
    {
        var harness = Fair(1);
        harness.Submit(1, "a", Host(1));
        harness.End(1, Outcome.Refused);
        harness.Submit(2, "b", Host(2)); // takes the slot
        harness.Submit(3, "a", Host(1));
        Assert.Equal([1, 2, 3], harness.Started);
        harness.End(3, Outcome.Cancelled);
        harness.At(300_001);
        harness.Submit(4, "a", Host(1));
        Assert.Equal([1, 2, 3], harness.Started);
    }

    [Fact]
    public void What_is_remembered_is_bounded()
    {
        var harness = Fair(10, f => f with { MaxKnownDestinations = 100 });
        for (var i = 1; i <= 1000; i++)
        {
            harness.Submit(i, "a", Host(i));
            harness.End(i, Outcome.Refused);
        }

        Assert.Equal(100, harness.Fair.KnownDestinations);
    }

    [Fact]
    public void Greedy_programs_share_alike_and_by_weight()
    {
        var harness = Fair(60, f => f with { MaxHeadroom = 0 });
        harness.Engine.Programs.SetWeight(harness.Engine.Programs.Intern("heavy"), 2);
        var next = 1;
        foreach (var program in new[] { "first", "second", "heavy" })
        {
            for (var i = 0; i < 500; i++)
            {
                harness.Submit(next, program, Host(next++));
            }
        }

        for (var turn = 0; turn < 400; turn++)
        {
            harness.At(harness.NowMs + 100);
            harness.End(harness.HalfOpen[0], Outcome.TimedOut);
        }

        Assert.Equal([15, 15, 30], harness.Engine.GetStatistics().Programs.OrderBy(p => p.Name).Select(p => p.Counted).Order());
    }

    [Fact]
    public void Higher_priority_goes_first_and_starves_nobody()
    {
        var harness = Fair(1);
        harness.Submit(0, "a", Host(0));
        for (var i = 1; i <= 40; i++)
        {
            harness.Submit(i, "a", Host(i), priority: i == 1 ? 0 : 3);
        }

        for (var turn = 0; turn < 12; turn++)
        {
            harness.End(harness.HalfOpen[0], Outcome.TimedOut);
        }

        Assert.Equal(2, harness.Started[1]);
        Assert.Contains(1, harness.Started);
    }

    [Fact]
    public void Give_up_needs_credit_and_credit_needs_success()
    {
        var harness = Fair(10, f => f with { GiveUp = true });
        harness.Submit(1, "worm", Host(1));
        harness.Submit(2, "swarm", Host(2));
        harness.Submit(3, "swarm", Host(3));
        harness.End(3, Outcome.Established);
        harness.At(3_499);
        Assert.Empty(harness.GivenUp);
        harness.At(3_500);
        Assert.Equal([2], harness.GivenUp);
        Assert.Equal(2, harness.Engine.Counted); // until the host reports the end
        harness.At(60_000);
        Assert.Equal([2], harness.GivenUp);
        harness.Submit(4, "worm", Host(4));
        harness.End(4, Outcome.Established); // its first success pays for what is silent already
        Assert.Equal([2, 1], harness.GivenUp);
    }

    [Fact]
    public void Slow_networks_are_given_more_time()
    {
        var harness = Fair(100, f => f with { GiveUp = true });
        for (var i = 1; i <= 200; i++)
        {
            harness.Submit(i, "a", Host(i));
            harness.NowMs += 3_000;
            harness.End(i, Outcome.Established);
        }

        Assert.InRange(harness.Fair.GiveUpAfter!.Value.TotalSeconds, 6, 7);
    }

    [Fact]
    public void A_NAT_budget_counts_what_the_router_still_holds()
    {
        var harness = Fair(100, f => f with { NatBudget = 10 });
        for (var i = 1; i <= 30; i++)
        {
            harness.Submit(i, "a", Host(i));
        }

        Assert.InRange(harness.Fair.NatEntries, 9, 10);
        foreach (var id in harness.HalfOpen.ToList())
        {
            harness.End(id, Outcome.TimedOut);
        }

        var started = harness.Started.Count;
        harness.At(119_000);
        Assert.Equal(started, harness.Started.Count);
        Assert.Equal(WaitReason.NatBudget, harness.Engine.GetStatistics().Programs[0].Reason);
        harness.At(121_000);
        Assert.True(harness.Started.Count > started);
        Assert.True(harness.Fair.NatEntries <= 10);
    }

    [Fact]
    public void A_million_attempts_of_ten_thousand_programs_wait_without_trouble()
    {
        var engine = new Engine(new EngineOptions { Limit = 100 });
        var programs = Enumerable.Range(0, 10_000).Select(i => engine.Programs.Intern((ulong)i)).ToArray();
        for (var i = 0; i < 1_000_000; i++)
        {
            engine.Submit(new AttemptRequest { Program = programs[i % programs.Length], Destination = Host(i), Tag = (ulong)i },
                new Instant(i));
        }

        Assert.True(engine.Waiting > 999_800);
        var held = new Queue<AttemptId>(engine.Decisions.ToArray().Where(d => d.Kind == DecisionKind.Start).Select(d => d.Attempt));
        var ended = 0;
        while (held.TryDequeue(out var attempt))
        {
            engine.ClearDecisions();
            Assert.True(engine.Complete(attempt, Outcome.TimedOut, new Instant(1_000_000 + (ended++ * 10L))));
            foreach (var decision in engine.Decisions)
            {
                held.Enqueue(decision.Attempt);
            }
        }

        Assert.Equal((1_000_000, 0), (ended, engine.Waiting));
    }

    [Fact]
    public void Programs_that_fell_silent_are_forgotten_and_their_handles_refused()
    {
        var harness = new EngineHarness(new FairOptions(), 10, o => o with { MaxPrograms = 16 });
        var first = harness.Engine.Programs.Intern("p0");
        for (var i = 0; i < 100; i++)
        {
            harness.Submit(i, "p" + i, Host(i));
            harness.End(i, Outcome.Refused);
        }

        Assert.Equal(16, harness.Engine.Programs.Count);
        Assert.Throws<ArgumentException>(() => harness.Engine.Submit(new AttemptRequest { Program = first }, Instant.Zero));
    }
}
