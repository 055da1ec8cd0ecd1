using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Holding;
using HalfOpen.Wire.Sockets;
using HalfOpen.Wire.Netlink;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>Attempts from their SYN to their outcome, seen by a guard without a kernel.</summary>
public sealed class HolderTests
{
    private static readonly GuardOptions One = new() { Limit = 1 };

    [Fact]
    public void The_second_waits_until_the_first_has_its_outcome()
    {
        var world = new HolderWorld(One);
        var (a, b) = (HolderWorld.FlowTo(1, 1001), HolderWorld.FlowTo(2, 1002));
        world.Connect(a, 1);
        world.Connect(b, 2);
        Assert.Equal([a], world.Wire);
        world.End(a, Outcome.Refused);
        Assert.Equal([a, b], world.Wire);
        world.CheckCounts();
    }

    [Fact]
    public void A_socket_whose_syn_never_came_is_counted_as_unseen()
    {
        var world = new HolderWorld(One with { Exemptions = [new Exemption(ExemptionKind.Destination, "11.0.0.5/32")] });
        world.Connect(HolderWorld.FlowTo(1, 1001), 1);
        world.Sockets[HolderWorld.FlowTo(5, 1002)] = TcpState.SynSent; // exempt by a rule
        world.Reconciler.Attempts();
        Assert.Equal(0, world.Holder.Counters.Unseen);
        world.Sockets[HolderWorld.FlowTo(2, 1003)] = TcpState.SynSent;
        world.Reconciler.Attempts();
        Assert.Equal((1, 1), (world.Holder.Counters.Unseen, world.Engine.HalfOpen));
    }

    [Fact]
    public void A_forwarded_attempt_gives_its_slot_back_after_a_time()
    {
        var world = new HolderWorld(One with { Router = true });
        var (a, b) = (HolderWorld.FlowTo(1, 1001), HolderWorld.FlowTo(2, 1002));
        world.Packet(a, 1, NetfilterHook.Forward);
        world.Packet(b, 1, NetfilterHook.Forward);
        Assert.True(world.Holder.NextDue.Ticks <= TimeSpan.FromSeconds(21).Ticks);
        world.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal([a, b], world.Wire);
        Assert.Equal(1, world.Engine.GetStatistics().Totals.TimedOut);
    }

    [Fact]
    public void A_socket_closed_while_held_costs_its_syn()
    {
        var world = new HolderWorld(One);
        var (a, b) = (HolderWorld.FlowTo(1, 1001), HolderWorld.FlowTo(2, 1002));
        world.Connect(a, 1);
        world.Connect(b, 2);
        world.End(b, Outcome.Cancelled);
        Assert.Equal((1, 0), (world.Dropped, world.PacketsWaiting));
        world.CheckCounts();
    }

    [Fact]
    public void A_socket_closed_before_we_read_its_syn_costs_it_too()
    {
        var world = new HolderWorld(One);
        var flow = HolderWorld.FlowTo(1, 1001);
        world.Holder.Connecting(flow, 1);
        world.Holder.Ended(flow, null, Outcome.Cancelled);
        world.Packet(flow, 7, NetfilterHook.LocalOut);
        Assert.Equal((1, 0), (world.Dropped, world.Wire.Count));
        Assert.Equal(0, world.Holder.Table.Count);
    }

    /// <summary>
    /// A guard that did not run for five seconds reads two packets, and hears at which time who connected and who
    /// closed.
    /// </summary>
    [Fact]
    public void A_late_guard_still_knows_whose_the_packets_are()
    {
        var world = new HolderWorld(One with { Limit = 10 });
        var (open, closed) = (HolderWorld.FlowTo(1, 1001), HolderWorld.FlowTo(2, 1002));
        world.Holder.Connecting(open, 3);
        world.Holder.Connecting(closed, 3);
        world.Holder.Ended(closed, null, Outcome.Cancelled);
        world.Holder.AdvanceTo(new Instant(TimeSpan.FromSeconds(5).Ticks));
        world.Packet(open, 7, NetfilterHook.LocalOut);
        world.Packet(closed, 7, NetfilterHook.LocalOut);
        Assert.Equal([open], world.Wire);
        Assert.Equal("program 3", Assert.Single(world.Engine.GetStatistics().Programs, p => p.Counted == 1).Name);
        world.Advance(TimeSpan.Zero);
        Assert.Equal(0, world.Holder.Table.CountOf(Stage.Expected) + world.Holder.Table.CountOf(Stage.Closed));
    }

    [Fact]
    public void What_was_connecting_before_is_adopted()
    {
        var world = new HolderWorld(One);
        var (a, b) = (HolderWorld.FlowTo(1, 1001), HolderWorld.FlowTo(2, 1002));
        world.Sockets[a] = TcpState.SynSent;
        world.Dump(1u << 2, world.Holder, static (Holder holder, in SocketInfo socket) => holder.Adopt(socket));
        Assert.Equal(1, world.Engine.HalfOpen);
        world.Connect(b, 1);
        world.Packet(a, 99, NetfilterHook.LocalOut); // its retry
        Assert.Equal([a], world.Wire);
        world.Advance(TimeSpan.FromSeconds(3));
        world.End(a, Outcome.TimedOut, tell: false);
        world.Reconciler.Attempts();
        Assert.Equal([a, b], world.Wire);
        world.CheckCounts();
    }

