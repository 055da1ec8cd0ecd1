using FsCheck;
using FsCheck.Fluent;
using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;
using Outcome = HalfOpen.Core.Outcome;

namespace HalfOpen.Tests.Core;

/// <summary>What every policy owes its host, whatever it decides. Each policy inherits all of it.</summary>
public abstract class PolicyContract
{
    protected abstract PolicyOptions Policy { get; }

    /// <summary>Slots held stay within the limit, but for what was adopted or started under a higher one.</summary>
    protected virtual bool IsLimited => true;

    /// <summary>
    /// What is half-open already when the host comes takes slots above the limit; where false, its programs owe them.
    /// </summary>
    protected virtual bool CountsAboveLimit => true;

    /// <summary>
    /// Attempts of one program start in the order of submission; where false, those to one destination do.
    /// </summary>
    protected virtual bool IsFifoWithinProgram => true;

    [Fact]
    public void The_first_attempt_starts_at_once()
    {
        var harness = new EngineHarness(Policy, 1);
        harness.Submit(1, "a", Host(1));
        Assert.Equal([1], harness.Started);
        Assert.Equal((1, 1, 0), (harness.Engine.Counted, harness.Engine.HalfOpen, harness.Engine.Waiting));
    }

    [Fact]
    public void An_end_is_told_once()
    {
        var harness = new EngineHarness(Policy, 1);
        harness.Submit(1, "a", Host(1));
        Assert.True(harness.End(1, Outcome.Refused));
        Assert.False(harness.End(1, Outcome.Refused));
        Assert.Equal(1, harness.Engine.GetStatistics().Totals.Refused);
        Assert.False(harness.Engine.Complete(default, Outcome.Refused, Instant.Zero));
    }

    [Fact]
    public void A_program_that_never_had_an_attempt_is_forgotten_as_any_other()
    {
        var harness = new EngineHarness(Policy, 1, o => o with { MaxPrograms = 16 });
        for (var i = 1; i <= 16; i++)
        {
            harness.Submit(i, "busy " + i, Host(i));
        }

        harness.Engine.Programs.Intern("idle"); // the table grows rather than forget attempts
        harness.Engine.Programs.Intern("next"); // in its place
        harness.Submit(17, "next", Host(17));
        Assert.Contains(harness.Engine.GetStatistics().Programs, p => p.Name == "next");
        Assert.DoesNotContain(harness.Engine.GetStatistics().Programs, p => p.Name == "idle");
    }

    [Fact]
    public void A_waiting_attempt_can_be_cancelled_and_never_starts()
    {
        var harness = new EngineHarness(Policy, 1);
        harness.Submit(1, "a", Host(1));
        harness.Submit(2, "a", Host(2));
        harness.Submit(3, "b", Host(3));
        if (!IsLimited)
        {
            Assert.Equal([1, 2, 3], harness.Started);
            return;
        }

        harness.End(2, Outcome.Cancelled);
        harness.End(1, Outcome.TimedOut);
        harness.At(60_000);
        Assert.Equal([1, 3], harness.Started);
        Assert.Equal(0, harness.Engine.Waiting);
    }

    [Fact]
    public void A_deadline_passes_while_it_waits()
    {
        var harness = new EngineHarness(Policy, 1);
        harness.Submit(1, "a", Host(1), deadlineMs: 5); // started: its deadline is met
        harness.Submit(2, "a", Host(2), deadlineMs: 100);
        harness.Submit(3, "b", Host(3), deadlineMs: 50);
        harness.Submit(4, "b", Host(4), deadlineMs: 0);
        harness.At(99);
        Assert.Equal(IsLimited ? [(4, RejectReason.Expired), (3, RejectReason.Expired)] : [(4, RejectReason.Expired)], harness.Rejected);
        harness.At(100);
        Assert.Equal(IsLimited ? 3 : 1, harness.Rejected.Count);
        Assert.Equal(0, harness.Engine.Waiting);
    }

