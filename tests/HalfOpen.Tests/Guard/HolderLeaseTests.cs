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
