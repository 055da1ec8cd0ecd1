using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;
using Xunit;

namespace HalfOpen.Tests.Hosting;

/// <summary>The rules of the one drain loop, each where a host would break without it.</summary>
public sealed class DecisionLoopTests
{
    [Fact]
    public void Decisions_are_carried_out_in_order_and_once()
    {
        var script = new Script([1, 2, 3]);
        script.Drain();
        script.Drain();
        Assert.Equal([1ul, 2, 3], script.Carried);
    }

    [Fact]
    public void What_carrying_out_causes_comes_after_what_was_decided_before()
    {
        var script = new Script([1, 2]);
        script.OnCarry = tag =>
        {
            if (tag < 10)
            {
                script.Decide(tag * 10); // overwrites the engine's list while the batch is under way
            }
        };
        script.Drain();
        Assert.Equal([1ul, 2, 10, 20], script.Carried);
    }

    [Fact]
    public void A_drain_within_a_drain_does_nothing_and_the_outer_one_goes_on()
    {
        var script = new Script([1, 2]);
        script.OnCarry = tag =>
        {
            if (tag == 1)
            {
                script.Decide(7);
                script.Drain();
            }
        };
        script.Drain();
        Assert.Equal([1ul, 2, 7], script.Carried);
    }

    [Fact]
    public void A_sink_that_fails_does_not_block_the_next_drain()
    {
        var script = new Script([1]) { OnCarry = _ => throw new IOException("disk") };
        Assert.Throws<IOException>(script.Drain);
        script.OnCarry = _ => { };
        script.Decide(2);
        script.Drain();
        Assert.Equal([1ul, 2], script.Carried);
    }

    [Fact]
    public void Decisions_without_end_are_a_fault_that_is_told()
    {
        var script = new Script([1]);
        script.OnCarry = tag => script.Decide(tag);
        var e = Assert.Throws<InvalidOperationException>(script.Drain);
        Assert.Contains("without end", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decision_about_an_attempt_precedes_the_id_that_submit_returns_and_its_tag_finds_it()
    {
        var limiter = new EngineLimiter(new EngineOptions { Limit = 1, Policy = new FifoOptions() });
        var ids = new Dictionary<ulong, AttemptId>();
        var started = new List<ulong>();
        var loop = new DecisionLoop(new Sink(decision =>
        {
            Assert.Equal(ids[decision.Tag], decision.Attempt); // stored before the drain, though decided before the return
            if (decision.Kind == DecisionKind.Start)
            {
                started.Add(decision.Tag);
                limiter.Complete(decision.Attempt, Outcome.Refused, Instant.Zero);
            }
        }));
        for (ulong tag = 1; tag <= 3; tag++)
        {
            var request = new AttemptRequest
                { Program = limiter.Intern("p"), Destination = Destination.FromIPv4((uint)tag, 80), Tag = tag };
            ids[tag] = limiter.Submit(request, Instant.Zero);
        }

        loop.Drain(limiter);
        Assert.Equal([1ul, 2, 3], started);
    }

    [Fact]
    public void A_batch_may_hold_a_decision_about_an_attempt_that_ended_meanwhile()
    {
        // Both are queued behind one; when the limit rises both are started in one batch, and carrying out the first
        // ends the second.
        var limiter = new EngineLimiter(new EngineOptions { Limit = 1, Policy = new FifoOptions() });
        AttemptId Submit(ulong tag) => limiter.Submit(
            new AttemptRequest { Program = limiter.Intern("p"), Destination = Destination.FromIPv4((uint)tag, 80), Tag = tag },
                Instant.Zero);
        Submit(0);
        var (first, second) = (Submit(1), Submit(2));
        limiter.ClearDecisions();
        limiter.SetLimit(3, Instant.Zero);
        var seen = new List<AttemptId>();
        var stale = 0;
        var ended = new HashSet<AttemptId>();
        new DecisionLoop(new Sink(decision =>
        {
            seen.Add(decision.Attempt);
            if (decision.Attempt == first)
            {
                limiter.Complete(second, Outcome.Cancelled, Instant.Zero);
                ended.Add(second);
            }
            else
            {
                stale += ended.Contains(decision.Attempt) ? 1 : 0;
            }
        })).Drain(limiter);
        Assert.Equal([first, second], seen);
        Assert.Equal(1, stale);
    }

    private sealed class Sink(Action<Decision> carry) : IDecisionSink
    {
        public void Carry(in Decision decision) => carry(decision);
    }

    private sealed class Script : IDecisionSource, IDecisionSink
    {
        private readonly DecisionLoop _loop;
        private readonly List<Decision> _decisions = [];
        private Decision[] _shown = [];

        public Script(ulong[] tags)
        {
            _loop = new DecisionLoop(this);
            Array.ForEach(tags, Decide);
        }

        public List<ulong> Carried { get; } = [];

        public Action<ulong> OnCarry { get; set; } = _ => { };

        public ReadOnlySpan<Decision> Decisions => _shown = [.. _decisions];

        public void ClearDecisions()
        {
            _decisions.Clear();
            Array.Clear(_shown); // valid until the next call: who did not copy reads nothing
        }

        public void Carry(in Decision decision)
        {
            Carried.Add(decision.Tag);
            OnCarry(decision.Tag);
        }

        public void Decide(ulong tag) => _decisions.Add(new Decision(DecisionKind.Queued, default, tag, default, default));

        public void Drain() => _loop.Drain(this);
    }
}
