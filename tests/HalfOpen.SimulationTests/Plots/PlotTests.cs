using System.Xml.Linq;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Plots;
using HalfOpen.Simulation.Scenarios;
using Xunit;

namespace HalfOpen.SimulationTests.Plots;

/// <summary>Pictures are well-formed SVG, say what their axes mean, and fit both light and dark pages.</summary>
public sealed class PlotTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void A_sweep_has_a_panel_a_figure_with_axes_units_and_a_legend()
    {
        var scenario = ShippedScenarios.Find("worm")! with { DurationSeconds = 60 };
        var requests =
            LimitSweep.Parse("10:100")!.SelectMany(
                l => new[] { "windows-xp", "fair" }.Select(p => new RunRequest { Policy = Policies.Of(p), Limit = l, Seed = 1 })).ToList();
        var svg = Check(ScenarioPlots.Sweep(scenario, Summary.Of(Experiment.Run(scenario, requests, 2)), "seed 1"));
        Assert.Contains("limit (slots)", Texts(svg));
        Assert.Contains("seconds", Texts(svg));
        Assert.Contains("Live peers found", Texts(svg));
        Assert.Contains("First contacts of the worm", Texts(svg));
        Assert.Contains("windows-xp", Texts(svg));
        Assert.Contains("fair, p99", Texts(svg));
    }

    [Fact]
    public void An_outbreak_has_a_line_a_policy()
    {
        var scenario = ShippedScenarios.Find("outbreak")!;
        scenario = scenario with { Outbreak = scenario.Outbreak! with { Hosts = 2000, Addresses = 8_000_000 } };
        var runs =
            Experiment.Run(scenario,
                [new RunRequest { Policy = Policies.Of("unlimited"), Seed = 1 },
                    new RunRequest { Policy = Policies.Of("windows-xp"), Limit = 10, Seed = 1 }], 2);
        var svg = Check(ScenarioPlots.Outbreak(scenario, runs, "seed 1"));
        Assert.Contains("windows-xp, limit 10", Texts(svg));
        Assert.Equal(2, svg.Descendants(Svg + "path").Count());
    }

    [Fact]
    public void A_timeline_shows_the_slots_and_the_wait()
    {
        var svg =
            Check(Experiment.Timeline(ShippedScenarios.Find("freeze")! with { DurationSeconds = 120 },
                new RunRequest { Policy = Policies.Of("windows-xp"), Limit = 10, Seed = 1 }, 120));
        Assert.Contains("10 slots", Texts(svg));
        Assert.Contains("browser waits", Texts(svg));
    }

    [Theory]
    [InlineData("10", new[] { 10 })]
    [InlineData("100,10,100", new[] { 100, 10 })]
    [InlineData("5:5", new[] { 5 })]
    [InlineData("10:100", new[] { 10, 13, 18, 24, 32, 42, 56, 75, 100 })]
    public void Limits_are_numbers_lists_and_sweeps(string text, int[] limits) => Assert.Equal(limits, LimitSweep.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("1000001")]
    [InlineData("100:10")]
    [InlineData("1:2:3")]
    [InlineData("ten")]
    [InlineData("10,,20")]
    public void Other_limits_are_not_understood(string text) => Assert.Null(LimitSweep.Parse(text));

    private static XElement Check(string text)
    {
        var svg = XDocument.Parse(text).Root!;
        Assert.Equal(Svg + "svg", svg.Name);
        Assert.Contains("prefers-color-scheme:dark", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", text, StringComparison.Ordinal);
        var width = (double)svg.Attribute("width")!;
        var height = (double)svg.Attribute("height")!;
        Assert.All(svg.Descendants(Svg + "rect"), r =>
        {
            Assert.InRange((double)r.Attribute("x")! + (double)r.Attribute("width")!, 0, width + 0.5);
            Assert.InRange((double)r.Attribute("y")! + (double)r.Attribute("height")!, 0, height + 0.5);
        });
        return svg;
    }

    private static List<string> Texts(XElement svg) => [.. svg.Descendants(Svg + "text").Select(t => t.Value)];
}
