using HalfOpen.Core;
using HalfOpen.Core.Attempts;
using HalfOpen.Core.Policies.Fair;
using HalfOpen.Core.Queueing;
using Xunit;

namespace HalfOpen.Tests.Core;

/// <summary>The parts that <c>fair</c> is made of, each alone.</summary>
public sealed class FairPartsTests
{
    private static readonly long Second = TimeSpan.FromSeconds(1).Ticks;

    [Fact]
    public void The_filter_never_denies_an_address_that_is_queued()
    {
        var filter = new AddressFilter(1_000);
        for (var i = 0; i < 5_000; i++)
        {
            filter.Add(i % 7, (UInt128)(uint)i * 0x9E3779B9);
        }

        for (var i = 0; i < 5_000; i++)
        {
            Assert.True(filter.MayContain(i % 7, (UInt128)(uint)i * 0x9E3779B9));
            filter.Remove(i % 7, (UInt128)(uint)i * 0x9E3779B9);
        }

        for (var i = 0; i < 5_000; i++)
        {
            Assert.False(filter.MayContain(i % 7, (UInt128)(uint)i * 0x9E3779B9)); // empty: certain again
        }
    }

    [Fact]
    public void A_give_up_waits_until_a_success_pays_for_it_the_oldest_first()
    {
        var slab = new AttemptSlab();
        int[] attempts = [slab.Rent(), slab.Rent(), slab.Rent()];
        var credit = new Credit(slab, perSuccess: 2);
        Assert.All(attempts, a => Assert.False(credit.TryPay(20, a)));
        Assert.Equal(-1, credit.TakePaid(20));
        credit.Earn(3, limit: 10);
        Assert.Equal(-1, credit.TakePaid(20)); // another program's success
        credit.Leave(20, attempts[0]); // it ended by itself
        credit.Earn(20, limit: 10);
        Assert.Equal((attempts[1], attempts[2], -1), (credit.TakePaid(20), credit.TakePaid(20), credit.TakePaid(20)));
        Assert.True(credit.TryPay(3, attempts[0]));
        Assert.True(credit.TryPay(3, attempts[1]));
        Assert.False(credit.TryPay(3, attempts[2])); // two for one success
    }

    [Fact]
    public void Saved_credit_is_bounded_and_a_forgotten_program_leaves_none()
    {
        var slab = new AttemptSlab();
        var credit = new Credit(slab, perSuccess: 10);
        for (var i = 0; i < 1_000; i++)
        {
            credit.Earn(0, limit: 10);
        }

        var paid = 0;
        while (credit.TryPay(0, slab.Rent()))
        {
            paid++;
        }

        Assert.Equal(64, paid);
        credit.Earn(1, limit: 10);
        credit.Forget(1);
        Assert.False(credit.TryPay(1, slab.Rent()));
    }

    [Fact]
    public void A_silent_share_is_brief_up_to_one_in_four_and_forgets()
    {
        var share = default(SilentShare);
        Assert.True(share.IsBrief(pending: 0, trial: 1, prior: 0));
        Assert.False(share.IsBrief(pending: 20, trial: 1, prior: 0)); // all out, nobody has answered
        for (var i = 0; i < 40; i++)
        {
            share.Learn(silent: i % 5 == 0);
        }

        Assert.True(share.IsSettled);
        Assert.True(share.IsBrief(0, 1, 0));
        for (var i = 0; i < 40; i++)
        {
            share.Learn(silent: i % 3 == 0);
        }

        Assert.False(share.IsBrief(0, 1, 0));
        for (var i = 0; i < 200; i++)
        {
            share.Learn(silent: false);
        }

        Assert.True(share.IsBrief(0, 1, 0));
    }

    [Fact]
    public void A_line_keeps_the_order_of_joining_and_a_program_stands_in_it_once()
    {
        var line = new ProgramLine();
        var model = new List<int>();
        var random = new Random(5);
        for (var i = 0; i < 10_000; i++)
        {
            var program = random.Next(40);
            if (random.Next(3) == 0)
            {
                line.Leave(program);
                model.Remove(program);
            }
            else
            {
                line.MoveToEnd(program);
                model.Remove(program);
                model.Add(program);
            }

            Assert.Equal(model.Count == 0 ? -1 : model[0], line.First);
            Assert.Equal(model.Contains(program), line.Contains(program));
        }
    }