    [Fact]
    public void An_end_that_is_told_while_sockets_are_compared_is_no_repair()
    {
        var world = new HolderWorld(One);
        var flow = HolderWorld.FlowTo(1, 1001);
        world.Connect(flow, 1);
        world.Hidden.Add(flow); // it began after the dump, on lease
        world.EndsJustNow = flow;
        world.Reconciler.Attempts();
        Assert.Equal((0, 0), (world.Engine.HalfOpen, world.Holder.Counters.SlotsRecovered));
        Assert.Equal(1, world.Engine.GetStatistics().Totals.Refused);
        world.CheckCounts();
    }

    [Theory]
    [InlineData(Outcome.Cancelled)]
    [InlineData(Outcome.TimedOut)]
    public void A_socket_that_was_out_and_is_gone_ended_as_the_options_say_a_held_one_was_closed(Outcome means)
    {
        var world = new HolderWorld(One with { GoneMeans = means }) { SeesClosedSockets = false };
        var (isOut, held) = (HolderWorld.FlowTo(1, 1001), HolderWorld.FlowTo(2, 1002));
        world.Connect(isOut, 1);
        world.Connect(held, 1);
        world.End(isOut, Outcome.TimedOut, tell: false);
        world.End(held, Outcome.TimedOut, tell: false);
        world.Reconciler.Attempts();
        var totals = world.Engine.GetStatistics().Totals;
        Assert.Equal(means == Outcome.TimedOut ? (1, 1) : (0, 2), (totals.TimedOut, totals.Cancelled));
        world.CheckCounts();
    }

    /// <summary>
    /// Random lives of sockets, a part of whose events is lost, under each policy: every packet gets one verdict, table
    /// and engine always agree, and when the sockets are gone and one comparison has run, no slot is held.
    /// </summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_slot_leaks_whatever_is_missed(int seed, PolicyOptions policy)
    {
        var random = new Random(seed);
        var world = new HolderWorld(
            new GuardOptions
                { Limit = 5, Router = true, MaxHeld = 40, MaxHeldPerProgram = 25, HoldCap = TimeSpan.FromSeconds(20),
                    WhenHeldTooLong = (HoldEnd)random.Next(2), WhenFull = (HoldEnd)random.Next(2) },
            policy);
        var forwarded = new List<Flow>();
        for (var step = 0; step < 3000; step++)
        {
            var flow = HolderWorld.FlowTo(random.Next(20), 1000 + random.Next(100));
            switch (random.Next(12))
            {
                case < 5 when !world.Sockets.ContainsKey(flow):
                    world.Connect(flow, (uint)random.Next(4), tell: random.Next(4) > 0, sequence: (uint)random.Next(1000));
                    break;
                case 5 or 6 or 7 when world.Sockets.Count > 0:
                    var (some, state) = world.Sockets.ElementAt(random.Next(world.Sockets.Count));
                    if (state == TcpState.SynSent)
                    {
                        world.End(some, (Outcome)random.Next(6), tell: random.Next(5) > 0);
                    }
                    else
                    {
                        world.Sockets.Remove(some);
                        world.Holder.ConnectionClosed(some);
                    }

                    break;
                case 8:
                    var lan = HolderWorld.FlowTo(random.Next(20), 5000 + random.Next(20));
                    forwarded.Add(lan);
                    world.Packet(lan, (uint)random.Next(3), NetfilterHook.Forward);
                    break;
                case 9 when forwarded.Count > 0:
                    world.Holder.Ended(forwarded[random.Next(forwarded.Count)], (uint)random.Next(3), Outcome.Established);
                    break;
                case 10:
                    world.Advance(TimeSpan.FromMilliseconds(random.Next(1500)));
                    world.Drain(world.Holder);
                    break;
                case 11 when random.Next(10) == 0:
                    world.Holder.Reload(
                        new GuardOptions
                            { Limit = 1 + random.Next(8), Router = true, MaxHeld = 40, MaxHeldPerProgram = 25,
                                HoldCap = TimeSpan.FromSeconds(20) }, null);
                    break;
                case 11 when random.Next(10) == 0:
                    world.Lose();
                    break;
                case 11 when random.Next(10) == 0:
                    world.Advance(TimeSpan.FromTicks(1));
                    world.Reconciler.Attempts();
                    world.Reconciler.Connections();
                    break;
            }

            world.TellMissed();
            world.CheckCounts();
        }

        world.Sockets.Clear();
        world.Advance(TimeSpan.FromSeconds(60)); // beyond the hold cap, the forwarded timeout, the notes
        world.Reconciler.Attempts();
        world.Reconciler.Connections();
        world.Advance(TimeSpan.FromSeconds(60)); // the last forwarded ones, which started in between
        world.Advance(TimeSpan.FromSeconds(60));
        world.CheckCounts();
        Assert.Equal((0, 0, 0, 0), (world.Engine.HalfOpen, world.Engine.Waiting, world.PacketsWaiting, world.Holder.Table.Count));
    }

    public static TheoryData<int, PolicyOptions> Seeds()
    {
        var data = new TheoryData<int, PolicyOptions>();
        for (var seed = 1; seed <= 12; seed++)
        {
            data.Add(seed,
                (seed % 4) switch
                    { 0 => new FairOptions(), 1 => new WindowsXpOptions(), 2 => new FifoOptions(), _ => new UnlimitedOptions() });
        }

        return data;
    }
}
