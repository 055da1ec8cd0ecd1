using System.Globalization;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Lab.Runs;

namespace HalfOpen.Cli.Lab;

/// <summary>The lab's result for people: a table, measured beside simulated, and one sentence.</summary>
internal sealed class LabTable(Terminal terminal)
{
    private static readonly string[] Heads =
        ["", "pages", "page p50", "page p99", "failed", "live/min", "half-open", "counted", "router", "scanner/s"];
    private static readonly int[] Widths = [29, 9, 17, 16, 8, 13, 11, 11, 13, 15];

    public void Print(LabResult result)
    {
        var o = terminal.Out;
        var times = result.Options.Times;
        o.WriteLine(terminal.Bold("The freeze and the cure, on real sockets") + terminal.Dim("   measured (simulated)"));
        o.WriteLine();
        Row(Heads, bold: true);
        LabScenario? shown = null;
        foreach (var run in result.Runs)
        {
            if (shown != run.Plan.Scenario)
            {
                shown = run.Plan.Scenario;
                if (Title(run.Plan.Scenario, times) is { } title)
                {
                    o.WriteLine(terminal.Dim(title));
                }
            }

            Row(Cells(run));
        }

        o.WriteLine();
        o.WriteLine(terminal.Dim(times.Scale >= 1
            ? $"Durations as in life: dead peers stay half-open for {times.Dead.TotalSeconds:0.#} s."
            : $"Durations are {1 / times.Scale:0.#} times shorter than in life (dead peers {times.Dead.TotalSeconds:0.#} s instead of "
                + $"21 s); round trips are real: 50 ms to web servers. --full does without."));
        o.WriteLine(
            terminal.Dim(
                "pages: loaded while counting; live: peers that answered; half-open: most SYNs out and unanswered; counted: of those, "
                + "to hosts not known to answer; router: most entries of its table; scanner: hosts it reached out to."));
        o.WriteLine();
        o.WriteLine(Sentence(result));
    }

    /// <summary>What a newcomer should take home.</summary>
    public static string Sentence(LabResult result)
    {
        var idle = result.Runs.First(r => r.Plan.Scenario == LabScenario.Idle).Measured.Pages.P50;
        if (result.Find("windows-xp", 10) is { } old && result.Find("windows-xp", 100) is { } patched
            && result.Find("fair", 10) is { } fair)
        {
            var then = old.Measured.Pages.P50;
            var now = fair.Measured.Pages.P50;
            return $"While a P2P program kept trying dead peers, a web page took {Seconds(then)} under Windows XP's limit of 10, "
                + $"{Seconds(patched.Measured.Pages.P50)} with the limit lifted to 100, "
                + $"and {Seconds(now)} with halfopen's fair policy at the same 10: {then / now:0} times faster, "
                + $"{(now < 1.5 * idle ? "as on an idle machine" : $"where an idle machine takes {Seconds(idle)}")}.";
        }

        if (result.Find("unlimited", null, LabScenario.Router) is { } open
            && result.Runs.FirstOrDefault(r => r.Plan is { Scenario: LabScenario.Router, Limit: not null }) is { } guarded)
        {
            return $"Without a guard the swarm filled the router's table ({open.Measured.MaxRouterEntries} entries) and a reader got "
                + $"{open.Measured.Pages.Loaded} pages, the slowest after "
                + $"{Seconds(open.Measured.Pages.P99)}"
                + $"{(open.Measured.Pages.Failed > 0 ? $"; {open.Measured.Pages.Failed} never came" : "")}. "
                + $"With halfopen it held at most {guarded.Measured.MaxRouterEntries}, and the same reader got "
                + $"{guarded.Measured.Pages.Loaded} pages, half of them within {Seconds(guarded.Measured.Pages.P50)}.";
        }

        if (result.Find("fair", 10, LabScenario.GoodHostDies) is { } few && result.Find("fair", 100, LabScenario.GoodHostDies) is { } many)
        {
            return $"A host that had always answered fell silent with up to {LabPlan.LoadSockets} connections under way. Beside them a "
                + $"page took {Seconds(few.Measured.Pages.P50)} with halfopen's fair policy at 10 and "
                + $"{Seconds(many.Measured.Pages.P50)} at 100, where an idle machine takes {Seconds(idle)}.";
        }

        return $"On an idle machine a page takes {Seconds(idle)}.";
    }

    public static string Seconds(double seconds) =>
        seconds < 0.995
        ? (seconds * 1000).ToString("0", CultureInfo.InvariantCulture) + " ms"
        : seconds.ToString(seconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " s";

    private static string? Title(LabScenario scenario, LabTimes times) => scenario switch
    {
        LabScenario.Freeze => $"a swarm that wants {LabPlan.SwarmWished} connections at any time; 70 % of its peers are dead",
        LabScenario.Router => $"a home router for {LabPlan.RouterCapacity} connections; {times.SwarmRate:0} attempts a second",
        LabScenario.GoodHostDies =>
            $"one host, {LabPlan.LoadRate:0} connections a second; it falls silent after {times.ServiceSilent.TotalSeconds:0.#} s",
        _ => null,
    };

    private static string[] Cells(LabRunResult run)
    {
        var (m, s) = (run.Measured, run.Simulated);
        var hasPeers = run.Plan.Scenario is LabScenario.Freeze or LabScenario.Router;
        return
        [
            run.Plan.Name,
            $"{m.Pages.Loaded} ({s.Pages.Loaded})",
            $"{Seconds(m.Pages.P50)} ({Seconds(s.Pages.P50)})",
            $"{Seconds(m.Pages.P99)} ({Seconds(s.Pages.P99)})",
            m.Pages.Failed.ToString(CultureInfo.InvariantCulture),
            !hasPeers ? "" : $"{m.LivePeersPerMinute:0} ({s.LivePeersPerMinute:0})",
            $"{m.MaxHalfOpen} ({s.MaxHalfOpen})",
            $"{m.MaxCounted} ({s.MaxCounted})",
            $"{m.MaxRouterEntries} ({s.MaxRouterEntries})",
            !hasPeers ? "" : $"{m.ScannerContactsPerSecond:0.0} ({s.ScannerContactsPerSecond:0.0})",
        ];
    }

    private void Row(string[] cells, bool bold = false)
    {
        var line = cells[0].PadRight(Widths[0]) + string.Concat(cells.Skip(1).Select((c, i) => c.PadLeft(Widths[i + 1])));
        terminal.Out.WriteLine(bold ? terminal.Bold(line) : line);
    }
}
