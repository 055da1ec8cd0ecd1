using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>
/// A rejection says when it may be worth trying again: the backlog over the recent rate of starts, whatever the host's
/// epoch and whatever happened long ago.
/// </summary>
public sealed class RetryHintTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(86_400_000)]
    public void It_follows_the_recent_rate_of_starts(long epochMs)
    {
        var engine = new Engine(new EngineOptions { Limit = 1, MaxQueued = 20, Policy = new FifoOptions() });
        var program = engine.Programs.Intern("a");
        var started = new Queue<AttemptId>();
        var next = 0;
        TimeSpan? Submit(long ms)
        {
            engine.Submit(new AttemptRequest { Program = program, Destination = Host(next++) }, Instant.FromMilliseconds(epochMs + ms));
            return Take();
        }

        TimeSpan? Take()
        {
            TimeSpan? hint = null;
            foreach (var decision in engine.Decisions)
            {
                if (decision.Kind == DecisionKind.Start)
                {
                    started.Enqueue(decision.Attempt);
                }
                else if (decision.Kind == DecisionKind.Rejected)
                {
                    hint = decision.RetryAfter;
                }
            }

            engine.ClearDecisions();
            return hint;
        }

        // Two starts a second for a minute, 20 waiting: 10 s. Then one in four seconds: 60 at most.
        for (var ms = 0L; ms < 60_000; ms += 500)
        {
            while (engine.Waiting < 20)
            {
                Assert.Null(Submit(ms));
            }

            engine.Complete(started.Dequeue(), Outcome.TimedOut, Instant.FromMilliseconds(epochMs + ms));
            Take();
        }

        Submit(59_900);
        Assert.InRange(Submit(59_900)!.Value.TotalSeconds, 9, 11);
        for (var ms = 64_000L; ms < 100_000; ms += 4_000)
        {
            engine.Complete(started.Dequeue(), Outcome.TimedOut, Instant.FromMilliseconds(epochMs + ms));
            Take();
            Submit(ms);
        }

        Assert.Equal(60, Submit(100_000)!.Value.TotalSeconds);
    }
}
