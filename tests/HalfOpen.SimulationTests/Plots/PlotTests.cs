using System.Xml.Linq;
using HalfOpen.Core;
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
        var svg = Check(ScenarioPlots.Sweep(scenario, Summary.Of(Experiment.Run(scenario, requests, 2)), "seed 1", "halfopen simulate"));
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
        var svg = Check(ScenarioPlots.Outbreak(scenario, runs, "seed 1", "halfopen simulate"));
        Assert.Contains("windows-xp, limit 10", Texts(svg));
        Assert.Equal(2, svg.Descendants(Svg + "path").Count());
    }

    [Fact]
    public void A_timeline_shows_the_slots_and_the_wait()
    {
        var svg =
            Check(Experiment.Timeline(ShippedScenarios.Find("freeze")! with { DurationSeconds = 120 },
                new RunRequest { Policy = Policies.Of("windows-xp"), Limit = 10, Seed = 1 }, 120, "halfopen simulate"));
        Assert.Contains("10 slots", Texts(svg));
        Assert.Contains("browser waits", Texts(svg));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(30, 1)]
    [InlineData(5, 30)]
    [InlineData(1000, 1)]
    [InlineData(1, 300)]
    public void A_timeline_fits_any_number_of_programs(int clones, int lines)
    {
        var first = ShippedScenarios.Find("freeze")!;
        var swarm = first.Programs[0] with { Concurrent = 5, Count = clones };
        var browser = first.Programs.Single(p => p.Kind == ProgramKind.Browser);
        var scenario = first with
        {
            DurationSeconds = 60,
            Programs = [.. Enumerable.Range(0, lines)
                .SelectMany(i => new[]
                {
                    swarm with { Name = $"swarm-with-a-long-name-{i}", Key = $"s{i}" },
                    browser with { Name = $"a reader of many pages {i}", Key = $"b{i}", Count = Math.Min(clones, 40) },
                })],
        };
        foreach (var row in PolicyTable.Shipped.Rows)
        {
            var request = new RunRequest { Policy = row.Default, Limit = row.Default.Promises.Limited ? 100 : null, Seed = 1 };
            Fits(Check(Experiment.Timeline(scenario, request, 60, LongCommand)));
        }
    }

    [Fact]
    public void A_sweep_fits_any_number_of_policies_and_programs()
    {
        var first = ShippedScenarios.Find("innocent")!;
        var innocent = first.Programs.Single(p => p.Kind == ProgramKind.Innocent);
        var scenario = first with
        {
            DurationSeconds = 10,
            Programs = [first.Programs[0] with { Concurrent = 20 }, .. Enumerable.Range(0, 30)
                .Select(i => innocent with { Name = $"innocent with a very long name indeed {i}", Key = $"i{i}" })],
        };
        string[] policies = ["unlimited", "fifo", "windows-xp", "fair", "fair+give-up", "fair+lend-headroom=no", "fair+max-headroom=0",
            "fair+known-destinations=no", "fair+learn-patience=no",
            "fair+lend-headroom=no+known-destinations=no+learn-patience=no+give-up"];
        var requests = policies.Select(Policies.Of).SelectMany(p => (int?[])(p.Promises.Limited ? [10, 100] : [null]),
            (p, limit) => new RunRequest { Policy = p, Limit = limit, Seed = 1 }).ToList();
        var svg = Check(ScenarioPlots.Sweep(scenario, Summary.Of(Experiment.Run(scenario, requests, 2)), "seed 1", LongCommand));
        Fits(svg);
        Assert.Equal(policies.Length, Legend(svg).Distinct().Count());
    }

    [Fact]
    public void The_foot_is_the_command_and_can_be_pasted()
    {
        var svg = Check(Experiment.Timeline(ShippedScenarios.Find("three-answers")!, 
            new RunRequest { Policy = Policies.Of("fair"), Limit = 10, Seed = 1 }, 30, LongCommand));
        var foot = Texts(svg).SkipWhile(t => !t.StartsWith("Made by: ", StringComparison.Ordinal)).ToList();
        Assert.True(foot.Count > 1);
        Assert.All(foot.SkipLast(1), line => Assert.EndsWith(" \\", line, StringComparison.Ordinal));
        Assert.Equal(LongCommand, string.Join(' ', foot.Select(l => l.TrimEnd('\\').Trim()))["Made by: ".Length..]);
        Assert.EndsWith(LongCommand, svg.Element(Svg + "desc")!.Value, StringComparison.Ordinal);
    }

    private const string LongCommand = "halfopen simulate --scenario 'my own <scenario> & more.json' --policy fair+lend-headroom=no "
        + "--limit 10 --set 'swarm.note=it'\\''s long' --seed 18446744073709551615 "
        + "--timeline '/tmp/a folder with many words/picture.svg' --quiet";

    /// <summary>How wide letters are is known roughly; at this width none may touch another or the edge.</summary>
    private static void Fits(XElement svg)
    {
        var width = (double)svg.Attribute("width")!;
        var height = (double)svg.Attribute("height")!;
        var boxes = svg.Descendants(Svg + "text").Where(t => t.Attribute("transform") is null).Select(Box).ToList();
        Assert.All(boxes, b => Assert.True(
            b.Left >= -1 && b.Right <= width + 1 && b.Bottom <= height && b.Top >= 0, $"{b} in {width} x {height}"));
        var ordered = boxes.OrderBy(b => b.Top).ToList();
        for (var i = 0; i < ordered.Count; i++)
        {
            for (var j = i + 1; j < ordered.Count && ordered[j].Top < ordered[i].Bottom; j++)
            {
                Assert.False(ordered[i].Left < ordered[j].Right && ordered[j].Left < ordered[i].Right, $"{ordered[i]} {ordered[j]}");
            }
        }

        var lines = svg.Descendants(Svg + "rect").Skip(1).Where(r => (double)r.Attribute("height")! <= 0);
        Assert.Empty(lines);
    }

    private static (string Text, double Left, double Right, double Top, double Bottom) Box(XElement text)
    {
        const double Letter = 0.5; // of the size: narrower than the writer takes them to be
        var size = (double)text.Attribute("font-size")!;
        var (x, y, wide) = ((double)text.Attribute("x")!, (double)text.Attribute("y")!, text.Value.Length * size * Letter);
        var left = (string)text.Attribute("text-anchor")! switch { "end" => x - wide, "middle" => x - (wide / 2), _ => x };
        return (text.Value, left, left + wide, y - (size * 0.8), y + (size * 0.2));
    }

    /// <summary>Colour and kind of each line that stands beside a name.</summary>
    private static IEnumerable<string> Legend(XElement svg) => svg.Elements(Svg + "line")
        .Select(l => (string)l.Attribute("class")!)
        .Where(c => c.StartsWith("l ", StringComparison.Ordinal) && !c.EndsWith(" d", StringComparison.Ordinal));

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
