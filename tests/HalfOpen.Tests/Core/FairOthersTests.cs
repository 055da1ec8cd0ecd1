using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>
/// fair: one program's bad luck, or one user's tricks, are never everybody's freeze (decisions 35 and 36).
/// </summary>
public sealed class FairOthersTests
{
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

    private static EngineHarness Fair(int limit, Func<FairOptions, FairOptions>? with = null) =>
        new(with?.Invoke(new FairOptions()) ?? new FairOptions(), limit);
}
