using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Holding;
using HalfOpen.Wire.Sockets;
using HalfOpen.Wire.Netlink;
using Xunit;

namespace HalfOpen.Tests.Guard;

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
    [InlineData(Outcome.Established)]
    [InlineData(Outcome.Refused)]
    public void What_a_proxy_of_this_machine_answers_makes_no_destination_known(Outcome answer)
    {
        var world = new HolderWorld(One, new FairOptions());
        var flow = HolderWorld.FlowTo(1, 1001);
        world.Proxied.Add(flow.Remote);
        world.Connect(flow, 1);
        world.End(flow, answer);
        Assert.Equal(1, world.Holder.Counters.AnsweredHere);
        Assert.Equal(0, world.Engine.HalfOpen);
        world.Connect(HolderWorld.FlowTo(1, 1002), 2);
        world.Connect(HolderWorld.FlowTo(1, 1003), 2);
        Assert.Equal((1, 1), (world.Engine.HalfOpen, world.Engine.Waiting)); // it takes a slot as any unknown one
        world.CheckCounts();
    }

    [Fact]
    public void A_destination_that_answers_itself_is_looked_up_once_in_a_while()
    {
        var world = new HolderWorld(One);
        for (var i = 0; i < 5; i++)
        {
            world.Connect(HolderWorld.FlowTo(1, 1001 + i), 1);
            world.End(HolderWorld.FlowTo(1, 1001 + i), Outcome.Established);
        }

        Assert.Equal((1, 0L), (world.ProxyLooks, world.Holder.Counters.AnsweredHere));
        world.Connect(HolderWorld.FlowTo(1, 1010), 2); // another program may be sent elsewhere
        world.End(HolderWorld.FlowTo(1, 1010), Outcome.Established);
        world.Advance(TimeSpan.FromSeconds(6));
        world.Connect(HolderWorld.FlowTo(1, 1011), 1);
        world.End(HolderWorld.FlowTo(1, 1011), Outcome.Established);
        Assert.Equal(3, world.ProxyLooks);
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
    public void An_answer_to_another_syn_frees_nothing()
    {
        var world = new HolderWorld(One with { Router = true });
        var a = HolderWorld.FlowTo(1, 1001);
        world.Packet(a, 1, NetfilterHook.Forward);
        world.Holder.Ended(a, 2, Outcome.Established);
        Assert.Equal(1, world.Engine.HalfOpen);
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
