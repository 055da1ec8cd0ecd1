using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>
/// fair: more is half-open than the limit allows, and no policy started it. Others go on all the same (decision 37).
/// </summary>
public sealed class FairExcessTests
{
    [Theory]
    [InlineData(10, 1)]
    [InlineData(10, 40)]
    [InlineData(100, 1)]
    [InlineData(100, 200)]
    public void Where_a_storm_is_adopted_others_open_pages_at_once(int limit, int programs)
    {
        var harness = new EngineHarness(new FairOptions(), limit);
        for (var i = 0; i < 1_000; i++)
        {
            harness.Adopt(1 + i, "storm" + (i % programs), Host(i), owner: "a");
        }

        Assert.Equal(limit - ((limit + 19) / 20), harness.Engine.Counted);
        Pages(harness);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void The_same_users_browser_opens_pages_at_once_too(int limit)
    {
        var harness = new EngineHarness(new FairOptions(), limit);
        for (var i = 0; i < 1_000; i++)
        {
            harness.Adopt(1 + i, "storm", Host(i), owner: "b");
        }

        Pages(harness);
    }

    [Fact]
    public void What_just_fits_keeps_its_slots()
    {
        var harness = new EngineHarness(new FairOptions(), 10);
        for (var i = 0; i < 10; i++)
        {
            harness.Adopt(1 + i, "a", Host(i));
        }

        Assert.Equal((10, 10), (harness.Engine.Counted, harness.Engine.HalfOpen));
        harness.Adopt(11, "a", Host(11));
        Assert.Equal((9, 11), (harness.Engine.Counted, harness.Engine.HalfOpen));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_the_limit_is_lowered_in_a_storm_others_open_pages_at_once(bool giveUp)
    {
        var harness = new EngineHarness(new FairOptions { GiveUp = giveUp }, 100);
        for (var i = 0; i < 1_000; i++)
        {
            harness.Submit(1 + i, "storm", Host(i));
        }

        harness.At(5_000);
        harness.Limit(10);
        Assert.Equal((9, 95), (harness.Engine.Counted, harness.Engine.HalfOpen));
        Pages(harness);
    }

    [Fact]
    public void Where_fair_takes_over_from_no_limit_others_open_pages_at_once()
    {
        var harness = new EngineHarness(new UnlimitedOptions(), 100);
        for (var i = 0; i < 1_000; i++)
        {
            harness.Submit(1 + i, "storm", Host(i));
        }

        harness.At(5_000);
        harness.Engine.SetPolicy(new FairOptions(), Instant.FromMilliseconds(5_000));
        Assert.Equal((95, 1_000), (harness.Engine.Counted, harness.Engine.HalfOpen));
        Pages(harness);
    }

    [Fact]
    public void Who_has_too_many_out_starts_nothing_before_they_are_paid_for()
    {
        var harness = new EngineHarness(new FairOptions(), 10);
        for (var i = 0; i < 50; i++)
        {
            harness.Adopt(1 + i, "storm", Host(i));
        }

        harness.Submit(1_000, "storm", Host(1_000));
        harness.Submit(1_001, "other", Host(1_001));
        harness.At(4_000); // silent
        for (var i = 0; i < 41; i++)
        {
            Assert.DoesNotContain(1_000, harness.Started);
            harness.End(1 + i, Outcome.TimedOut);
        }

        Assert.True(harness.Engine.Counted <= 10);
        harness.End(42, Outcome.TimedOut);
        Assert.Equal(1_001, harness.Started[0]);
        Assert.Contains(1_000, harness.Started);
    }

    private static void Pages(EngineHarness harness)
    {
        var next = 10_000;
        for (var page = 0; page < 60; page++)
        {
            harness.Submit(next, "browser", Host(next), owner: "b");
            Assert.Contains(next, harness.Started);
            Assert.True(harness.Engine.Counted <= harness.Engine.Limit);
            harness.At(harness.NowMs + 50);
            harness.End(next++, Outcome.Established);
            harness.At(harness.NowMs + 200);
        }
    }
}
