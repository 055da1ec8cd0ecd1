using HalfOpen.Core;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Programs;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;
using HalfOpen.Simulation.World;

namespace HalfOpen.Simulation.Plots;

/// <summary>
/// One run as a picture: a row a slot, a bar an attempt from its SYN to its end, and under them how long somebody sat
/// before each page. Dead peers are pale bars as long as the system's patience; answers are slivers.
/// </summary>
internal static class SlotTimeline
{
    private const double Width = 860;
    private const double Left = 120;
    private const double Right = 24;
    private const int MostRows = 110;
    private const int FewAttempts = 12;

    public static string Render(Scenario scenario, RunRequest request, SimulatedWorld world, List<AttemptSpan> spans, double seconds)
    {
        var until = Math.Min(Ticks.FromSeconds(seconds), Ticks.FromSeconds(scenario.DurationSeconds));
        var shown = spans.Where(s => s.TakesSlot && s.Started < until).OrderBy(s => s.Started).ToList();
        var programs = world.Behaviours;
        var few = shown.Count <= FewAttempts && programs.Count <= FewAttempts; // then a row a program says more than a row a slot
        List<(AttemptSpan Span, int Row)> packed = [.. shown.Select(s => (s, s.Program))];
        var rows = few ? programs.Count : Pack(shown, out packed);
        rows = Math.Max(1, Math.Min(rows, MostRows));
        var rowHeight = few ? 34.0 : rows <= 12 ? 18.0 : rows <= 40 ? 9 : 5;
        var browsers = programs.OfType<BrowserBehaviour>().ToList();
        var words =
            SvgWriter.Wrap(
                (few ? "A bar is an attempt from its first SYN to its end, a mark a SYN. "
                    : "A row is a slot, a bar an attempt from its SYN to its end. ") + (scenario.Title == "-" ? "" : scenario.Title),
                        Width - 32, 12);
        var legendTop = 48.0 + (words.Count * 16);
        var top = few ? legendTop : legendTop + 32;
        var bottom = top + (rows * rowHeight);
        var height = bottom + 58 + (browsers.Count * 34);
        var name = request.Label + (request.Limit is { } limit ? $", limit {limit}" : "");
        var svg =
            new SvgWriter(Width, height, $"{(few ? "How long an attempt is half-open" : "Who holds the slots")}: {scenario.Name}, {name}",
                "One row a slot, one bar an attempt from its SYN to its end; pale: nobody answered.");
        svg.Text("", 16, 28, few ? "How long an attempt is half-open" : $"Who holds the slots: {name}", 17, bold: true);
        for (var i = 0; i < words.Count; i++)
        {
            svg.Text("m", 16, 48 + (i * 16), words[i], 12);
        }

        if (!few)
        {
            Legend(svg, programs, legendTop);
        }

        double X(long t) => Left + ((double)Math.Min(t, until) / until * (Width - Left - Right));
        var axis = Axis.Of([0, Ticks.ToSeconds(until)], false, true, []);
        foreach (var tick in axis.Ticks.Where(t => Ticks.FromSeconds(t) <= until))
        {
            var x = X(Ticks.FromSeconds(tick));
            svg.Line("g", x, top, x, height - 44);
            svg.Text("m", x, height - 28, Axis.Label(tick), 11, "middle");
        }

        svg.Text("m", (Left + Width - Right) / 2, height - 10, "virtual seconds", 12, "middle");
        if (!few)
        {
            svg.Text("m", Left - 10, (top + bottom) / 2, rows == 1 ? "1 slot" : $"{rows} slots", 12, "end");
        }

        foreach (var program in few ? programs : [])
        {
            svg.Text("", Left - 10, top + (program.Index * rowHeight) + (rowHeight / 2) + 4, program.Name, 12, "end");
        }

        foreach (var (span, row) in packed.Where(p => p.Row < rows))
        {
            var css = $"c{span.Program % 6} " + (span.Outcome is Outcome.Established or Outcome.Refused ? "f" : "p");
            var x = X(span.Started);
            var y = top + (row * rowHeight);
            if (few)
            {
                y += 7;
                DrawSyns(svg, world.Syn, span, X, y);
            }

            svg.Rect(css, x, y + 1, Math.Max(1.5, X(span.Ended) - x), few ? 20 : rowHeight - 2, rowHeight > 8 ? 2 : 0);
            if (few)
            {
                svg.Text("m", X(span.Ended) + 8, y + 15,
                    $"{Word(span.Outcome)} after {ResultTable.Seconds(Ticks.ToSeconds(span.Ended - span.Started))}", 12);
            }
        }

        for (var b = 0; b < browsers.Count; b++)
        {
            DrawPages(svg, browsers[b], world.Now, until, X, bottom + 12 + (b * 34));
        }

        return svg.Finish();
    }

