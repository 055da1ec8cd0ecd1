using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Wire.Sockets;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>The guard with slots on lease, against a kernel of a few lines.</summary>
public sealed class HolderLeaseTests
{
    [Fact]
    public void An_attempt_on_lease_is_known_when_it_is_read_of()
    {
        var world = Leasing(20, "");
        Assert.Equal(10, world.Free);
        var (first, second) = (HolderWorld.FlowTo(1, 1), HolderWorld.FlowTo(2, 2));
        world.ConnectLeased(first, 1);
        world.ConnectLeased(second, 1);
        world.End(second, Outcome.Established);
        Assert.Equal((0, 9), (world.Engine.HalfOpen, world.Free));
        world.Decide();
        Assert.Equal((1, 1, 0), (world.Engine.HalfOpen, world.Engine.Counted, world.Free));
        Assert.Equal(1, world.Engine.GetStatistics().Totals.Established);
        world.Holder.RenewLease();
        Assert.Equal(9, world.Free);
        world.CheckCounts();
    }

    [Fact]
    public void What_is_exempt_keeps_no_slot()
    {
        var world = Leasing(20, "port:443");
        world.ConnectLeased(HolderWorld.FlowTo(1, 1), 1);
        world.Decide();
        Assert.Equal((0, 0, 0), (world.Engine.HalfOpen, world.Taken, world.Engine.Leased));
        world.Holder.RenewLease();
        Assert.Equal(10, world.Free);
        world.End(HolderWorld.FlowTo(1, 1), Outcome.TimedOut);
        Assert.Equal(10, world.Free);
    }

    /// <summary>Somebody told the kernel not to call our program any more: two comparisons find the slot.</summary>
    [Fact]
    public void A_slot_that_nobody_returns_is_found()
    {
        var world = Leasing(20, "");
        world.ConnectLeased(HolderWorld.FlowTo(1, 1), 1);
        world.Decide();
        world.End(HolderWorld.FlowTo(1, 1), Outcome.Cancelled, tell: false);
        world.Reconciler.Attempts();
        Assert.Equal((0, 1, 1), (world.Engine.HalfOpen, world.Taken, world.Engine.Leased));
        world.Reconciler.Attempts();
        Assert.Equal((0, 0), (world.Taken, world.Engine.Leased));
        world.Holder.RenewLease();
        Assert.Equal(10, world.Free);
    }

    /// <summary>The policy may want its slot from then on, as if it had been asked for.</summary>
    [Fact]
    public void What_is_silent_for_a_second_is_no_longer_on_lease()
    {
        var world = Leasing(20, "");
        var flow = HolderWorld.FlowTo(1, 1);
        world.ConnectLeased(flow, 1);
        world.Decide();
        world.Holder.RenewLease();
        var free = world.Free;
        world.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal((1, 1), (world.Taken, world.Holder.Table.CountOnLease));
        world.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((0, 0), (world.Taken, world.Holder.Table.CountOnLease));
        Assert.Equal((1, 1, free), (world.Engine.Counted, world.Engine.HalfOpen, world.Free));
        world.End(flow, Outcome.TimedOut);
        Assert.Equal((0, 0, free), (world.Engine.Counted, world.Engine.HalfOpen, world.Free));
        world.Holder.RenewLease();
        Assert.Equal(10, world.Free);
        world.CheckCounts();
    }

    /// <summary>Who removes the token has the slot: here the socket did, and we have not read of it.</summary>
    [Theory]
    [InlineData(Outcome.Established)]
    [InlineData(Outcome.TimedOut)]
    public void A_slot_that_was_returned_in_the_same_instant_is_not_taken_again(Outcome outcome)
    {
        var world = Leasing(20, "");
        var (old, young) = (HolderWorld.FlowTo(1, 1), HolderWorld.FlowTo(2, 2));
        world.ConnectLeased(old, 1);
        world.Decide();
        world.Holder.RenewLease();
        world.ConnectLeased(young, 1);
        world.End(old, outcome);
        var free = world.Free;
        world.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((1, free), (world.Engine.HalfOpen, world.Free));
        Assert.Equal(9, world.Engine.Leased); // the old one's end and the young one's start are not told yet
        world.Decide();
        Assert.Equal((1, 1, 0, 0), (world.Engine.HalfOpen, world.Engine.Counted, world.Engine.Leased, world.Free));
        world.CheckCounts();
    }

