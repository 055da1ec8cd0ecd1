using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Outbreaks;
using HalfOpen.Simulation.Scenarios;
using Xunit;

namespace HalfOpen.SimulationTests.Outbreaks;

/// <summary>The model of a million machines against a small population with a whole engine on every machine.</summary>
public sealed class CompactModelTests
{
    private const int Seeds = 16;

    [Theory]
    [InlineData("unlimited", null, false)]
    [InlineData("windows-xp", 10, false)]
    [InlineData("windows-xp", 100, false)]
    [InlineData("fair", 10, false)]
    [InlineData("fair", 100, false)]
    [InlineData("fair", 10, true)]
    public void The_compact_model_spreads_as_fast_as_an_engine_on_every_machine(string policy, int? limit, bool giveUp)
    {
        var spec = new OutbreakSpec
            { Hosts = 300, Addresses = 30_000, Initial = 10, ScanPerSecond = 20, MaxOutstanding = 600, StopAtShare = 0.95 };
        var compact = new Scenario { Name = "compact", DurationSeconds = 1e6, Outbreak = spec };
        var exact = compact with { Outbreak = spec with { Exact = true } };
        var requests = Enumerable.Range(1, Seeds)
            .Select(seed => new RunRequest { Policy = Policies.Of(policy + (giveUp ? "+give-up" : "")), Limit = limit, Seed = (ulong)seed })
            .ToList();
        var ratio = MeanSecondsTo90(compact, requests) / MeanSecondsTo90(exact, requests);
        Assert.InRange(ratio, 0.9, 1.1);
    }

    [Fact]
    public void A_schedule_goes_on_periodically_beyond_its_recording()
    {
        var spec = new OutbreakSpec { ScanPerSecond = 20, MaxOutstanding = 100 };
        var request = new RunRequest { Policy = Policies.Of("windows-xp"), Limit = 10, Seed = 1 };
        var schedule = StartSchedule.Record(spec, new StackSpec(), request.UnderTest, 1);
        Assert.Equal(10.0 / 21, schedule.RatePerSecond, 3);
        for (var i = 1L; i < 20_000; i++)
        {
            Assert.True(schedule[i] >= schedule[i - 1], $"start {i} is before the one that precedes it");
        }

        var seconds = schedule[20_000] / 1e7;
        Assert.InRange(seconds, 20_000 * 2.1 * 0.99, 20_000 * 2.1 * 1.01);
    }

    private static double MeanSecondsTo90(Scenario scenario, List<RunRequest> requests) =>
        Experiment.Run(scenario, requests, Environment.ProcessorCount).Average(r => r.Outbreak!.SecondsTo["90%"]!.Value);
}
