using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>The emulated driver, one fact at a time.</summary>
public sealed class WindowsXpTests
{
    private readonly EngineHarness _xp = new(new WindowsXpOptions(), 2);

    [Fact]
    public void Two_start_at_limit_two_and_the_third_waits_for_an_end()
    {
        _xp.Submit(1, "a", Host(1));
        _xp.Submit(2, "a", Host(2));
        _xp.Submit(3, "a", Host(3));
        Assert.Equal([1, 2], _xp.Started);
        Assert.Equal(1, _xp.Warnings);
        _xp.End(1, Outcome.TimedOut);
        Assert.Equal([1, 2, 3], _xp.Started);
        Assert.Equal((2, 0), (_xp.Engine.Counted, _xp.Engine.Waiting));
    }

    [Fact]
    public void One_attempt_per_destination_counts()
    {
        for (var i = 1; i <= 5; i++)
        {
            _xp.Submit(i, "a", Host(1, (ushort)(80 + i)));
        }

        Assert.Equal(5, _xp.Started.Count);
        Assert.Equal(1, _xp.Engine.Counted);
        Assert.Equal(5, _xp.Engine.HalfOpen);
        _xp.End(3, Outcome.TimedOut); // not counted: nothing changes
        Assert.Equal(1, _xp.Engine.Counted);
        _xp.End(1, Outcome.TimedOut);
        Assert.Equal(0, _xp.Engine.Counted); // the others are not promoted
    }

    [Fact]
    public void A_destination_with_an_open_connection_is_not_counted_until_it_closes()
    {
        _xp.Submit(1, "a", Host(1));
        _xp.End(1, Outcome.Established);
        _xp.Submit(2, "a", Host(1));
        Assert.Equal(0, _xp.Engine.Counted);
        _xp.End(2, Outcome.Refused);
        _xp.Close(Host(1));
        _xp.Submit(3, "a", Host(1));
        Assert.Equal(1, _xp.Engine.Counted);
    }

    [Fact]
    public void An_aborted_attempt_keeps_its_slot_for_ten_seconds_and_a_cancelled_waiting_one_costs_nothing()
    {
        _xp.Submit(1, "a", Host(1));
        _xp.Submit(2, "a", Host(2));
        _xp.Submit(3, "a", Host(3));
        _xp.Submit(4, "a", Host(4));
        _xp.End(3, Outcome.Cancelled);
        _xp.At(700);
        _xp.End(1, Outcome.Cancelled);
        Assert.False(_xp.End(1, Outcome.Cancelled));
        _xp.At(10_699);
        Assert.Equal([1, 2], _xp.Started);
        Assert.Equal((2, 1), (_xp.Engine.Counted, _xp.Engine.HalfOpen));
        _xp.At(11_200);
        Assert.Equal([1, 2, 4], _xp.Started);
    }

    [Fact]
    public void A_drain_starts_twenty_and_the_next_tick_goes_on()
    {
        _xp.Submit(1, "a", Host(1));
        _xp.Submit(2, "a", Host(2));
        for (var i = 3; i <= 60; i++)
        {
            _xp.Submit(i, "a", Host(i));
        }

        _xp.At(120);
        _xp.Limit(50);
        Assert.Equal(2, _xp.Started.Count); // the driver does not look until the next tick
        Assert.Equal(Instant.FromMilliseconds(200), _xp.Engine.NextDeadline);
        _xp.At(200);
        Assert.Equal(22, _xp.Started.Count);
        _xp.At(400);
        Assert.Equal(50, _xp.Started.Count);
        Assert.Null(_xp.Engine.NextDeadline);
    }

    [Fact]
    public void Lists_are_served_in_turn_by_the_hash_of_the_process()
    {
        var engine = new Engine(new EngineOptions { Limit = 1, Policy = new WindowsXpOptions() });
        ulong[] keys = [0x80, 0x05, 0x0500, 0x03]; // lists 0, 5, 5, 3
        var ids = new List<AttemptId>();
        for (var i = 0; i < 5; i++)
        {
            var program = engine.Programs.Intern(i == 0 ? 1 : keys[i - 1]);
            ids.Add(engine.Submit(new AttemptRequest { Program = program, Destination = Host(i), Tag = (ulong)i }, Instant.Zero));
        }

        engine.ClearDecisions();
        var order = new List<ulong>();
        var current = ids[0];
        for (var i = 0; i < 4; i++)
        {
            engine.Complete(current, Outcome.TimedOut, Instant.Zero);
            var start = Assert.Single(engine.Decisions.ToArray());
            order.Add(start.Tag);
            current = start.Attempt;
            engine.ClearDecisions();
        }

        Assert.Equal([4ul, 2, 1, 3], order); // list 3, 5, 0, 5
    }

    [Fact]
    public void Event_4226_backs_off_and_never_resets()
    {
        _xp.Submit(1, "a", Host(1));
        _xp.Submit(2, "a", Host(2));
        // 8,192 ticks after the first event, then 16,384, then 32,768: each instant just before and just at it.
        long[] ms = [0, 819_199, 819_200, 2_457_599, 2_457_600, 5_734_399, 5_734_400];
        var seen = new List<int>();
        foreach (var instant in ms)
        {
            _xp.At(instant);
            _xp.Submit(100 + (int)(instant / 100), "a", Host(3));
            seen.Add(_xp.Warnings);
        }

        Assert.Equal([1, 1, 2, 2, 3, 3, 4], seen);
    }

    [Fact]
    public void The_silence_between_events_grows_to_2_to_the_28_ticks_and_no_further()
    {
        _xp.Submit(1, "a", Host(1));
        _xp.Submit(2, "a", Host(2));
        long tick = 0;
        var events = 0;
        for (var silence = 8192L; events < 20; silence = Math.Min(silence * 2, 1 << 28))
        {
            _xp.At(tick * 100);
            _xp.Submit(100 + (2 * events), "a", Host(3));
            Assert.Equal(++events, _xp.Warnings);
            _xp.At((tick + silence) * 100 - 1);
            _xp.Submit(101 + (2 * events), "a", Host(3));
            Assert.Equal(events, _xp.Warnings);
            tick += silence;
        }
    }
}
