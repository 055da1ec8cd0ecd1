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
    private const int MostRows = 1000;
    private const int MostReaders = 12;
    private const int MostGroups = 6; // as many as there are colours for; the rest is grey
    private const int FewAttempts = 12;
    private const double LegendLine = 18;

    public static string Render(
        Scenario scenario, RunRequest request, SimulatedWorld world, List<AttemptSpan> spans, double seconds, string madeBy)
    {
        var until = Math.Min(Ticks.FromSeconds(seconds), Ticks.FromSeconds(scenario.DurationSeconds));
        var shown = spans.Where(s => s.TakesSlot && s.Started < until).OrderBy(s => s.Started).ToList();
        var programs = world.Behaviours;
        var few = shown.Count <= FewAttempts && programs.Count <= FewAttempts; // then a row a program says more than a row a slot
        List<(AttemptSpan Span, int Row)> packed = [.. shown.Select(s => (s, s.Program))];
        var rows = few ? programs.Count : Pack(shown, out packed);
        var allRows = Math.Max(1, rows);
        rows = Math.Min(allRows, MostRows);
        var rowHeight = few ? 34.0 : rows switch { <= 12 => 18.0, <= 40 => 9, <= 110 => 5, <= 300 => 2.5, _ => 1.2 };
        var gap = rowHeight >= 5 ? 2 : 0.2;
        var allBrowsers = programs.OfType<BrowserBehaviour>().ToList();
        var browsers = allBrowsers.OrderByDescending(LongestWait).Take(MostReaders).OrderBy(b => b.Index).ToList();
        var colors = Colors(programs, out var legend);
        var words =
            SvgText.Wrap(
                (few ? "A bar is an attempt from its first SYN to its end, a mark a SYN. "
                    : "A row is a slot, a bar an attempt from its SYN to its end. ") + (scenario.Title == "-" ? "" : scenario.Title),
                        Width - 32, 12);
        var legendTop = 48.0 + (words.Count * 16);
        var legendRows = few ? 0 : Legend(null, legend, legendTop);
        var top = few ? legendTop : legendTop + 14 + (legendRows * LegendLine);
        var bottom = top + (rows * rowHeight);
        var height = bottom + 58 + (browsers.Count * 34) + (browsers.Count < allBrowsers.Count ? 20 : 0);
        var name = request.Label + (request.Limit is { } limit ? $", limit {limit}" : "");
        var svg =
            new SvgWriter(Width, height, $"{(few ? "How long an attempt is half-open" : "Who holds the slots")}: {scenario.Name}, {name}",
                "One row a slot, one bar an attempt from its SYN to its end; pale: nobody answered.", madeBy);
        var title = few ? "How long an attempt is half-open" : $"Who holds the slots: {name}";
        svg.Text("", SvgWriter.Margin, 28, SvgText.Cut(title, Width - 40, 18), 17, bold: true);
        for (var i = 0; i < words.Count; i++)
        {
            svg.Text("m", SvgWriter.Margin, 48 + (i * 16), words[i], 12);
        }

        if (!few)
        {
            Legend(svg, legend, legendTop);
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
            svg.Text("m", Left - 10, (top + bottom) / 2,
                allRows == 1 ? "1 slot" : rows < allRows ? $"{rows} of {allRows} slots" : $"{rows} slots", 12, "end");
        }

        foreach (var program in few ? programs : [])
        {
            svg.Text("", Left - 10, top + (program.Index * rowHeight) + (rowHeight / 2) + 4,
                SvgText.Cut(program.Name, Left - 20, 12), 12, "end");
        }

        foreach (var (span, row) in packed.Where(p => p.Row < rows))
        {
            var css = $"c{colors[span.Program]} " + (span.Outcome is Outcome.Established or Outcome.Refused ? "f" : "p");
            var x = X(span.Started);
            var y = top + (row * rowHeight);
            if (few)
            {
                y += 7;
                DrawSyns(svg, world.Syn, span, colors[span.Program], X, y);
            }

            svg.Rect(css, x, y + (gap / 2), Math.Max(1.5, X(span.Ended) - x), few ? 20 : rowHeight - gap, rowHeight > 8 ? 2 : 0);
            if (few)
            {
                var text = $"{Word(span.Outcome)} after {ResultTable.Seconds(Ticks.ToSeconds(span.Ended - span.Started))}";
                var fits = X(span.Ended) + 8 + SvgText.Width(text, 12) < Width;
                svg.Text("m", fits ? X(span.Ended) + 8 : X(span.Ended) - 8, y + 15, text, 12, fits ? "start" : "end");
            }
        }

        for (var b = 0; b < browsers.Count; b++)
        {
            DrawPages(svg, browsers[b], colors[browsers[b].Index], world.Now, until, X, bottom + 12 + (b * 34));
        }

        if (browsers.Count < allBrowsers.Count)
        {
            svg.Text("m", Left, bottom + 24 + (browsers.Count * 34),
                $"those of {allBrowsers.Count} who waited longest for one page", 12);
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

    private static void DrawSyns(SvgWriter svg, SynTiming timing, AttemptSpan span, int color, Func<long, double> x, double y)
    {
        for (var at = span.Started; at < span.Ended; at = timing.NextSyn(span.Submitted, span.Started, at))
        {
            svg.Path($"l c{color}", [(x(at), y - 3), (x(at), y + 25)]);
            if (span.Outcome is not (Outcome.Established or Outcome.Refused))
            {
                svg.Text("m", x(at) + 4, y + 15, "SYN", 10);
            }
        }
    }

    /// <summary>
    /// A colour for each program: programs of one line of the scenario have one, and beyond six lines the rest is grey.
    /// </summary>
    private static int[] Colors(IReadOnlyList<Behaviour> programs, out List<(string Name, int Color)> legend)
    {
        var groups = programs.GroupBy(p => p.Spec).ToList();
        var ofGroup = groups.Select((g, i) => (g.Key, Color: Math.Min(i, MostGroups))).ToDictionary(g => g.Key, g => g.Color);
        legend = [.. groups.Take(MostGroups).Select((g, i) => (g.Count() == 1 ? g.First().Name : $"{g.Key.Name} ({g.Count()})", i))];
        if (groups.Count > MostGroups)
        {
            legend.Add(($"{groups.Skip(MostGroups).Sum(g => g.Count())} others", MostGroups));
        }

        return [.. programs.Select(p => ofGroup[p.Spec])];
    }

    /// <returns>How many lines it takes.</returns>
    private static int Legend(SvgWriter? svg, List<(string Name, int Color)> legend, double y)
    {
        var x = 16.0;
        var lines = 1;
        foreach (var (name, color) in legend)
        {
            var text = SvgText.Cut(name, 220, 12) + " (answered)";
            Entry($"c{color} f", 12, text);
        }

        Entry($"c{legend[0].Color} p", 26, "pale: nobody answers");
        return lines;

        void Entry(string css, double box, string text)
        {
            var needed = box + 6 + SvgText.Width(text, 12) + 14;
            if (x + needed > Width && x > 16)
            {
                (x, y, lines) = (16, y + LegendLine, lines + 1);
            }

            svg?.Rect(css, x, y, box, 12, 2);
            svg?.Text("", x + box + 6, y + 10, text, 12);
            x += needed;
        }
    }

    private static long LongestWait(BrowserBehaviour browser) =>
        browser.WaitingSince is not null && browser.Pages.Count == 0 ? long.MaxValue : browser.Pages.DefaultIfEmpty(0).Max();

    private static void DrawPages(SvgWriter svg, BrowserBehaviour browser, int color, long now, long until, Func<long, double> x,
        double y)
    {
        svg.Text("m", Left - 10, y + 15, SvgText.Cut(browser.Name, Left - 50, 12) + " waits", 12, "end");
        var waits = browser.Asked.Zip(browser.Pages, (asked, took) => (From: asked, To: asked + took)).ToList();
        if (browser.WaitingSince is { } since)
        {
            waits.Add((since, now));
        }

        foreach (var (from, to) in waits.Where(w => w.From < until))
        {
            var left = x(from);
            var width = Math.Max(2, x(to) - left);
            svg.Rect($"c{color} w", left, y, width, 22, 2);
            svg.Rect($"c{color} o", left, y, width, 22, 2);
            var text = to > until ? "page ..." : "page: " + ResultTable.Seconds(Ticks.ToSeconds(to - from));
            if (width > SvgText.Width(text, 12) + 4)
            {
                svg.Text("", left + (width / 2), y + 15, text, 12, "middle");
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
