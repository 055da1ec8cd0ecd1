using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Wire.Sockets;
using HalfOpen.Wire.Netlink;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>What a SYN from the queue is: a new attempt, a retry, one that was lost, or nobody's.</summary>
public sealed class HolderPacketTests
{
    private static readonly GuardOptions One = new() { Limit = 1 };

    [Fact]
    public void A_retransmission_of_a_syn_that_is_out_passes_at_once()
    {
        var world = new HolderWorld(One);
        var flow = HolderWorld.FlowTo(1, 1001);
        world.Connect(flow, 1);
        world.Packet(flow, 7, NetfilterHook.LocalOut);
        Assert.Equal([flow, flow], world.Wire);
        Assert.Equal(1, world.Engine.HalfOpen);
        Assert.Equal(1, world.Holder.Counters.Retransmissions);
    }

    [Fact]
    public void Another_syn_with_the_same_addresses_is_another_attempt()
    {
        var world = new HolderWorld(One);
        var flow = HolderWorld.FlowTo(1, 1001);
        world.Connect(flow, 1);
        world.Packet(flow, 8, NetfilterHook.LocalOut);
        Assert.Equal([flow, flow], world.Wire);
        Assert.Equal(1, world.Engine.GetStatistics().Totals.Cancelled);
        world.CheckCounts();
    }

    [Fact]
    public void A_held_forwarded_syn_is_kept_once()
    {
        var world = new HolderWorld(One with { Router = true });
        var (a, b) = (HolderWorld.FlowTo(1, 1001), HolderWorld.FlowTo(2, 1002));
        world.Packet(a, 1, NetfilterHook.Forward);
        world.Packet(b, 2, NetfilterHook.Forward);
        world.Packet(b, 2, NetfilterHook.Forward);
        Assert.Equal((1, 1), (world.Dropped, world.PacketsWaiting));
        world.Holder.Ended(a, 1, Outcome.Established);
        Assert.Equal([a, b], world.Wire);
    }

    [Fact]
    public void A_held_syn_that_was_lost_is_held_anew_in_its_place()
    {
        var world = new HolderWorld(One);
        Flow[] flows = [.. Enumerable.Range(0, 3).Select(i => HolderWorld.FlowTo(i, 1000 + i))];
        Array.ForEach(flows, f => world.Connect(f, 1));
        world.Lose();
        world.Packet(flows[2], 7, NetfilterHook.LocalOut);
        world.Packet(flows[1], 7, NetfilterHook.LocalOut);
        Assert.Equal((2, 0), (world.Holder.Counters.HeldAgain, world.Holder.Counters.CopiesDropped));
        world.CheckCounts();
        world.End(flows[0], Outcome.Refused);
        world.End(flows[1], Outcome.Refused);
        Assert.Equal(flows, world.Wire); // in the order of connect, not of the retries
        world.CheckCounts();
    }

    [Fact]
    public void A_slot_that_went_to_a_lost_syn_goes_on_to_the_next()
    {
        var world = new HolderWorld(One);
        Flow[] flows = [.. Enumerable.Range(0, 3).Select(i => HolderWorld.FlowTo(i, 1000 + i))];
        Array.ForEach(flows, f => world.Connect(f, 1));
        world.Lose();
        world.Packet(flows[2], 7, NetfilterHook.LocalOut);
        world.End(flows[0], Outcome.Refused);
        Assert.Equal([flows[0]], world.Wire);
        world.TellMissed();
        Assert.Equal([flows[0], flows[2]], world.Wire);
        Assert.Equal((1, 1), (world.Holder.Counters.Lost, world.Engine.HalfOpen));
        world.Packet(flows[1], 7, NetfilterHook.LocalOut); // its retry asks anew
        Assert.Equal(1, world.Engine.Waiting);
        world.End(flows[2], Outcome.Established);
        Assert.Equal([flows[0], flows[2], flows[1]], world.Wire);
        world.CheckCounts();
    }

