using System.Net;
using FsCheck;
using FsCheck.Fluent;
using HalfOpen.Watch.Model;
using HalfOpen.Wire.Sockets;
using Xunit;

namespace HalfOpen.Tests.Watch;

/// <summary>What comes out of the model is what went in, whatever the order, and however much.</summary>
public sealed class WatchModelTests
{
    private static readonly WatchSource Source = new(WatchKind.Events, "a test");
    private static readonly WatchWho Crawler = new("user ann", "/usr/bin/crawler", "crawler");
    private static readonly WatchWho Browser = new("user ann", "/usr/bin/browser", "browser");

    [Fact]
    public void An_attempt_is_half_open_until_it_ends()
    {
        var model = new WatchModel();
        model.Started(FlowTo(1), Crawler, 100, Seconds(1));
        model.Started(FlowTo(2), Crawler, 101, Seconds(2));
        var before = Frame(model, 5);
        model.Ended(FlowTo(1), WatchEnd.Answered, Seconds(5));
        model.Ended(FlowTo(2), WatchEnd.Abandoned, Seconds(6));
        var after = Frame(model, 6);

        var row = Assert.Single(before.Programs);
        Assert.Equal((2, 2L, Seconds(4)), (row.HalfOpen, row.Attempts, row.OldestSilence));
        Assert.Equal([101u, 100u], row.ProcessIds);
        Assert.Equal(1.0, row.DeadShare); // both have been silent for three seconds
        row = Assert.Single(after.Programs);
        Assert.Equal((0, TimeSpan.Zero), (row.HalfOpen, row.OldestSilence));
        Assert.Equal(new WatchOutcomes(1, 0, 0, 0, 1, 1, 0), row.Outcomes);
        Assert.Equal(0.5, row.DeadShare);
        Assert.Equal((1L, 2L), (before.Number, after.Number));
    }

    [Fact]
    public void A_program_that_ends_its_attempt_at_once_says_nothing_about_the_other_end()
    {
        var model = new WatchModel();
        model.Started(FlowTo(1), Crawler, 1, Seconds(1));
        model.Ended(FlowTo(1), WatchEnd.Abandoned, Seconds(1.2));
        var frame = Frame(model, 2);
        Assert.Equal((1L, 0L, null), (frame.Totals.Outcomes.Abandoned, frame.Totals.Outcomes.AbandonedSilent, frame.Totals.DeadShare));
    }

    [Fact]
    public void The_rate_is_that_of_the_last_seconds()
    {
        var model = new WatchModel();
        for (var i = 0; i < 1000; i++)
        {
            model.Started(FlowTo(i), Crawler, 1, Seconds(i / 100.0));
            model.Ended(FlowTo(i), WatchEnd.Answered, Seconds(i / 100.0));
        }

        Assert.Equal(100, Frame(model, 10).Totals.AttemptsPerSecond);
        Assert.Equal(0, Frame(model, 16).Totals.AttemptsPerSecond);
        Assert.Equal((1000L, Seconds(16)), (Frame(model, 16).Totals.Lately.Answered, Frame(model, 16).Totals.LatelySpan));
        var later = Frame(model, 1000).Totals;
        Assert.Equal((0L, 1000L), (later.Lately.Answered, later.Outcomes.Answered));
    }

    [Fact]
    public void What_the_kernel_no_longer_has_is_over()
    {
        var model = new WatchModel();
        model.Started(FlowTo(1), Crawler, 1, Seconds(1));
        model.Started(FlowTo(2), Crawler, 1, Seconds(1));
        model.Started(FlowTo(3), Crawler, 1, Seconds(2));
        model.Compare(new HashSet<Flow> { FlowTo(1) }, Seconds(2)); // the third began as the kernel was asked
        var totals = Frame(model, 3).Totals;
        Assert.Equal((2, 1L), (totals.HalfOpen, totals.Outcomes.Unseen));
    }

    [Fact]
    public void What_waits_for_a_slot_is_not_a_dead_peer()
    {
        var guard = new WatchGuard("fair", 10, 10, 2, [], [new WatchGuardRow("user ann", "/usr/bin/browser", 3, 2, Seconds(4), "share")]);
        var model = new WatchModel();
        model.Started(FlowTo(1), Browser, 1, Seconds(1));
        model.Started(FlowTo(2), Browser, 1, Seconds(1));
        var row = Assert.Single(model.Frame(Seconds(9), default, Source, guard: guard).Programs);
        Assert.Null(row.DeadShare);
        Assert.Equal((3, 2, Seconds(4), "share"), (row.Slots, row.Waiting, row.LongestWait, row.WhyItWaits));
    }

    [Fact]
    public void A_million_programs_and_destinations_take_no_more_room_than_a_few()
    {
        var limits = new WatchLimits { Programs = 64, Destinations = 256, DestinationsOfOne = 16, Attempts = 1_000 };
        var model = new WatchModel(limits);
        long Fill(int first, int count)
        {
            for (var i = first; i < first + count; i++)
            {
                var at = Seconds(i / 10_000.0);
                model.Started(FlowTo(i), new WatchWho("user " + (i % 7), "/opt/p" + i, "p" + i), (uint)i, at);
                model.Started(FlowTo(i, 81), Crawler, 7, at);
                if (i % 3 != 0)
                {
                    model.Ended(FlowTo(i), WatchEnd.Refused, at);
                    model.Ended(FlowTo(i, 81), WatchEnd.TimedOut, at);
                }
            }

            return GC.GetTotalMemory(forceFullCollection: true);
        }

        var few = Fill(0, 50_000);
        var many = Fill(50_000, 950_000);
        var frame = Frame(model, 200);
        Assert.InRange(many - few, long.MinValue, 64 << 20); // a tenth of what all names would take; other tests run beside this
        Assert.InRange(frame.Programs.Count, 1, 64);
        Assert.Equal(2_000_000, frame.Totals.Attempts);
        AssertAddsUp(frame);
    }

