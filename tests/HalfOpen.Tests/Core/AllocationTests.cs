using HalfOpen.Core;
using Xunit;

namespace HalfOpen.Tests.Core;

/// <summary>
/// Once its tables have grown, an engine allocates nothing: not for an attempt, a start, an outcome or a tick.
/// </summary>
public sealed class AllocationTests
{
    public static TheoryData<string> Policies() => [.. PolicyTable.Shipped.Names];

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_steady_state_allocates_nothing(string policy)
    {
        var options = PolicyTable.Shipped.Find(policy)!.Default;
        var engine =
            new Engine(
                new EngineOptions
                    { Limit = 20, Policy = options is FairOptions fair ? fair with { GiveUp = true, NatBudget = 100_000 } : options });
        var ring = new AttemptId[512];
        uint serial = 0;
        var now = 0L;

        void Turn()
        {
            for (var i = 0; i < 20_000; i++)
            {
                now += 3_000; // 0.3 ms
                ref var slot = ref ring[serial % ring.Length];
                engine.Complete(slot, serial % 97 == 0 ? Outcome.Cancelled : (Outcome)(serial % 5), new Instant(now));
                slot = engine.Submit(
                    new AttemptRequest
                    {
                        Program = engine.Programs.Intern((ulong)(serial % 50)),
                        Destination = Destination.FromIPv4(serial * 7 % 4096, (ushort)(serial % 3 == 0 ? 443 : 6881)),
                        Deadline = serial % 4 == 0 ? new Instant(now + 10_000_000) : null,
                    },
                    new Instant(now));
                serial++;
                engine.ClearDecisions();
            }
        }

        Turn();
        Turn();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Turn();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(engine.GetStatistics().Totals.Started > 1000);
    }
}
