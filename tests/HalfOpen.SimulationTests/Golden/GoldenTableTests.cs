using System.Runtime.CompilerServices;
using HalfOpen.Core;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Scenarios;
using Xunit;

namespace HalfOpen.SimulationTests.Golden;

/// <summary>
/// One table a shipped scenario, kept as a file: a change of a policy shows as a diff of a table, and has to be meant.
/// To take the new tables: HALFOPEN_UPDATE_GOLDEN=1 ./test HalfOpen.SimulationTests, then read the diff.
/// </summary>
public sealed class GoldenTableTests
{
    private static readonly ulong[] Seeds = [1, 2];

    public static TheoryData<string> Shipped() => [.. ShippedScenarios.Names];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void A_shipped_scenario_gives_its_table(string name)
    {
        var table = Table(name);
        var file = Path.Combine(Folder(), name + ".txt");
        if (Environment.GetEnvironmentVariable("HALFOPEN_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(file, table);
        }

        Assert.True(File.Exists(file), $"{file} is missing: run with HALFOPEN_UPDATE_GOLDEN=1 and read it");
        Assert.Equal(File.ReadAllText(file), table);
    }

    private static string Table(string name)
    {
        var scenario = ShippedScenarios.Find(name)!;
        if (scenario.Outbreak is { } outbreak)
        {
            scenario = scenario with { Outbreak = outbreak with { Hosts = 10_000, Addresses = 40_000_000 } };
        }

        var requests =
            from kind in new[] { "unlimited", "fifo", "windows-xp", "fair" }
            from limit in Policies.Of(kind).Promises.Limited ? scenario.Limits.Select(l => (int?)l) : [null]
            from policy in Policies.Of(kind) is FairOptions fair
                ? new PolicyOptions[]
                    { fair with { NatBudget = scenario.NatBudget }, fair with { NatBudget = scenario.NatBudget, GiveUp = true } }
                : [Policies.Of(kind)]
            from seed in Seeds
            select new RunRequest { Policy = policy, Limit = limit, Seed = seed };
        var results = Experiment.Run(scenario, [.. requests], Environment.ProcessorCount);
        return $"{name}, seeds {string.Join(' ', Seeds)}\n\n{ResultTable.Text(ResultTable.Rows(scenario, Summary.Of(results)))}";
    }

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