    [Fact]
    public void Rows_keep_their_numbers_and_the_biggest_comes_first()
    {
        var model = new WatchModel(new WatchLimits { Rows = 1 });
        model.Started(FlowTo(1), Browser, 1, Seconds(1));
        model.Started(FlowTo(2), Crawler, 2, Seconds(1));
        model.Started(FlowTo(3), Crawler, 2, Seconds(1));
        var first = Frame(model, 2);
        model.Ended(FlowTo(2), WatchEnd.Answered, Seconds(3));
        model.Ended(FlowTo(3), WatchEnd.Answered, Seconds(3));
        var second = Frame(model, 4);
        Assert.Equal(("crawler", 2L, 1), (first.Programs[0].Name, first.Programs[0].Id, first.ProgramsLeftOut));
        Assert.Equal(("browser", 1L), (second.Programs[0].Name, second.Programs[0].Id));
        AssertAddsUp(first);
        AssertAddsUp(second);
    }

    /// <summary>Any sequence of steps, also such as no kernel would tell, over few programs and little room.</summary>
    [Fact]
    public void Counts_add_up_and_are_never_negative_whatever_is_told()
    {
        var step = from kind in Gen.Choose(0, 6)
                   from flow in Gen.Choose(0, 40)
                   from program in Gen.Choose(0, 12)
                   from end in Gen.Choose(0, 5)
                   from ms in Gen.Choose(-2_000, 9_000)
                   select (kind, flow, program, end, ms);
        Prop.ForAll(Gen.ListOf(step).ToArbitrary(), steps =>
        {
            var model = new WatchModel(new WatchLimits
                { Programs = 5, Rows = 3, DestinationsOfOne = 3, Destinations = 7, DestinationsShown = 2, Attempts = 11 });
            var at = TimeSpan.Zero;
            foreach (var (kind, flow, program, end, ms) in steps)
            {
                at += TimeSpan.FromMilliseconds(ms); // also back
                var who = new WatchWho("user " + (program % 3), "p" + program, "p" + program);
                switch (kind)
                {
                    case 0 or 1:
                        model.Started(FlowTo(flow), who, (uint)program, at);
                        break;
                    case 2:
                        model.Found(FlowTo(flow), who, (uint)flow, at, TimeSpan.FromMilliseconds(ms));
                        break;
                    case 3 or 4:
                        model.Ended(FlowTo(flow), (WatchEnd)end, at);
                        break;
                    case 5:
                        model.Compare(Enumerable.Range(0, flow).Select(f => FlowTo(f)).ToHashSet(), at);
                        break;
                    default:
                        AssertAddsUp(model.Frame(at, default, Source));
                        break;
                }
            }

            AssertAddsUp(model.Frame(at, default, Source));
        }).QuickCheckThrowOnFailure();
    }

    internal static Flow FlowTo(int host, ushort port = 80) => new(Flow.FromAddress(IPAddress.Parse("192.0.2.1")),
        (ushort)(1024 + (host % 60_000)), Flow.MapV4(0x0A00_0000u + (uint)host), port);

    internal static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    internal static void AssertAddsUp(WatchFrame frame)
    {
        var rows = frame.Programs.Concat(frame.Others is { } others ? [others] : []).ToArray();
        var t = frame.Totals;
        Assert.Equal(t.HalfOpen, rows.Sum(r => r.HalfOpen));
        Assert.Equal(t.Attempts, rows.Sum(r => r.Attempts));
        Assert.Equal(t.Found, rows.Sum(r => r.Found));
        Assert.Equal(t.Outcomes, rows.Aggregate(default(WatchOutcomes), (sum, r) => sum + r.Outcomes));
        Assert.Equal(t.Attempts + t.Found, t.HalfOpen + t.Outcomes.Total);
        Assert.Equal(t.OldestSilence, rows.Select(r => r.OldestSilence).DefaultIfEmpty().Max());
        Assert.Equal(rows.Length, rows.Select(r => r.Id).Distinct().Count());
        Assert.All(rows, r =>
        {
            Assert.Equal(r.Attempts + r.Found, r.HalfOpen + r.Outcomes.Total);
            Assert.True(r is { HalfOpen: >= 0, AttemptsPerSecond: >= 0, DeadShare: null or (>= 0 and <= 1), DestinationsLeftOut: >= 0 });
            Assert.True(r.OldestSilence >= TimeSpan.Zero);
            Assert.True(r.Destinations.Sum(d => d.HalfOpen) <= r.HalfOpen);
            Assert.All(r.Destinations, d => Assert.Equal(d.Attempts, d.HalfOpen + d.Outcomes.Total));
            var o = r.Outcomes;
            Assert.All([o.Answered, o.Refused, o.Unreachable, o.TimedOut, o.Abandoned, o.AbandonedSilent, o.Unseen],
                n => Assert.True(n >= 0));
            Assert.True(o.AbandonedSilent <= o.Abandoned);
        });
    }

    private static WatchFrame Frame(WatchModel model, double seconds) => model.Frame(Seconds(seconds), default, Source);
}
