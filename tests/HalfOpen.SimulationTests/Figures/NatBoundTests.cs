using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Scenarios;
using Xunit;

namespace HalfOpen.SimulationTests.Figures;

/// <summary>The bound on what any policy could find is a bound, and not a loose one.</summary>
public sealed class NatBoundTests
{
    [Fact]
    public void Without_pressure_the_bound_is_what_was_wished() =>
        Assert.InRange(NatBound.LivePeersPerMinute(ShippedScenarios.Find("nat")!, 1_000_000, 1)!.Value, 0.97 * 30 * 0.2 * 60,
            1.03 * 30 * 0.2 * 60);

    [Fact]
    public void Under_pressure_it_is_near_the_fluid_limit()
    {
        // An attempt costs 0.7 x 120 + 0.1 x 10 + 0.2 x 15 entry-seconds; the table starts empty, which lets a little
        // more through.
        var fluid = 500 / ((0.7 * 120) + (0.1 * 10.05) + (0.2 * 15.05)) * 0.2 * 60;
        Assert.InRange(NatBound.LivePeersPerMinute(ShippedScenarios.Find("nat")!, 500, 1)!.Value, fluid, fluid * 1.25);
    }

    [Fact]
    public void A_policy_without_a_budget_finds_less_than_the_bound_of_a_full_table()
    {
        // The router itself is the policy here: its table is full, and everybody who keeps to it is below the bound for
        // its size.
        var scenario = ShippedScenarios.Find("nat")!;
        var run = Experiment.Run(scenario, [new RunRequest { Policy = Policies.Of("unlimited"), Seed = 1 }], 1)[0];
        Assert.InRange(run.MaxNatEntries!.Value, 2700, 2730);
        Assert.True(run.LivePeersPerMinute <= NatBound.LivePeersPerMinute(scenario, 2730, 1) * 1.03);
    }

    [Fact]
    public void Elsewhere_there_is_no_bound() => Assert.Null(NatBound.LivePeersPerMinute(ShippedScenarios.Find("freeze")!, 2000, 1));
}
