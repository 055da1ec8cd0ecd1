using HalfOpen.Simulation.Checking;
using HalfOpen.Simulation.Outbreaks;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.SimulationTests.Checking;
using Xunit;

namespace HalfOpen.SimulationTests.Outbreaks;

/// <summary>The model of a million machines against a small population with a whole limiter on every machine.</summary>
public sealed class CompactModelTests
{
    private const int Seeds = 16;

    [Theory]
    [InlineData(10)]
    [InlineData(1000)]
    public void The_compact_model_spreads_as_fast_as_an_engine_on_every_machine(int limit)
    {
        var spec = new OutbreakSpec { Hosts = 300, Addresses = 30_000, Initial = 10, ScanPerSecond = 20, MaxOutstanding = 600, StopAtShare = 0.95 };
        var profile = new CheckProfile { Policy = "fake" };
        double compact = 0, exact = 0;
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var schedule = StartSchedule.Record(spec, new StackSpec(), () => new FakeLimiter(limit, Bug.None), profile, seed);
            compact += CompactOutbreak.Run(spec, schedule, 1e6, seed, null, default).Result.SecondsTo["90%"]!.Value / Seeds;
            exact += new EngineOutbreak(spec, new StackSpec(), () => new FakeLimiter(limit, Bug.None), seed).Run(1e6, null, default).Result.SecondsTo["90%"]!.Value / Seeds;
        }

        Assert.InRange(compact / exact, 0.9, 1.1);
    }

    [Fact]
    public void A_schedule_goes_on_periodically_beyond_its_recording()
    {
        var spec = new OutbreakSpec { ScanPerSecond = 20, MaxOutstanding = 100 };
        var schedule = StartSchedule.Record(spec, new StackSpec(), () => new FakeLimiter(10, Bug.None), new CheckProfile { Policy = "fake" }, 1);
        Assert.Equal(10.0 / 21, schedule.RatePerSecond, 3);
        for (var i = 1L; i < 20_000; i++)
        {
            Assert.True(schedule[i] >= schedule[i - 1], $"start {i} is before the one that precedes it");
        }

        var seconds = schedule[20_000] / 1e7;
        Assert.InRange(seconds, 20_000 * 2.1 * 0.99, 20_000 * 2.1 * 1.01);
    }
}