    /// <summary>A batch of SYNs is decided about with the lease open, while all of them start.</summary>
    [Fact]
    public void The_lease_is_open_while_attempts_are_decided_about_that_need_not_wait()
    {
        var world = Leasing(20, "");
        world.Decide();
        world.Holder.RenewLeaseBut(4);
        Assert.Equal(6, world.Free);
        world.Connect(HolderWorld.FlowTo(1, 1), 1);
        world.Connect(HolderWorld.FlowTo(2, 2), 1);
        Assert.Equal((2, 6, true), (world.Engine.Counted, world.Free, world.IsLeaseOpen));
        world.Holder.RenewLease();
        Assert.Equal(8, world.Free);
        world.Decide();
        world.Holder.RenewLeaseBut(8);
        Assert.Equal((0, false), (world.Free, world.IsLeaseOpen)); // it may be that not all can start
        world.CheckCounts();
    }

    [Fact]
    public void As_soon_as_one_waits_nobody_starts_unasked()
    {
        var world = Leasing(20, "");
        world.Decide();
        world.Holder.RenewLeaseBut(1);
        Assert.True(world.IsLeaseOpen);
        for (var i = 1; !world.Holder.Waits; i++)
        {
            world.Connect(HolderWorld.FlowTo(i, i), 1);
            world.CheckLease();
        }

        Assert.False(world.IsLeaseOpen);
        world.CheckCounts();
    }

    /// <summary>The guard may sleep until then, and no longer: somebody may get the slot.</summary>
    [Fact]
    public void While_something_waits_the_oldest_is_due_after_a_second()
    {
        var world = Leasing(2, "");
        world.ConnectLeased(HolderWorld.FlowTo(1, 1), 1);
        world.Decide();
        world.Holder.RenewLease();
        var second = world.Holder.Now + TimeSpan.FromSeconds(1);
        for (var i = 2; i < 8; i++)
        {
            world.ConnectLeased(HolderWorld.FlowTo(i, i), 1);
        }

        Assert.True(world.Holder.Waits);
        Assert.True(world.Holder.NextDue <= second);
        world.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 0), (world.Taken, world.Holder.Table.CountOnLease));
        Assert.True(world.Holder.NextDue > world.Holder.Now);
    }

    [Fact]
    public void Whatever_happens_in_whatever_order_no_slot_is_lost()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            Run(seed);
        }
    }

    private static void Run(int seed)
    {
        var random = new Random(seed);
        var world = Leasing(2 + random.Next(30), random.Next(3) == 0 ? "to:11.0.0.3" : "");
        List<Flow> open = [];
        for (var step = 0; step < 400; step++)
        {
            switch (random.Next(10))
            {
                case < 5:
                    var flow = HolderWorld.FlowTo(random.Next(10), 1000 + step);
                    open.Add(flow);
                    world.ConnectLeased(flow, (uint)random.Next(1, 5));
                    break;
                case < 8 when open.Count > 0:
                    var ended = open[random.Next(open.Count)];
                    open.Remove(ended);
                    world.End(ended, (Outcome)random.Next(6), tell: random.Next(20) > 0);
                    break;
                case 8:
                    world.Decide(random.Next(3));
                    world.Advance(TimeSpan.FromMilliseconds(random.Next(3000)));
                    world.Holder.RenewLease();
                    break;
                default:
                    world.Reconciler.Attempts();
                    world.Holder.RenewLease();
                    break;
            }

            world.CheckLease();
        }

        open.ForEach(f => world.End(f, Outcome.TimedOut));
        for (var i = 0; i < 4; i++)
        {
            world.Decide();
            world.Reconciler.Attempts();
            world.Advance(TimeSpan.FromSeconds(120));
            world.Decide();
            world.Drain(world.Holder);
        }

        world.Decide();
        Assert.Equal((0, 0, 0), (world.Engine.HalfOpen, world.Engine.Waiting, world.Engine.Counted));
        Assert.Equal((0, 0), (world.Engine.Leased, world.Taken));
        Assert.Equal(0, world.Free);
        world.CheckCounts();
    }

    private static HolderWorld Leasing(int limit, string exempt)
    {
        var exemptions = Exemption.TryParse(exempt, out var one, out _) ? new List<Exemption> { one } : [];
        var world = new HolderWorld(new GuardOptions { Limit = limit, Exemptions = exemptions }, new FairOptions());
        world.Holder.LeaseTo(world);
        world.Holder.RenewLease();
        return world;
    }
}