    [Fact]
    public void The_turn_is_whose_program_holds_fewest_then_of_who_waited_longest()
    {
        var turns = new Turns();
        Assert.True(turns.IsEmpty);
        foreach (var (program, held, weight) in new[] { (1, 4, 1), (2, 2, 1), (3, 6, 4) })
        {
            turns.Enter(program, now: 0);
            turns.Rank(program, held, weight, isPrivileged: program == 1);
        }

        Assert.Equal(3, turns.First); // six slots at weight four are one and a half
        Assert.Equal((true, 1), (turns.AnyPrivileged, turns.FirstPrivileged));
        turns.Take(3, now: 1);
        turns.Rank(3, 8, 4, isPrivileged: false);
        Assert.Equal(2, turns.First); // equal now; served longer ago
        turns.Leave(2);
        turns.Leave(1);
        turns.Leave(3);
        Assert.True(turns.IsEmpty);
        Assert.False(turns.AnyPrivileged);
    }

    [Fact]
    public void Who_has_waited_for_ten_seconds_is_served_out_of_turn_now_and_then()
    {
        var turns = new Turns();
        turns.Enter(1, now: 0);
        turns.Rank(1, 50, 1, isPrivileged: false); // holds most: never first by count
        var served = 0;
        for (var i = 0; i < 64; i++)
        {
            var now = (11 + i) * Second;
            turns.Enter(2, now);
            turns.Rank(2, 0, 1, isPrivileged: false);
            var next = turns.Next(now);
            turns.Take(next, now);
            turns.Rank(next, next == 1 ? 50 : 0, 1, isPrivileged: false);
            served += next == 1 ? 1 : 0;
            turns.Leave(2);
        }

        Assert.InRange(served, 2, 16);
    }

    [Fact]
    public void Headroom_is_what_brief_ones_needed_lately_at_most_a_twentieth_of_the_limit_at_least_one()
    {
        var headroom = new Headroom(new FairOptions(), limit: 100, now: 0);
        Assert.Equal((5, 5), (headroom.Size, headroom.Trial));
        headroom.Need(2, 200 * Second);
        headroom.Need(2, 400 * Second); // two windows later only two were needed
        Assert.Equal(2, headroom.Size);
        headroom.Need(50, 401 * Second);
        Assert.Equal(5, headroom.Size);
        headroom.LongHeld = 94;
        Assert.False(headroom.IsReached);
        headroom.LongHeld = 95;
        Assert.True(headroom.IsReached);
        headroom.SetLimit(1, 402 * Second);
        Assert.Equal((0, 1), (headroom.Size, headroom.Trial)); // one slot cannot be kept free
    }

    [Fact]
    public void Nothing_is_lent_before_the_stack_has_shown_how_long_silence_lasts()
    {
        var slab = new AttemptSlab();
        var late = default(AttemptList);
        var index = slab.Rent();
        late.AddLast(slab, index);
        var headroom = new Headroom(new FairOptions(), limit: 100, now: 0) { LongHeld = 95 };
        Assert.False(headroom.MayLend(slab, late, 20 * Second));
        Assert.False(headroom.MayLend(slab, default, 20 * Second));
    }

    [Fact]
    public void A_class_serves_by_priority_first_in_first_out_and_from_below_now_and_then()
    {
        var slab = new AttemptSlab();
        var queue = default(ClassQueue);
        int[] priorities = [0, 3, 1, 3];
        int[] attempts = [.. priorities.Select(priority =>
        {
            var index = slab.Rent();
            slab[index].Priority = priority;
            queue.AddLast(slab, index);
            return index;
        })];
        var order = new List<int>();
        while (queue.Count > 0)
        {
            var next = queue.Next(slab, 0);
            order.Add(Array.IndexOf(attempts, next));
            queue.Remove(slab, next);
        }

        Assert.Equal([1, 3, 2, 0], order);
        Array.ForEach(attempts, a => queue.AddLast(slab, a));
        var fromBelow = Enumerable.Range(0, 16).Count(_ => queue.Next(slab, 0) == attempts[0]);
        Assert.Equal(2, fromBelow);
    }
}