    [Fact]
    public void A_full_queue_and_a_denied_program_are_refused()
    {
        var harness = new EngineHarness(Policy, 1, o => o with { MaxQueued = 1 });
        harness.Engine.Programs.SetDenied(harness.Engine.Programs.Intern("bad"), true);
        harness.Submit(1, "a", Host(1));
        harness.Submit(2, "a", Host(2));
        harness.Submit(3, "a", Host(3));
        harness.Submit(4, "bad", Host(4));
        Assert.Equal(IsLimited ? [(3, RejectReason.QueueFull), (4, RejectReason.Denied)] : [(4, RejectReason.Denied)], harness.Rejected);
        Assert.Equal(IsLimited ? 1 : 0, harness.Engine.Waiting);
    }

    [Fact]
    public void A_lower_limit_starts_nothing_until_it_fits_and_a_higher_one_loses_nothing()
    {
        var harness = new EngineHarness(Policy, 4);
        for (var i = 1; i <= 12; i++)
        {
            harness.Submit(i, i % 2 == 0 ? "a" : "b", Host(i));
        }

        harness.Limit(2);
        var before = harness.Started.Count;
        foreach (var id in harness.Started.Take(2).ToList())
        {
            harness.End(id, Outcome.TimedOut);
        }

        if (IsLimited)
        {
            Assert.Equal(before, harness.Started.Count);
            Assert.True(harness.Engine.Counted <= 2);
        }

        harness.Limit(100);
        harness.At(1_000);
        Assert.Equal(12, harness.Started.Count);
    }

    [Fact]
    public void What_was_half_open_before_counts_and_is_never_queued()
    {
        var harness = new EngineHarness(Policy, 1);
        var program = harness.Engine.Programs.Intern("a");
        var first = harness.Engine.Adopt(new AttemptRequest { Program = program, Destination = Host(1) }, Instant.Zero);
        harness.Engine.Adopt(new AttemptRequest { Program = program, Destination = Host(2) }, Instant.Zero);
        Assert.Equal((CountsAboveLimit ? 2 : 1, 2), (harness.Engine.Counted, harness.Engine.HalfOpen));
        Assert.True(harness.Engine.Decisions.IsEmpty);
        Assert.True(harness.Engine.Complete(first, Outcome.TimedOut, Instant.Zero));
        Assert.Equal((1, 1), (harness.Engine.Counted, harness.Engine.HalfOpen));
    }

    [Fact]
    public void Another_policy_can_take_over_and_nothing_is_lost()
    {
        foreach (var name in PolicyTable.Shipped.Names)
        {
            var harness = new EngineHarness(Policy, 3);
            for (var i = 1; i <= 20; i++)
            {
                harness.NowMs = i;
                harness.Submit(i, i % 3 == 0 ? "a" : "b", Host(i % 7), deadlineMs: i == 20 ? 90_000 : null);
            }

            harness.Engine.SetPolicy(PolicyTable.Shipped.Find(name)!.Default, Instant.FromMilliseconds(20));
            harness.Take();
            for (var i = 0; harness.Ended < 20 && i < 20; i++)
            {
                harness.At(harness.NowMs + 1000);
                foreach (var id in harness.HalfOpen.ToList())
                {
                    harness.End(id, Outcome.TimedOut);
                }
            }

            Assert.Equal(Enumerable.Range(1, 20), harness.Started.Order());
            Assert.Equal((0, 0, 0), (harness.Engine.Counted, harness.Engine.HalfOpen, harness.Engine.Waiting));
        }
    }