    [Fact]
    public void An_mptcp_syn_goes_out_before_the_kernel_switches_mptcp_off_but_not_many()
    {
        var world = new HolderWorld(One with { Limit = 20 });
        for (var i = 0; i < 20; i++)
        {
            world.Connect(HolderWorld.FlowTo(i, 1000 + i), 1);
        }

        for (var i = 20; i < 30; i++)
        {
            world.Connect(HolderWorld.FlowTo(i, 1000 + i), 1, multipath: true);
        }

        Assert.Equal(TimeSpan.FromSeconds(2).Ticks, world.Holder.NextDue.Ticks);
        world.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((22, 8, 2), (world.Engine.HalfOpen, world.Engine.Waiting, world.Holder.Counters.MultipathPassed));
        world.CheckCounts();
    }

    [Theory]
    [InlineData(true)] // a raw socket's
    [InlineData(false)] // the kernel's own
    public void A_syn_that_no_socket_sent_passes_uncounted(bool hasUser)
    {
        var world = new HolderWorld(One) { HasRaw = hasUser };
        world.Connect(HolderWorld.FlowTo(1, 1001), 1);
        var raw = HolderWorld.FlowTo(2, 1002);
        world.Packet(raw, 7, NetfilterHook.LocalOut, hasUser ? 0u : null);
        world.Packet(raw, 7, NetfilterHook.LocalOut, hasUser ? 0u : null);
        Assert.Equal((1, 0, 2), (world.Engine.HalfOpen, world.Engine.Waiting, world.Holder.Counters.WithoutSocket));
        Assert.Equal([HolderWorld.FlowTo(1, 1001), raw, raw], world.Wire);
        world.CheckCounts();
    }

    [Fact]
    public void Where_nobody_has_a_raw_socket_a_syn_without_a_socket_is_one_of_a_closed_socket()
    {
        var world = new HolderWorld(One);
        world.Connect(HolderWorld.FlowTo(1, 1001), 1, tell: false);
        world.Packet(HolderWorld.FlowTo(2, 1002), 7, NetfilterHook.LocalOut, 5);
        Assert.Equal((1, 1), (world.Engine.HalfOpen, world.Engine.Waiting));
        world.Reconciler.Attempts();
        Assert.Equal((1, 0, 1), (world.Engine.HalfOpen, world.Engine.Waiting, world.Dropped));
        world.CheckCounts();
    }

    [Fact]
    public void A_retry_that_is_read_after_its_attempt_ended_is_nobodys_and_not_an_attempt()
    {
        var world = new HolderWorld(One);
        var flow = HolderWorld.FlowTo(1, 1001);
        world.Connect(flow, 1);
        world.End(flow, Outcome.TimedOut);
        world.Packet(flow, 7, NetfilterHook.LocalOut);
        Assert.Equal((0, 1, 1, 1),
            (world.Engine.HalfOpen, world.Dropped, world.Holder.Counters.Retransmissions, world.Engine.GetStatistics().Totals.Submitted));
        world.Connect(flow, 1, sequence: 8); // the same addresses soon after
        world.End(flow, Outcome.TimedOut);
        world.Sockets[flow] = TcpState.SynSent;
        world.Packet(flow, 9, NetfilterHook.LocalOut); // and without a word
        Assert.Equal((1, 3), (world.Engine.HalfOpen, world.Wire.Count));
        world.CheckCounts();
        world.End(flow, Outcome.TimedOut);
        world.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, world.Holder.Table.Count);
    }

    [Fact]
    public void An_answer_to_another_syn_frees_nothing()
    {
        var world = new HolderWorld(One with { Router = true });
        var a = HolderWorld.FlowTo(1, 1001);
        world.Packet(a, 1, NetfilterHook.Forward);
        world.Holder.Ended(a, 2, Outcome.Established);
        Assert.Equal(1, world.Engine.HalfOpen);
    }
}
