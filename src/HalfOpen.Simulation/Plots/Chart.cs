namespace HalfOpen.Simulation.Plots;

/// <summary>A line of a panel. Points need not be many; NaN leaves a gap.</summary>
/// <param name="Color">From 0, the same in every panel of a chart.</param>
/// <param name="Points">In order of X.</param>
internal sealed record Series(string Name, int Color, bool Dashed, IReadOnlyList<(double X, double Y)> Points)
{
    /// <summary>Where the value is only known to be larger than what is drawn: an arrow points up from there.</summary>
    public IReadOnlySet<double> AtLeast { get; init; } = new HashSet<double>();

    /// <summary>Seven colours, then the same with thin lines, then with wide ones.</summary>
    public static string Css(int color) => $"c{color % 7}" + (color / 7 % 3 is var kind and not 0 ? $" v{kind}" : "");
}

/// <summary>One set of axes.</summary>
internal sealed record Panel
{
    public required string Title { get; init; }

    /// <summary>What the x axis says, with its unit.</summary>
    public required string X { get; init; }

    /// <summary>What the y axis says, with its unit.</summary>
    public required string Y { get; init; }

    public bool LogX { get; init; }

    public bool LogY { get; init; }

    public required IReadOnlyList<Series> Series { get; init; }

    /// <summary>Marks on the x axis that the panel must show; empty: chosen by the axis.</summary>
    public IReadOnlyList<double> XTicks { get; init; } = [];
}

/// <summary>
/// Panels under one title with one legend: small multiples, so that what is compared stands side by side.
/// </summary>
internal static class Chart
{
    private const double PanelWidth = 440;
    private const double PanelHeight = 270;
    private const double Left = 62;
    private const double Right = 16;
    private const double Top = 34;
    private const double Bottom = 48;
    private const double Head = 58;

    /// <returns>A whole SVG file.</returns>
    public static string Render(string title, string subtitle, IReadOnlyList<Panel> panels, string madeBy)
    {
        var columns = panels.Count == 1 ? 1 : 2;
        var scale = columns == 1 ? 1.6 : 1.0;
        var rows = (panels.Count + columns - 1) / columns;
        var width = (columns * PanelWidth * scale) + 16;
        var legend = panels.SelectMany(p => p.Series).Select(s => (s.Name, s.Color, s.Dashed)).Distinct().ToList();
        var legendRows = LayOutLegend(legend, width, null, 0);
        var words = SvgText.Wrap(subtitle, width - 32, 12);
        var below = Head + ((words.Count - 1) * 16);
        var head = below + (legendRows * 20);
        var panelHeight = PanelHeight * (columns == 1 ? 1.3 : 1);
        var height = head + (rows * panelHeight) + 8;
        var svg = new SvgWriter(width, height, title, subtitle, madeBy);
        svg.Text("", SvgWriter.Margin, 28, SvgText.Cut(title, width - 40, 18), 17, bold: true);
        for (var i = 0; i < words.Count; i++)
        {
            svg.Text("m", SvgWriter.Margin, 48 + (i * 16), words[i], 12);
        }

        LayOutLegend(legend, width, svg, below + 12);
        for (var i = 0; i < panels.Count; i++)
        {
            Draw(svg, panels[i], 8 + (i % columns * PanelWidth * scale), head + (i / columns * panelHeight), PanelWidth * scale,
                panelHeight);
        }

        return svg.Finish();
    }

    private static int LayOutLegend(List<(string Name, int Color, bool Dashed)> legend, double width, SvgWriter? svg, double y)
    {
        var x = 16.0;
        var rows = 1;
        foreach (var (whole, color, dashed) in legend)
        {
            var name = SvgText.Cut(whole, width - 80, 12);
            var needed = 46 + SvgText.Width(name, 12);
            if (x + needed > width && x > 16)
            {
                x = 16;
                y += 20;
                rows++;
            }

            svg?.Line($"l {Series.Css(color)}{(dashed ? " d" : "")}", x, y - 4, x + 24, y - 4);
            svg?.Text("", x + 30, y, name, 12);
            x += needed;
        }

        return rows;
    }

    private static void Draw(SvgWriter svg, Panel panel, double x0, double y0, double width, double height)
    {
        var points = panel.Series.SelectMany(s => s.Points).Where(p => Shown(p, panel)).ToList();
        svg.Text("", x0 + 8, y0 + 18, SvgText.Cut(panel.Title, width - 24, 14), 13, bold: true);
        var left = x0 + Left;
        var right = x0 + width - Right;
        var top = y0 + Top;
        var bottom = y0 + height - Bottom;
        if (points.Count == 0)
        {
            svg.Text("m", (left + right) / 2, (top + bottom) / 2, "nothing to show", 12, "middle");
            return;
        }

        var xAxis = Axis.Of(points.Select(p => p.X), panel.LogX, zeroBased: false, panel.XTicks);
        var yAxis = Axis.Of(points.Select(p => p.Y), panel.LogY, zeroBased: true, []);
        double Px(double x) => left + (xAxis.Place(x) * (right - left));
        double Py(double y) => bottom - (yAxis.Place(y) * (bottom - top));
        foreach (var tick in yAxis.Ticks)
        {
            svg.Line("g", left, Py(tick), right, Py(tick));
            svg.Text("m", left - 7, Py(tick) + 4, Axis.Label(tick), 11, "end");
        }

        var lastLabelEnd = double.NegativeInfinity;
        foreach (var tick in xAxis.Ticks)
        {
            svg.Line("a", Px(tick), bottom, Px(tick), bottom + 4);
            var label = Axis.Label(tick);
            var half = label.Length * 3.4;
            if (Px(tick) - half > lastLabelEnd + 4)
            {
                svg.Text("m", Px(tick), bottom + 17, label, 11, "middle");
                lastLabelEnd = Px(tick) + half;
            }
        }

        svg.Line("a", left, bottom, right, bottom);
        svg.Text("m", (left + right) / 2, bottom + 36, panel.X, 12, "middle");
        svg.Text("m", x0 + 16, (top + bottom) / 2, panel.Y, 12, "middle", vertical: true);
        foreach (var series in panel.Series)
        {
            var shown = series.Points.Where(p => Shown(p, panel)).ToList();
            if (shown.Count == 0)
            {
                continue;
            }

            svg.Path($"l {Series.Css(series.Color)}{(series.Dashed ? " d" : "")}", shown.Select(p => (Px(p.X), Py(p.Y))));
            if (shown.Count <= 24)
            {
                foreach (var p in shown)
                {
                    svg.Dot($"f c{series.Color % 7}", Px(p.X), Py(p.Y));
                }
            }

            foreach (var p in shown.Where(p => series.AtLeast.Contains(p.X)))
            {
                var (x, y) = (Px(p.X), Py(p.Y));
                svg.Path($"l {Series.Css(series.Color)}", [(x, y), (x, y - 11), (x - 4, y - 6), (x, y - 11), (x + 4, y - 6)]);
            }
        }
    }

    private static bool Shown((double X, double Y) p, Panel panel) =>
        double.IsFinite(p.X) && double.IsFinite(p.Y) && (!panel.LogX || p.X > 0) && (!panel.LogY || p.Y > 0);
}
