using HalfOpen.Core;
using HalfOpen.Simulation.Checking;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Leases;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.World;
using Xunit;

namespace HalfOpen.SimulationTests.Leases;

/// <summary>
/// Every shipped scenario with slots leased to a kernel: the checkers hold it to the same promises, and it tells the
/// same story.
/// </summary>
public sealed class LeasingTests
{
    public static TheoryData<string, string, int> Runs()
    {
        var runs = new TheoryData<string, string, int>();
        foreach (var name in ShippedScenarios.Names.Where(n => ShippedScenarios.Find(n)!.Outbreak is null && n != "innocent"))
        {
            foreach (var policy in new[] { "fair", "fair+give-up", "fifo" })
            {
                runs.Add(name, policy, 10);
                runs.Add(name, policy, 100);
            }
        }

        return runs;
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Promises_are_kept_with_slots_on_lease(string name, string policy, int limit)
    {
        var scenario = ShippedScenarios.Find(name)!;
        scenario = scenario with { DurationSeconds = Math.Min(scenario.DurationSeconds, 120) };
        for (ulong seed = 1; seed <= 3; seed++)
        {
            var (world, onLease, _) = Run(scenario, policy, limit, seed);
            Assert.True(world.Checks.Checked > 0);
            Assert.True(policy == "fifo" ? onLease == 0 : onLease > 0, $"{onLease} attempts on lease");
        }
    }

    /// <summary>The browser beside a swarm does not wait longer because slots are leased while nobody waits.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void The_browser_is_served_as_without_leases(int limit)
    {
        var scenario = ShippedScenarios.Find("freeze")!;
        var (with, onLease, leftLease) = Run(scenario, "fair", limit, 7);
        var request = new RunRequest { Policy = Policies.Of("fair"), Limit = limit, Seed = 7 };
        var without = new SimulatedWorld(scenario, request.UnderTest, 7);
        without.Run();
        Assert.InRange(leftLease, 1, onLease); // the swarm's: each is silent for seconds
        Assert.InRange(Waited(with), 0, (Waited(without) * 1.2) + 0.05);
    }

    [Fact]
    public void A_kernel_that_gives_out_what_it_has_not_is_caught()
    {
        var e = Assert.ThrowsAny<Exception>(() => Run(ShippedScenarios.Find("freeze")!, "fair", 10, 1, overdraw: 8));
        Assert.True(e is CheckFailedException or InvalidOperationException, e.Message); // the checkers, or the engine itself
    }

    private static (SimulatedWorld World, long OnLease, long LeftLease) Run(Scenario scenario, string policy, int limit, ulong seed,
        int overdraw = 0)
    {
        var options = Policies.Of(policy);
        List<LeasingLimiter> made = [];
        var underTest = new PolicyUnderTest($"{policy} at {limit} on lease", () =>
        {
            made.Add(new LeasingLimiter(new EngineOptions { Limit = limit, Policy = options, MaxQueued = 8_000_000 }, seed, overdraw));
            return made[^1];
        }, options.Promises);
        var world = new SimulatedWorld(scenario, underTest, seed);
        world.Run();
        return (world, made.Sum(m => m.OnLease), made.Sum(m => m.LeftLease));
    }

    /// <summary>Mean wait of the browser's attempts, in seconds.</summary>
    private static double Waited(SimulatedWorld world) =>
        world.Behaviours.Where(b => b.Spec.Kind == ProgramKind.Browser).Average(b => b.Statistics.Waits.Quantile(0.9).TotalSeconds);
}
