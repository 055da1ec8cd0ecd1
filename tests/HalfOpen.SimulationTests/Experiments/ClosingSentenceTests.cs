using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Scenarios;
using Xunit;

namespace HalfOpen.SimulationTests.Experiments;

/// <summary>The sentence beneath a table: said of every scenario, and of the figures that stand there.</summary>
public sealed class ClosingSentenceTests
{
    public static TheoryData<string> Shipped() => [.. ShippedScenarios.Names];

    [Fact]
    public void The_freeze_is_told_in_the_words_of_the_lab()
    {
        var scenario = ShippedScenarios.Find("freeze")!;
        Assert.Equal("While a P2P program kept trying dead peers, a web page took 42 s under Windows XP's limit of 10, 11 s with the limit "
            + "lifted to 100, and 0.30 s with halfopen's fair policy at the same 10: 138 times faster.",
            Of(scenario, "windows-xp", "fair"));
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Every_scenario_has_a_sentence_for_every_choice_of_rows(string name)
    {
        var scenario = ShippedScenarios.Find(name)! with { DurationSeconds = 60 };
        if (scenario.Outbreak is { } outbreak)
        {
            scenario = scenario with { Outbreak = outbreak with { Hosts = 500, Addresses = 2_000_000 } };
        }

        foreach (var policies in (string[][])[["unlimited"], ["fair"], ["fifo", "fair"], ["windows-xp", "unlimited", "fair"]])
        {
            var sentence = Of(scenario, policies);
            Assert.EndsWith(".", sentence, StringComparison.Ordinal);
            Assert.DoesNotContain("NaN", sentence, StringComparison.Ordinal);
            Assert.DoesNotContain("∞", sentence, StringComparison.Ordinal);
            Assert.DoesNotContain("Infinity", sentence, StringComparison.Ordinal);
            Assert.DoesNotContain("  ", sentence, StringComparison.Ordinal);
        }
    }

    private static string Of(Scenario scenario, params string[] policies)
    {
        var requests = from name in policies
            let policy = Policies.Of(name)
            from limit in policy.Promises.Limited ? scenario.Limits.Select(l => (int?)l) : [null]
            from seed in (ulong[])[1, 2]
            select new RunRequest { Policy = policy, Limit = limit, Seed = seed };
        return ClosingSentence.Of(scenario, Summary.Of(Experiment.Run(scenario, [.. requests], 2)));
    }
}
