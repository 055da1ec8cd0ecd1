using System.Globalization;
using HalfOpen.Lab.Runs;
using HalfOpen.Simulation.Plots;

namespace HalfOpen.Lab.Report;

/// <summary>
/// The lab's result as one picture: every page that was loaded is a dot, under each policy a line. Fits light and dark
/// pages.
/// </summary>
public static class LabPicture
{
    private const double Width = 920;
    private const double Left = 206;
    private const double Right = 606;
    private const double Median = 678;
    private const double Slowest = 750;
    private const double Loaded = 806;
    private const double Top = 118;
    private const double RowHeight = 46;
    private const double GroupGap = 30;
    private const double Least = 0.05;
    private const int Muted = 6;

    /// <param name="madeBy">The command that measured it, for the foot of the picture.</param>
    public static string Draw(LabResult result, string madeBy)
    {
        var groups = result.Runs.Any(r => r.Plan.Scenario == LabScenario.Router) ? 2 : 1;
        var bottom = Top + (result.Runs.Count * RowHeight) + (groups * GroupGap) - 6;
        var most = Math.Max(10, result.Runs.Max(r => Math.Max(r.Measured.Pages.P99, r.Simulated.Pages.P99)) * 1.15);
        var scale = new Scale(most);
        var svg = new SvgWriter(Width, bottom + 72, "A web page beside a program with dead peers",
            "Times of real page loads in network namespaces, by policy, on a logarithmic axis, beside the simulated medians.",
            madeBy);
        var isStorm = result.Runs.Any(r => r.Plan.Scenario == LabScenario.GoodHostDies);
        svg.Text("", SvgWriter.Margin, 34, isStorm ? "How long a web page takes beside a host that falls silent"
            : "How long a web page takes while a P2P program tries dead peers", 19, bold: true);
        svg.Text("m", SvgWriter.Margin, 57, "A page is 30 HTTP connections to 5 new hosts, 50 ms away. " + (isStorm
            ? "Another program begins 300 a second to one host, up to 1,000 at once."
            : "The program wants 200 connections at any time; 70 % of its peers are dead."), 12.5);
        svg.Text("m", SvgWriter.Margin, 75, Speed(result.Options.Times), 12.5);
        svg.Text("m", Median, Top - 10, "median", 11.5, "end");
        svg.Text("m", Slowest, Top - 10, "slowest", 11.5, "end");
        svg.Text("m", Loaded, Top - 10, "pages", 11.5, "end");
        svg.Text("m", Width - 24, Top - 10, "live/min", 11.5, "end");
        Grid(svg, scale, bottom);

        var y = Top + 24;
        LabScenario? group = null;
        foreach (var run in result.Runs)
        {
            if (group is not null && group != run.Plan.Scenario && run.Plan.Scenario != LabScenario.Idle
                && Title(run.Plan.Scenario) is { } title && (group != LabScenario.Idle || run.Plan.Scenario == LabScenario.Router))
            {
                y += GroupGap;
                svg.Text("m", SvgWriter.Margin, y - 26, title, 12);
            }

            group = run.Plan.Scenario;
            Row(svg, scale, run, y);
            y += RowHeight;
        }

        svg.Text("m", (Left + Right) / 2, bottom + 36, "seconds until the page is there (logarithmic)", 12, "middle");
        svg.Text("m", SvgWriter.Margin, bottom + 62,
            "dots: pages on real sockets; bar: their median; diamond: the simulator's median of the same", 11.5);
        return svg.Finish();
    }

    private static string Speed(LabTimes times) =>
        string.Create(CultureInfo.InvariantCulture, $"A dead peer's attempt ends after {times.Dead.TotalSeconds:0.#} s")
        + (times.Scale < 1
            ? string.Create(CultureInfo.InvariantCulture,
                $": everything but round trips is {1 / times.Scale:0.#} times faster than in life.") : ", as on Windows XP.");

    private static string? Title(LabScenario scenario) =>
        scenario == LabScenario.Router ? $"behind a home router that remembers {LabPlan.RouterCapacity} connections" : null;

    private static void Grid(SvgWriter svg, Scale scale, double bottom)
    {
        foreach (var tick in (double[])[0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200])
        {
            if (tick <= scale.Most)
            {
                svg.Line("g", scale.At(tick), Top, scale.At(tick), bottom);
                svg.Text("m", scale.At(tick), bottom + 17, tick.ToString("0.##", CultureInfo.InvariantCulture), 11.5, "middle");
            }
        }
    }

    private static void Row(SvgWriter svg, Scale scale, LabRunResult run, double y)
    {
        var color = "c" + Color(run.Plan).ToString(CultureInfo.InvariantCulture);
        svg.Text("", SvgWriter.Margin, y + 5, run.Plan.Name.Replace(", NAT budget ", ", NAT ", StringComparison.Ordinal), 14,
            bold: run.Plan.Policy == "fair");
        svg.Line("g", Left, y, Right, y);
        for (var i = 0; i < run.Pages.Count; i++)
        {
            svg.Dot("p " + color, scale.At(run.Pages[i]), y + (((i * 7 % 13) - 6) * 1.3), 3.2);
        }

        var (measured, simulated) = (run.Measured.Pages, run.Simulated.Pages);
        if (measured.Count > 0)
        {
            svg.Rect("f " + color, scale.At(measured.P50) - 2, y - 14, 4, 28, 2);
        }

        if (simulated.Count > 0)
        {
            var x = scale.At(simulated.P50);
            svg.Path("o " + color, [(x, y - 7), (x + 6, y), (x, y + 7), (x - 6, y), (x, y - 7)]);
        }

        svg.Text("", Median, y + 5, measured.Count > 0 ? Seconds(measured.P50) : "none", 14, "end", bold: true);
        svg.Text("", Slowest, y + 5, measured.Count > 0 ? Seconds(measured.P99) : "none", 14, "end");
        svg.Text("", Loaded, y + 5, measured.Loaded.ToString(CultureInfo.InvariantCulture), 14, "end");
        if (measured.Failed > 0)
        {
            svg.Text("m", Loaded, y + 20, string.Create(CultureInfo.InvariantCulture, $"{measured.Failed} failed"), 11, "end");
        }

        if (run.Plan.Scenario is LabScenario.Freeze or LabScenario.Router)
        {
            svg.Text("", Width - 24, y + 5, run.Measured.LivePeersPerMinute.ToString("0", CultureInfo.InvariantCulture), 14, "end");
        }
    }

    private static int Color(LabPlan plan) => plan.Scenario == LabScenario.Idle ? Muted : plan.Policy switch
    {
        "windows-xp" => 1,
        "fair" => 2,
        _ => 0,
    };

    private static string Seconds(double seconds) =>
        seconds < 0.995
            ? (seconds * 1000).ToString("0", CultureInfo.InvariantCulture) + " ms"
            : seconds.ToString(seconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " s";

    /// <summary>Logarithmic.</summary>
    private readonly record struct Scale(double Most)
    {
        public double At(double seconds) =>
            Left + 10 + (Math.Log(Math.Max(seconds, Least) / Least) / Math.Log(Most / Least) * (Right - Left - 14));
    }
}
