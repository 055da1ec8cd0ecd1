using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Lab;
using HalfOpen.Lab.Runs;
using HalfOpen.Watch.Model;
using Xunit;
using static HalfOpen.Tests.Watch.WatchModelTests;

namespace HalfOpen.Tests.Watch;

/// <summary>What <c>lab --watch</c> paints while the machines run.</summary>
public sealed class LabBlockTests
{
    [Fact]
    public void Each_machine_has_a_line_that_is_painted_over()
    {
        var error = new StringWriter();
        var terminal = new Terminal(TextReader.Null, TextWriter.Null, error, isInteractive: false, errorIsTerminal: true, useColor: false,
            width: 100);
        var model = new WatchModel();
        model.Started(FlowTo(1), new WatchWho("user root", "/tmp/halfopen-lab-x/swarm/dotnet halfopen.dll", "dotnet halfopen.dll"), 1,
            Seconds(1));
        var frame = model.Frame(Seconds(2), default, new WatchSource(WatchKind.Events, ""), null,
            new WatchGuard("fair", 10, 9, 34, [], []));
        var plans = LabPlan.All(LabScenario.Freeze, giveUp: false);
        using (var line = new LabProgressLine(terminal, isQuiet: false))
        {
            var progress = new LabProgress("browsing", 0.5, [.. plans.Select(p => (p, 3))])
                { Frames = [.. plans.Select((_, i) => i == 1 ? frame : null)] };
            line.Show(progress);
            line.Show(progress);
        }

        var text = error.ToString();
        Assert.Contains("   9/10      34  swarm 1", text, StringComparison.Ordinal);
        Assert.Contains($"\e[{plans.Count + 2}A", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), l => Assert.InRange(l.Replace("\e[K", "", StringComparison.Ordinal).Length, 0, 108));
    }
}
