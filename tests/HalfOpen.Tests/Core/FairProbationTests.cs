using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>
/// fair: a user whose programs are silent can still open his browser, and nobody else is the worse for it (decision
/// 39).
/// </summary>
public sealed class FairProbationTests
{
    [Theory]
    [InlineData(10, 1)]
    [InlineData(20, 1)]
    [InlineData(100, 5)]
    public void A_browser_gets_through_beside_three_silent_programs_of_its_own_user(int limit, int each)
    {
        var harness = SilentPrograms(limit, each, programs: 2);
        for (var i = 5_000; i < 5_010; i++)
        {
            harness.Submit(i, "ann/browser", Host(i), owner: "ann");
            for (var since = harness.NowMs; i == 5_000 && !harness.Started.Contains(i); harness.At(harness.NowMs + 100))
            {
                Assert.InRange(harness.NowMs - since, 0, 5_000); // the others' pause
            }

            Assert.Contains(i, harness.Started);
            harness.NowMs += 50;
            harness.End(i, Outcome.Established);
        }

        Assert.InRange(harness.HalfOpen.Count, limit - 1, limit + (2 * each));
    }

    [Fact]
    public void A_dead_host_on_a_page_does_not_hold_up_the_rest_of_it()
    {
        var harness = SilentPrograms(10, 1, programs: 0);
        for (var i = 5_000; i < 5_010; i++)
        {
            harness.Submit(i, "ann/browser", Host(i), owner: "ann"); // the first stays silent
        }

        var rounds = 0;
        for (; harness.WaitingIds.Count > 0 || harness.HalfOpen.Exists(i => i > 5_000); rounds++)
        {
            harness.At(harness.NowMs + 50);
            foreach (var id in harness.HalfOpen.Where(i => i > 5_000).ToArray())
            {
                harness.End(id, Outcome.Established);
            }

            harness.WaitingIds.RemoveAll(i => i < 5_000); // the swarm's
            Assert.InRange(rounds, 0, 80); // late after a second or more, then nine round trips
        }
    }

    [Fact]
    public void Who_is_trusted_gets_the_slot_of_one_on_probation_at_once()
    {
        var harness = SilentPrograms(10, 1, programs: 2);
        harness.Submit(5_000, "ann/third", Host(5_000), owner: "ann");
        Assert.Contains(5_000, harness.Started); // on probation
        Assert.Equal(10, harness.Engine.Counted);
        harness.Submit(5_001, "ben/browser", Host(5_001), owner: "ben");
        Assert.Contains(5_001, harness.Started);
        Assert.Equal(10, harness.Engine.Counted);
    }

    [Fact]
    public void One_attempt_at_a_time_is_on_probation_and_after_a_silent_one_its_owner_waits_longer_each_time()
    {
        var harness = SilentPrograms(20, 1, programs: 2);
        var since = harness.NowMs;
        for (var i = 5_000; i < 5_200; i++)
        {
            harness.Submit(i, $"ann/{i}", Host(i), owner: "ann");
        }

        List<long> starts = [];
        var before = harness.Started.Count;
        for (var step = 0; step < 900; step++) // ninety seconds
        {
            if (harness.Started.Count > before)
            {
                Assert.Equal(before + 1, harness.Started.Count);
                before = harness.Started.Count;
                starts.Add(harness.NowMs - since);
            }

            harness.At(harness.NowMs + 100);
        }

        var pauses = starts.Zip(starts.Skip(1), (a, b) => b - a).ToList();
        Assert.InRange(pauses.Count, 5, 8);
        Assert.Equal(pauses.Order(), pauses);
        Assert.InRange(pauses[^1], 16_000, 20_000);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void One_silent_attempt_is_forgiven_and_two_are_not(int silent, bool forgiven)
    {
        var harness = new EngineHarness(new FairOptions(), 10);
        for (var i = 5_000; i < 5_000 + silent; i++)
        {
            harness.Submit(i, "ann/mail", Host(i), owner: "ann");
            harness.At(harness.NowMs + 4_000);
            harness.End(i, Outcome.Cancelled);
        }

        for (var i = 1; i <= 40; i++)
        {
            harness.Submit(i, "ann/swarm", Host(i), owner: "ann");
        }

        harness.At(harness.NowMs + 5_000);
        harness.Submit(6_000, "ann/mail", Host(6_000), owner: "ann");
        Assert.Equal(forgiven, harness.Started.Contains(6_000));
    }

    /// <summary>A user's swarm has the slots, and each of some programs of his had a silent attempt or more.</summary>
    private static EngineHarness SilentPrograms(int limit, int each, int programs)
    {
        var harness = new EngineHarness(new FairOptions(), limit);
        var next = 1;
        for (; next <= 4 * limit; next++)
        {
            harness.Submit(next, "ann/swarm", Host(next), owner: "ann");
        }

        for (var program = 0; program < programs; program++)
        {
            harness.At(harness.NowMs + 5_000);
            for (var i = 0; i < each; i++)
            {
                harness.Submit(next, $"ann/silent {program}", Host(next++), owner: "ann");
            }
        }

        harness.At(harness.NowMs + 5_000);
        return harness;
    }
}
