using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Wire.Netlink;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>Caps, exemptions, a reload, the clean end: what settings do to what waits.</summary>
public sealed class HolderSettingTests
{
    private static readonly GuardOptions One = new() { Limit = 1 };

    [Theory]
    [InlineData(HoldEnd.Refuse)]
    [InlineData(HoldEnd.Pass)]
    public void The_hold_cap_ends_waiting(HoldEnd end)
    {
        var world = new HolderWorld(One with { HoldCap = TimeSpan.FromSeconds(60), WhenHeldTooLong = end });
        var (a, b) = (HolderWorld.FlowTo(1, 1001), HolderWorld.FlowTo(2, 1002));
        world.Connect(a, 1);
        world.Connect(b, 2);
        Assert.Equal(TimeSpan.FromSeconds(60).Ticks, world.Holder.NextDue.Ticks);
        world.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(end == HoldEnd.Pass, world.Wire.Contains(b));
        Assert.Equal(end == HoldEnd.Pass, world.Sockets.ContainsKey(b));
        Assert.Equal(end == HoldEnd.Pass ? 2 : 1, world.Engine.HalfOpen);
        Assert.Equal(1, end == HoldEnd.Pass ? world.Holder.Counters.Passed : world.Holder.Counters.Refused);
        world.Drain(world.Holder);
        world.CheckCounts();
    }

    [Fact]
    public void A_hostile_program_cannot_fill_the_queue_alone()
    {
        var world = new HolderWorld(One with { MaxHeld = 100, MaxHeldPerProgram = 60 }, new FairOptions());
        for (var i = 0; i < 500; i++)
        {
            world.Connect(HolderWorld.FlowTo(i, 1000 + i), 1);
        }

        Assert.Equal(60, world.Engine.Waiting);
        world.Drain(world.Holder);
        world.Connect(HolderWorld.FlowTo(1000, 2000), 2);
        Assert.Equal(61, world.Engine.Waiting + (world.Wire.Contains(HolderWorld.FlowTo(1000, 2000)) ? 1 : 0));
        world.CheckCounts();
    }

    [Fact]
    public void An_owner_with_many_programs_cannot_fill_the_queue_alone()
    {
        var options = One with { MaxHeld = 100, MaxHeldPerProgram = 60 };
        var world = new HolderWorld(options, new FairOptions())
        {
            Processes = 1000, OwnerOf = p => p < 500 ? "user a" : "user b",
        };
        for (var i = 0; i < 490; i++)
        {
            world.Connect(HolderWorld.FlowTo(i, 1000 + i), (uint)i);
        }

        Assert.Equal(options.MaxHeldPerOwner, world.Engine.Waiting);
        world.Drain(world.Holder);
        world.Connect(HolderWorld.FlowTo(1000, 2000), 600);
        Assert.Equal(options.MaxHeldPerOwner + 1,
            world.Engine.Waiting + (world.Wire.Contains(HolderWorld.FlowTo(1000, 2000)) ? 1 : 0));
        world.CheckCounts();
    }

    [Fact]
    public void A_reload_changes_between_whom_slots_are_shared_and_nothing_that_waits_is_lost()
    {
        var world = new HolderWorld(One, new FairOptions()) { OwnerOf = p => "user " + (p % 2) };
        for (var i = 0; i < 8; i++)
        {
            world.Connect(HolderWorld.FlowTo(i, 1000 + i), (uint)i);
        }

        Assert.All(world.Engine.GetStatistics().Programs, p => Assert.StartsWith(p.Owner + ": program ", p.Name, StringComparison.Ordinal));
        world.Holder.Reload(One with { ShareBy = ShareBy.Program }, null);
        for (var i = 8; i < 16; i++)
        {
            world.Connect(HolderWorld.FlowTo(i, 1000 + i), (uint)i);
        }

        Assert.Equal(["program 0", "program 1", "program 2", "program 3"],
            world.Engine.GetStatistics().Programs.Where(p => p.Owner is null).Select(p => p.Name).Order());
        world.CheckCounts();
        world.Holder.Reload(One, null);
        for (var i = 0; i < 16; i++)
        {
            world.End(HolderWorld.FlowTo(i, 1000 + i), Outcome.Refused);
        }

        Assert.Equal((0, 0), (world.Engine.HalfOpen, world.Engine.Waiting));
        world.CheckCounts();
    }

    [Fact]
    public void What_is_exempt_is_not_counted()
    {
        var options = One with
            { Exemptions =
                [new Exemption(ExemptionKind.Executable, "/usr/bin/program1"), new Exemption(ExemptionKind.Destination, "11.0.0.5/32")] };
        var world = new HolderWorld(options) { Impostor = 5 };
        world.Connect(HolderWorld.FlowTo(1, 1001), 1);
        world.Connect(HolderWorld.FlowTo(5, 1002), 2);
        Assert.Equal((2, 0), (world.Wire.Count, world.Engine.HalfOpen));
        world.Connect(HolderWorld.FlowTo(1, 1003), 2);
        Assert.Equal(1, world.Engine.HalfOpen);
        world.Packet(HolderWorld.FlowTo(1, 1001), 7, NetfilterHook.LocalOut);
        Assert.Equal(1, world.Engine.HalfOpen);
        world.Connect(HolderWorld.FlowTo(1, 1004), 5);
        Assert.Equal((1, 1), (world.Engine.HalfOpen, world.Engine.Waiting));
    }

    [Fact]
    public void A_smaller_limit_starts_nothing_until_it_fits_and_a_larger_one_at_once()
    {
        var world = new HolderWorld(One with { Limit = 3 });
        var flows = Enumerable.Range(0, 6).Select(i => HolderWorld.FlowTo(i, 1000 + i)).ToList();
        flows.ForEach(f => world.Connect(f, 1));
        Assert.Equal(3, world.Wire.Count);
        world.Holder.Reload(One, null);
        world.End(flows[0], Outcome.Refused);
        world.End(flows[1], Outcome.Refused);
        Assert.Equal(3, world.Wire.Count);
        world.End(flows[2], Outcome.Refused);
        Assert.Equal(4, world.Wire.Count);
        world.Holder.Reload(One with { Limit = 10 }, null);
        Assert.Equal(6, world.Wire.Count);
    }

    [Fact]
    public void A_clean_end_lets_everything_out()
    {
        var world = new HolderWorld(One);
        for (var i = 0; i < 50; i++)
        {
            world.Connect(HolderWorld.FlowTo(i, 1000 + i), 1);
        }

        world.Holder.AcceptAll();
        Assert.Equal((50, 0), (world.Wire.Count, world.PacketsWaiting));
    }
}
