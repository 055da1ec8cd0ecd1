using System.Text.Json;
using System.Xml.Linq;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Lab;
using HalfOpen.Lab.Report;
using HalfOpen.Lab.Runs;
using Xunit;

namespace HalfOpen.Tests.Lab;

/// <summary>What the lab prints, from made-up measurements.</summary>
public sealed class ReportTests
{
    [Fact]
    public void The_json_has_the_agreed_shape()
    {
        using var json = JsonDocument.Parse(LabDocument.Write(Result()));
        var root = json.RootElement;
        Assert.Equal(["p50", "p99", "count"], Names(root.GetProperty("idle").GetProperty("pageSeconds")));
        var runs = root.GetProperty("runs").EnumerateArray().ToList();
        Assert.Equal(
            ["freeze unlimited ", "freeze windows-xp 10", "freeze windows-xp 100", "freeze fair 10", "freeze fair 100", "router unlimited ",
                "router fair 400"],
            runs.Select(r => $"{r.GetProperty("scenario")} {r.GetProperty("policy")} {r.GetProperty("limit")}"));
        string[] figures =
            ["pageSeconds", "livePeersPerMinute", "maxCounted", "maxHalfOpen", "maxNatEntries", "scannerContactsPerSecond"];
        foreach (var run in runs)
        {
            Assert.Superset(new HashSet<string>([.. figures, "scenario", "policy", "limit", "simulated"]), Names(run).ToHashSet());
            Assert.Equal(figures, Names(run.GetProperty("simulated")));
            Assert.Equal(["p50", "p99", "count", "failed", "loaded"], Names(run.GetProperty("pageSeconds")));
        }

        Assert.Equal(JsonValueKind.Null, runs[0].GetProperty("limit").ValueKind);
    }

    [Fact]
    public void The_picture_is_well_formed_and_names_every_run()
    {
        var svg = XDocument.Parse(LabPicture.Draw(Result(), "halfopen lab --svg <x>.svg"));
        var texts = svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value).ToList();
        Assert.All(["idle machine", "no limit", "windows-xp at 10", "windows-xp at 100", "fair at 10", "fair at 100"],
            name => Assert.Contains(name, texts));
    }

    [Fact]
    public void The_last_line_is_a_sentence_with_the_measured_times()
    {
        var output = new StringWriter();
        new LabTable(new Terminal(TextReader.Null, output, TextWriter.Null, false, false, false, 100)).Print(Result());
        var last = output.ToString().TrimEnd().Split('\n')[^1];
        Assert.StartsWith("While a P2P program", last, StringComparison.Ordinal);
        Assert.Contains("7.0 s under Windows XP", last, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_that_is_not_there_at_the_end_counts_when_it_took_longer_than_most()
    {
        Assert.Equal(new PageFigures(9, 9, 1, 0, 0), PageFigures.Of([], [], 9));
        Assert.Equal(new PageFigures(1, 9, 3, 0, 2), PageFigures.Of([1, 1], [], 9));
        Assert.Equal(new PageFigures(1, 1, 2, 0, 2), PageFigures.Of([1, 1], [], 0.5));
        Assert.Equal(new PageFigures(20, 21, 3, 1, 1), PageFigures.Of([1], [21], 20));
    }

    [Fact]
    public void A_failed_page_counts_with_the_time_its_reader_waited()
    {
        Assert.Equal(new PageFigures(21, 21, 3, 2, 1), PageFigures.Of([1], [21, 21], null));
    }

    internal static LabResult Result()
    {
        double Pages(LabPlan plan) =>
            plan switch { { Policy: "windows-xp", Limit: 10 } => 7, { Policy: "windows-xp" } => 1.6, { Policy: "fair" } => 0.3, _ => 0.1 };
        return new LabResult(new LabOptions(), [.. LabPlan.All(null, false).Select(p =>
        {
            var figures = new LabFigures
                { Pages = PageFigures.Of([Pages(p)], [], null), LivePeersPerMinute = 50, MaxCounted = p.Limit ?? 200, MaxHalfOpen = 250,
                    MaxRouterEntries = 300 };
            return new LabRunResult(p, figures, figures) { Pages = [Pages(p)] };
        })]);
    }

    private static List<string> Names(JsonElement element) => [.. element.EnumerateObject().Select(p => p.Name)];
}
