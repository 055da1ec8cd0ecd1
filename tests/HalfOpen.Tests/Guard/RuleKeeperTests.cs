using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Rules;
using Xunit;

namespace HalfOpen.Tests.Guard;

public sealed class RuleKeeperTests
{
    private readonly Rules _rules = new();
    private readonly RuleKeeper _keeper;
    private Instant _now = new(0);

    public RuleKeeperTests() => _keeper = new RuleKeeper(_rules);

    [Fact]
    public void Rules_that_are_there_are_left_alone()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(After(1));
        }

        Assert.Equal((0, true, false), (_keeper.PutBackTimes, _keeper.InPlace, _keeper.HasGivenWay));
    }

    [Fact]
    public void Rules_that_went_are_put_back_and_told()
    {
        _rules.Intact = false;
        Assert.Contains("put back", After(1)!, StringComparison.Ordinal);
        Assert.Null(After(1));
        Assert.Equal((1, 1, true), (_keeper.PutBackTimes, _rules.Puts, _keeper.InPlace));
    }

    [Fact]
    public void Whoever_removes_them_again_and_again_gets_his_way_with_one_line()
    {
        for (var i = 0; i < RuleKeeper.MostTimes; i++)
        {
            _rules.Intact = false;
            Assert.Contains("put back", After(2)!, StringComparison.Ordinal);
        }

        _rules.Intact = false;
        Assert.Contains("giving way", After(2)!, StringComparison.Ordinal);
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(After(60));
        }

        Assert.Equal((RuleKeeper.MostTimes, false, true), (_rules.Puts, _keeper.InPlace, _keeper.HasGivenWay));
        _keeper.TakeHeart();
        Assert.Contains("put back", After(0)!, StringComparison.Ordinal);
        Assert.False(_keeper.HasGivenWay);
    }

    [Fact]
    public void A_firewall_that_is_reloaded_now_and_then_never_wins()
    {
        for (var i = 0; i < 50; i++)
        {
            _rules.Intact = false;
            Assert.Contains("put back", After(13)!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_cannot_be_put_back_is_tried_again()
    {
        (_rules.Intact, _rules.Failure) = (false, "no room");
        Assert.Contains("cannot be put back: no room", After(1)!, StringComparison.Ordinal);
        Assert.False(_keeper.InPlace);
        _rules.Failure = null;
        Assert.Contains("put back", After(1)!, StringComparison.Ordinal);
        Assert.True(_keeper.InPlace);
    }

    [Fact]
    public void A_storm_of_changes_by_others_costs_a_look_now_and_then()
    {
        After(1);
        _keeper.Hurry(_now);
        Assert.Equal(_now.Ticks + (20 * TimeSpan.TicksPerMillisecond), _keeper.NextLook);
        _now += TimeSpan.FromMilliseconds(500);
        _keeper.Hurry(_now);
        Assert.True(_keeper.NextLook <= _now.Ticks);
    }

    private string? After(double seconds)
    {
        _now += TimeSpan.FromSeconds(seconds);
        return _keeper.Look(_now);
    }

    private sealed class Rules : IGuardRules
    {
        public bool Intact { get; set; } = true;

        public string? Failure { get; set; }

        public int Puts { get; private set; }

        public void Install(GuardOptions options, RuleNeeds needs)
        {
        }

        public void Update(GuardOptions options, RuleNeeds needs)
        {
        }

        public bool AreIntact() => Intact;

        public string? PutBack()
        {
            Puts++;
            Intact = Failure is null;
            return Failure;
        }

        public void Remove()
        {
        }
    }
}
