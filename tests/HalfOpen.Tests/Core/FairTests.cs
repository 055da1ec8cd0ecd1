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
    public void What_passes_as_known_is_bounded_by_what_its_host_answered_and_grows_with_it()
    {
        var harness = Fair(10);
        harness.Submit(1, "a", Host(1));
        harness.End(1, Outcome.Established);
        for (var i = 2; i <= 101; i++)
        {
            harness.Submit(i, "a", Host(1));
        }

        Assert.InRange(harness.Engine.HalfOpen - harness.Engine.Counted, 10, 10); // the first window
        var most = 0;
        while (harness.HalfOpen.Count > 0)
        {
            harness.NowMs += 50;
            foreach (var id in harness.HalfOpen.ToArray())
            {
                harness.End(id, Outcome.Established);
            }

            most = Math.Max(most, harness.Engine.HalfOpen - harness.Engine.Counted);
        }

        Assert.InRange(most, 20, 22); // one program alone: a third of 64
        Assert.Equal(101, harness.Started.Count);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void A_known_host_that_falls_silent_harms_only_who_tried_it(int limit)
    {
        var harness = Fair(limit);
        for (var i = 1; i <= 300; i++)
        {
            harness.Submit(i, "a", Host(1)); // its window grows
            harness.End(i, Outcome.Established);
        }

        for (var i = 301; i <= 1_300; i++)
        {
            harness.Submit(i, "a", Host(1)); // and now it is silent
        }

        harness.At(harness.NowMs + 10_000);
        var beyond = harness.Engine.HalfOpen - harness.Engine.Counted;
        Assert.InRange(beyond, 10, Math.Max(64, 2 * limit));
        Assert.InRange(harness.Engine.Counted, limit / 2, limit - 1); // it pays, and leaves the headroom
        var next = 2_000;
        for (var page = 0; page < 20; page++)
        {
            harness.Submit(next, "b", Host(next));
            Assert.Contains(next, harness.Started);
            harness.NowMs += 50;
            harness.End(next++, Outcome.Established);
        }
    }

    [Fact]
    public void Who_owes_for_silent_known_hosts_is_served_after_the_others()
    {
        var harness = Fair(10, f => f with { MaxHeadroom = 0 });
        harness.Submit(1, "a", Host(1));
        harness.End(1, Outcome.Established);
        for (var i = 2; i <= 11; i++)
        {
            harness.Submit(i, "a", Host(1)); // ten without a slot
        }

        for (var i = 100; i < 110; i++)
        {
            harness.Submit(i, "b", Host(i)); // every slot
        }

        harness.At(harness.NowMs + 5_000); // all of them silent
        harness.Submit(200, "c", Host(200));
        harness.End(100, Outcome.TimedOut);
        Assert.Contains(200, harness.Started); // c holds nothing, a owes ten
        Assert.Equal(10, harness.Engine.HalfOpen - harness.Engine.Counted);
        harness.End(101, Outcome.TimedOut);
        Assert.Equal(9, harness.Engine.HalfOpen - harness.Engine.Counted); // nobody else waits: a pays
        Assert.Equal(10, harness.Engine.Counted);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void Two_hundred_silent_programs_of_one_user_are_no_more_than_one_to_another_user(int limit)
    {
        var harness = Fair(limit);
        var next = 1;
        for (var copy = 0; copy < 200; copy++)
        {
            for (var i = 0; i < 5; i++, next++)
            {
                harness.Submit(next, $"bob/{copy}", Host(next), owner: "bob");
            }
        }

        for (var page = 0; page < 50; page++)
        {
            harness.At(harness.NowMs + 500);
            harness.Submit(next, "alice/browser", Host(next), owner: "alice");
            Assert.Contains(next, harness.Started);
            harness.At(harness.NowMs + 50);
            harness.End(next++, Outcome.Established);
            if (page % 5 == 4)
            {
                harness.End(harness.HalfOpen[0], Outcome.TimedOut); // bob's next one takes its place
            }
        }

        Assert.Equal(limit - harness.Fair.Headroom, harness.Engine.Counted); // and the rest is bob's
    }

    [Fact]
    public void Owners_share_alike_and_so_do_the_programs_of_one()
    {
        var harness = Fair(60, f => f with { MaxHeadroom = 0 });
        var next = 1;
        for (var copy = 0; copy < 15; copy++)
        {
            for (var i = 0; i < 100; i++, next++)
            {
                harness.Submit(next, $"bob/{copy}", Host(next), owner: "bob");
            }
        }

        for (var i = 0; i < 1_000; i++, next++)
        {
            harness.Submit(next, "alice/swarm", Host(next), owner: "alice");
        }

        for (var turn = 0; turn < 600; turn++)
        {
            harness.At(harness.NowMs + 100);
            harness.End(harness.HalfOpen[0], Outcome.TimedOut);
        }

        var programs = harness.Engine.GetStatistics().Programs;
        Assert.Equal(30, programs.Where(p => p.Owner == "alice").Sum(p => p.Counted));
        Assert.Equal(30, programs.Where(p => p.Owner == "bob").Sum(p => p.Counted));
        Assert.All(programs.Where(p => p.Owner == "bob"), p => Assert.Equal(2, p.Counted));
    }

    [Fact]
    public void A_new_program_beside_its_own_users_swarm_gets_through_at_once()
    {
        var harness = Fair(10);
        for (var i = 1; i <= 100; i++)
        {
            harness.Submit(i, "alice/swarm", Host(i), owner: "alice");
        }

        harness.At(5_000);
        harness.Submit(200, "alice/browser", Host(200), owner: "alice");
        Assert.Contains(200, harness.Started);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    public void Where_ipv6_is_broken_the_attempt_over_ipv4_gets_through_beside_a_swarm(int limit)
    {
        var harness = Fair(limit);
        var next = 1;
        for (; next <= 1_000; next++)
        {
            harness.Submit(next, "swarm", Host(next)); // all dead, and for 130 s
        }

        harness.At(5_000);
        for (var name = 0; name < 6; name++)
        {
            var (six, four) = (next++, next++);
            harness.Submit(six, "curl", new Destination((UInt128)0x2001_0DB8 << 96 | (uint)six, 443));
            Assert.DoesNotContain(six, harness.Started); // it leaves the headroom to the other
            harness.At(harness.NowMs + 200);
            harness.Submit(four, "curl", Host(four, 443));
            Assert.Contains(four, harness.Started);
            harness.At(harness.NowMs + 50);
            harness.End(four, Outcome.Established);
            harness.End(six, Outcome.Cancelled);
        }
    }

    [Fact]
    public void Where_ipv6_answers_it_has_its_share_of_the_headroom()
    {
        var harness = Fair(10);
        harness.Submit(1, "browser", new Destination((UInt128)0x2001_0DB8 << 96 | 1, 443));
        harness.End(1, Outcome.Established);
        for (var i = 2; i <= 100; i++)
        {
            harness.Submit(i, "swarm", Host(i));
        }

        harness.At(5_000);
        harness.Submit(200, "browser", new Destination((UInt128)0x2001_0DB8 << 96 | 2, 443));
        Assert.Contains(200, harness.Started);
    }

    [Fact]
    public void A_friendly_host_that_answers_a_hundred_times_buys_no_credit()
    {
        var harness = Fair(10, f => f with { GiveUp = true });
        for (var i = 1; i <= 300; i++)
        {
            harness.Submit(i, "scanner", Host(1));
            harness.End(i, Outcome.Established);
            harness.NowMs += 10;
        }

        for (var i = 1_000; i < 1_100; i++)
        {
            harness.Submit(i, "scanner", Host(i));
        }

        for (var second = 0; second < 60; second++)
        {
            harness.At(harness.NowMs + 1_000);
            foreach (var id in harness.GivenUp.Where(harness.HalfOpen.Contains).ToArray())
            {
                harness.End(id, Outcome.Cancelled);
            }
        }

        Assert.Equal(5, harness.GivenUp.Count); // one host answered for the first time, once
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