    [Fact]
    public void Random_events_keep_the_promises()
    {
        // FsCheck chooses the seeds and shrinks to the shortest stream; the stream itself is made from the seed.
        Prop.ForAll(Gen.Choose(0, 1_000_000).Zip(Gen.Choose(1, 300)).ToArbitrary(), pair => Run(pair.Item1, pair.Item2))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20261123, 1, 1));
    }

    [Fact]
    public void The_same_events_give_the_same_decisions()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            Assert.Equal(Trace(seed, 500), Trace(seed, 500));
        }
    }

    [Fact]
    public void Everybody_is_served_while_slots_turn_over()
    {
        // A greedy program refills its backlog for ever; everybody else's attempts must start before 200 slots came
        // back for each that waits.
        var harness = new EngineHarness(Policy, 2);
        var next = 1;
        for (; next <= 100; next++)
        {
            harness.Submit(next, "greedy", Host(next));
        }

        var others = Enumerable.Range(0, 5).Select(i => (Id: 100_000 + i, Program: "small" + i)).ToList();
        foreach (var (id, program) in others)
        {
            harness.Submit(id, program, Host(id));
        }

        for (var turn = 0; turn < 1000 && !others.All(o => harness.Started.Contains(o.Id)); turn++)
        {
            harness.At(harness.NowMs + 21_000);
            harness.End(harness.HalfOpen[0], Outcome.TimedOut);
            harness.Submit(next, "greedy", Host(next++));
        }

        Assert.All(others, o => Assert.Contains(o.Id, harness.Started));
    }

    private List<string> Trace(int seed, int steps)
    {
        var trace = new List<string>();
        var driver = new RandomDriver(new EngineHarness(Policy, 3), seed, adopts: true);
        for (var i = 0; i < steps; i++)
        {
            driver.Step();
            trace.Add(
                $"{string.Join(',', driver.Harness.Started)}|{string.Join(',', driver.Harness.Rejected)}|"
                + $"{driver.Harness.Engine.Counted}|{driver.Harness.Engine.NextDeadline}");
            driver.Harness.Started.Clear();
        }

        return trace;
    }

    private bool Run(int seed, int steps)
    {
        var limit = 1 + (seed % 5);
        var driver = new RandomDriver(new EngineHarness(Policy, limit), seed, adopts: true);
        for (var i = 0; i < steps; i++)
        {
            var before = driver.Harness.Engine.Counted;
            var adopted = driver.Step();
            driver.CheckBooks();
            var most = Math.Max(driver.Harness.Engine.Limit, before + (CountsAboveLimit ? adopted : 0));
            if (IsLimited && driver.Harness.Engine.Counted > most)
            {
                throw new InvalidOperationException($"{driver.Harness.Engine.Counted} slots held at limit {driver.Harness.Engine.Limit}");
            }

            driver.CheckOrder(wholeProgram: IsFifoWithinProgram);
        }

        driver.EndEverything();
        return true;
    }
}

public sealed class UnlimitedContract : PolicyContract
{
    protected override PolicyOptions Policy => new UnlimitedOptions();

    protected override bool IsLimited => false;
}

public sealed class FifoContract : PolicyContract
{
    protected override PolicyOptions Policy => new FifoOptions();
}

public sealed class WindowsXpContract : PolicyContract
{
    protected override PolicyOptions Policy => new WindowsXpOptions();
}

public sealed class FairContract : PolicyContract
{
    protected override PolicyOptions Policy => new FairOptions();

    // An attempt to a destination that is known, or being tried, may overtake; within one destination nothing does.
    protected override bool IsFifoWithinProgram => false;

    protected override bool CountsAboveLimit => false;
}

public sealed class FairWithEverythingContract : PolicyContract
{
    protected override PolicyOptions Policy => new FairOptions { GiveUp = true, NatBudget = 1000 };

    protected override bool IsFifoWithinProgram => false;

    protected override bool CountsAboveLimit => false;
}

public sealed class FairGiveUpWithoutCreditContract : PolicyContract
{
    protected override PolicyOptions Policy => new FairOptions { GiveUp = true, Credit = false, MinGiveUpAfter = TimeSpan.FromSeconds(1) };

    protected override bool IsFifoWithinProgram => false;

    protected override bool CountsAboveLimit => false;
}

public sealed class FairWithoutPatienceOrLendingContract : PolicyContract
{
    protected override PolicyOptions Policy =>
        new FairOptions
        { LearnPatience = false, LendHeadroom = false, LendBefore = TimeSpan.Zero, MaxKnownDestinations = 16,
            KnownFor = TimeSpan.FromSeconds(1) };

    protected override bool IsFifoWithinProgram => false;

    protected override bool CountsAboveLimit => false;
}

public sealed class FairBareContract : PolicyContract
{
    protected override PolicyOptions Policy =>
        new FairOptions { KnownDestinations = false, PortClasses = false, LearnHeadroom = false, MaxHeadroom = 0 };

    protected override bool IsFifoWithinProgram => false;

    protected override bool CountsAboveLimit => false;
}
