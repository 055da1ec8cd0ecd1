using System.Text.Json;
using HalfOpen.Core;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Scenarios;
using Xunit;

namespace HalfOpen.SimulationTests.World;

/// <summary>
/// Same scenario, policy and seed: same result, to the last digit, however many runs are made at once.
/// </summary>
public sealed class DeterminismTests
{
    public static TheoryData<string> Shipped() => [.. ShippedScenarios.Names.Where(n => n != "innocent")];

    private static readonly JsonSerializerOptions Exact =
        new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    [Theory]
    [MemberData(nameof(Shipped))]
    public void The_same_seed_gives_the_same_run_alone_or_among_many(string name)
    {
        var scenario = Small(name);
        var requests = PolicyTable.Shipped.Rows
            .SelectMany(
                p => new ulong[]
                    { 3, 4 }.Select(
                        seed => new RunRequest { Policy = p.Default, Limit = p.Default.Promises.Limited ? 20 : null, Seed = seed }))
            .ToList();
        var many = JsonSerializer.Serialize(Experiment.Run(scenario, requests, 4), Exact);
        var alone = JsonSerializer.Serialize(requests.Select(r => Experiment.Run(scenario, [r], 1)[0]), Exact);
        Assert.Equal(alone, many);
    }

    [Fact]
    public void Another_seed_gives_another_run()
    {
        var scenario = Small("freeze");
        var runs =
            Experiment.Run(scenario,
                [.. Enumerable.Range(1, 20)
                    .Select(s => new RunRequest { Policy = Policies.Of("windows-xp"), Limit = 10, Seed = (ulong)s })], 4);
        Assert.True(runs.Select(r => r.Events).Distinct().Count() > 10);
    }

    [Fact]
    public void What_one_program_draws_does_not_shift_another()
    {
        var freeze = Small("freeze");
        var alone = freeze with { Programs = [freeze.Programs[0]] };
        var request = new RunRequest { Policy = Policies.Of("unlimited"), Seed = 9 };
        var withBrowser = Experiment.Run(freeze, [request], 1)[0];
        var without = Experiment.Run(alone, [request], 1)[0];
        Assert.Equal(without.LivePeersPerMinute, withBrowser.LivePeersPerMinute);
        Assert.Equal(without.AttemptsPerSecond["swarm"], withBrowser.AttemptsPerSecond["swarm"]);
    }

    [Fact]
    public void A_run_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Experiment.Run(
            Small("freeze"), [new RunRequest { Policy = Policies.Of("fifo"), Limit = 10, Seed = 1 }], 1, _ => cancel.Cancel(),
                cancel.Token));
    }

    private static Scenario Small(string name)
    {
        var scenario = ShippedScenarios.Find(name)!;
        return scenario.Outbreak is { } o
            ? scenario with { Outbreak = o with { Hosts = 2000, Addresses = 8_000_000 } }
            : scenario with { DurationSeconds = Math.Min(scenario.DurationSeconds, 120) };
    }
}