    private static string Word(Outcome? outcome) => outcome switch
    {
        null => "still half-open",
        Outcome.Established => "answered",
        Outcome.TimedOut => "given up",
        Outcome.Cancelled => "closed by the program",
        _ => "refused",
    };

    private static void DrawSyns(SvgWriter svg, SynTiming timing, AttemptSpan span, Func<long, double> x, double y)
    {
        for (var at = span.Started; at < span.Ended; at = timing.NextSyn(span.Submitted, span.Started, at))
        {
            svg.Path($"l c{span.Program % 6}", [(x(at), y - 3), (x(at), y + 25)]);
            if (span.Outcome is not (Outcome.Established or Outcome.Refused))
            {
                svg.Text("m", x(at) + 4, y + 15, "SYN", 10);
            }
        }
    }

    private static void Legend(SvgWriter svg, IReadOnlyList<Behaviour> programs, double y)
    {
        var x = 16.0;
        foreach (var program in programs.Take(6))
        {
            svg.Rect($"c{program.Index % 6} f", x, y, 12, 12, 2);
            svg.Text("", x + 18, y + 10, program.Name + " (answered)", 12);
            x += 18 + ((program.Name.Length + 11) * 6.6) + 14;
        }

        svg.Rect($"c{programs[0].Index % 6} p", x, y, 26, 12, 2);
        svg.Text("", x + 32, y + 10, "pale: nobody answers", 12);
    }

    private static void DrawPages(SvgWriter svg, BrowserBehaviour browser, long now, long until, Func<long, double> x, double y)
    {
        svg.Text("m", Left - 10, y + 15, $"{browser.Name} waits", 12, "end");
        var waits = browser.Asked.Zip(browser.Pages, (asked, took) => (From: asked, To: asked + took)).ToList();
        if (browser.WaitingSince is { } since)
        {
            waits.Add((since, now));
        }

        foreach (var (from, to) in waits.Where(w => w.From < until))
        {
            var left = x(from);
            var width = Math.Max(2, x(to) - left);
            svg.Rect($"c{browser.Index % 6} w", left, y, width, 22, 2);
            svg.Rect($"c{browser.Index % 6} o", left, y, width, 22, 2);
            if (width > 56)
            {
                svg.Text("", left + (width / 2), y + 15,
                    to > until ? "page ..." : "page: " + ResultTable.Seconds(Ticks.ToSeconds(to - from)), 12, "middle");
            }
        }
    }

    /// <summary>Gives each span the first row that is free, as a slot would be.</summary>
    private static int Pack(List<AttemptSpan> spans, out List<(AttemptSpan Span, int Row)> packed)
    {
        var freeAt = new List<long>();
        packed = [];
        foreach (var span in spans)
        {
            var row = freeAt.FindIndex(t => t <= span.Started);
            if (row < 0)
            {
                row = freeAt.Count;
                freeAt.Add(0);
            }

            freeAt[row] = span.Ended;
            packed.Add((span, row));
        }

        return freeAt.Count;
    }
}
