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
        Assert.All(attempts, a => Assert.False(credit.TryPay(20, 20, a)));
        Assert.Equal(-1, credit.TakePaid(20, 20));
        credit.Earn(3, 3, limit: 10);
        Assert.Equal(-1, credit.TakePaid(20, 20)); // another program's success
        credit.Leave(20, attempts[0]); // it ended by itself
        credit.Earn(20, 20, limit: 10);
        Assert.Equal((attempts[1], attempts[2], -1), (credit.TakePaid(20, 20), credit.TakePaid(20, 20), credit.TakePaid(20, 20)));
        Assert.True(credit.TryPay(3, 3, attempts[0]));
        Assert.True(credit.TryPay(3, 3, attempts[1]));
        Assert.False(credit.TryPay(3, 3, attempts[2])); // two for one success
    }

    [Fact]
    public void Saved_credit_is_bounded_and_a_forgotten_program_leaves_none()
    {
        var slab = new AttemptSlab();
        var credit = new Credit(slab, perSuccess: 10);
        for (var i = 0; i < 1_000; i++)
        {
            credit.Earn(0, 0, limit: 10);
        }

        var paid = 0;
        while (credit.TryPay(0, 0, slab.Rent()))
        {
            paid++;
        }

        Assert.Equal(64, paid);
        credit.Earn(1, 1, limit: 10);
        credit.Forget(1, 1);
        Assert.False(credit.TryPay(1, 1, slab.Rent()));
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
        var (line, links) = (default(Line), new LineTable());
        var model = new List<int>();
        var random = new Random(5);
        for (var i = 0; i < 10_000; i++)
        {
            var program = random.Next(40);
            if (random.Next(3) == 0)
            {
                links.Leave(ref line, program);
                model.Remove(program);
            }
            else
            {
                links.MoveToEnd(ref line, program);
                model.Remove(program);
                model.Add(program);
            }

            Assert.Equal(model.Count == 0 ? -1 : model[0], line.First);
            Assert.Equal(model.Contains(program), links.Contains(program));
        }
    }

    [Fact]
    public void Saved_credit_is_bounded_over_all_programs_of_an_owner()
    {
        var slab = new AttemptSlab();
        var credit = new Credit(slab, perSuccess: 10);
        for (var program = 0; program < 50; program++)
        {
            credit.Earn(program, owner: 7, limit: 10);
        }

        var paid = 0;
        for (var program = 0; program < 50; program++)
        {
            while (credit.TryPay(program, 7, slab.Rent()))
            {
                paid++;
            }
        }

        Assert.Equal(64, paid);
    }

    [Fact]
    public void The_turn_is_whose_program_holds_fewest_then_of_who_waited_longest()
    {
        var turns = new Turns();
        Assert.True(turns.IsEmpty);
        foreach (var (program, held, weight) in new[] { (1, 4, 1), (2, 2, 1), (3, 6, 4) })
        {
            turns.Enter(program, owner: -1, now: 0);
            Rank(turns, program, held, weight, isPrivileged: program == 1);
        }

        Assert.Equal(3, turns.First); // six slots at weight four are one and a half
        Assert.Equal((true, 1), (turns.AnyPrivileged, turns.FirstPrivileged));
        turns.Take(3, -1, now: 1);
        Rank(turns, 3, 8, 4, isPrivileged: false);
        Assert.Equal(2, turns.First); // equal now; served longer ago
        turns.Leave(2, -1);
        turns.Leave(1, -1);
        turns.Leave(3, -1);
        Assert.True(turns.IsEmpty);
        Assert.False(turns.AnyPrivileged);
    }

    [Fact]
    public void Who_has_waited_for_ten_seconds_is_served_out_of_turn_now_and_then()
    {
        var turns = new Turns();
        turns.Enter(1, -1, now: 0);
        Rank(turns, 1, 50, 1, isPrivileged: false); // holds most: never first by count
        var served = 0;
        for (var i = 0; i < 64; i++)
        {
            var now = (11 + i) * Second;
            turns.Enter(2, -1, now);
            Rank(turns, 2, 0, 1, isPrivileged: false);
            var next = turns.Next(now);
            turns.Take(next, -1, now);
            Rank(turns, next, next == 1 ? 50 : 0, 1, isPrivileged: false);
            served += next == 1 ? 1 : 0;
            turns.Leave(2, -1);
        }

        Assert.InRange(served, 2, 16);
    }

    [Fact]
    public void The_turn_is_an_owners_first_and_then_that_of_one_of_its_programs()
    {
        // Two owners: ten programs that hold two slots each, and one that holds nineteen.
        var turns = new Turns();
        for (var program = 0; program < 10; program++)
        {
            turns.Enter(program, owner: 0, now: 0);
            turns.Rank(program, 0, held: program == 4 ? 1 : 2, weight: 1, isPrivileged: program == 6);
        }

        turns.RankOwner(0, held: 19);
        turns.Enter(10, owner: 1, now: 0);
        turns.Rank(10, 1, held: 18, weight: 1, isPrivileged: false);
        turns.RankOwner(1, held: 18);
        Assert.Equal(10, turns.First);
        Assert.Equal(6, turns.FirstPrivileged);
        turns.Take(10, 1, now: 1);
        turns.Rank(10, 1, held: 20, weight: 1, isPrivileged: false);
        turns.RankOwner(1, held: 20);
        Assert.Equal(4, turns.First);
        turns.Leave(4, 0);
        Assert.NotEqual(10, turns.First);
        turns.Leave(6, 0);
        Assert.False(turns.AnyPrivileged);
        for (var program = 0; program < 10; program++)
        {
            turns.Leave(program, 0);
        }

        Assert.Equal(10, turns.First);
    }

    [Fact]
    public void What_is_out_without_a_slot_is_bounded_and_leaves_room_for_others()
    {
        var beyond = new BeyondSlots(limit: 10);
        int[] programs = new int[3];
        int[] owners = new int[2];
        int[] ownerOf = [0, 0, 1];
        while (beyond.MayPass(programs[0], owners[0]))
        {
            Pass(0);
        }

        Assert.Equal(22, programs[0]); // a third of 64, rounded up
        var (second, third) = (PassAll(1), PassAll(2));
        Assert.InRange(second, 10, 22); // another program of the same owner
        Assert.InRange(third, 8, 22); // another owner
        Assert.InRange(beyond.Count, 0, BeyondSlots.Most(10));
        Assert.Equal(200, BeyondSlots.Most(100));

        int PassAll(int program)
        {
            var count = 0;
            for (; beyond.MayPass(programs[program], owners[ownerOf[program]]); count++)
            {
                Pass(program);
            }

            return count;
        }

        void Pass(int program)
        {
            beyond.Enter(isExcess: false);
            programs[program]++;
            owners[ownerOf[program]]++;
        }
    }

    [Fact]
    public void Newcomers_are_trusted_until_two_of_an_owner_were_silent_and_again_a_minute_after()
    {
        var owner = default(FairOwner);
        for (var i = 0; i < 2; i++)
        {
            Assert.True(owner.TrustsNewcomers);
            owner.NewcomerStarted(trial: 1, now: 100 * Second);
            owner.NewcomerEnded(silent: true, trial: 1, now: 100 * Second);
        }

        Assert.False(owner.TrustsNewcomers);
        owner.NewcomerStarted(trial: 1, now: 161 * Second);
        Assert.True(owner.TrustsNewcomers);
        for (var i = 0; i < 20; i++)
        {
            owner.NewcomerStarted(trial: 1, now: 161 * Second); // all at once: nobody knows what they are
        }

        Assert.False(owner.TrustsNewcomers);
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

    private static void Rank(Turns turns, int program, int held, int weight, bool isPrivileged) =>
        turns.Rank(program, owner: -1, held, weight, isPrivileged);
}
