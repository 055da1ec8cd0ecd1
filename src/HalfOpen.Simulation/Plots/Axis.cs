using System.Globalization;

namespace HalfOpen.Simulation.Plots;

/// <summary>Ends and marks of an axis, chosen so that people can read values off it.</summary>
internal sealed class Axis
{
    private readonly double _from;
    private readonly double _to;
    private readonly bool _log;

    private Axis(double from, double to, bool log, IReadOnlyList<double> ticks)
    {
        _from = from;
        _to = to;
        _log = log;
        Ticks = ticks;
    }

    public IReadOnlyList<double> Ticks { get; }

    public static Axis Of(IEnumerable<double> values, bool log, bool zeroBased, IReadOnlyList<double> ticks)
    {
        var all = values.ToList();
        return log
            ? Logarithmic(all.Min(), all.Max(), ticks, zeroBased)
            : Linear(zeroBased ? Math.Min(0, all.Min()) : all.Min(), all.Max(), ticks);
    }

    /// <summary>0 at the near end, 1 at the far end.</summary>
    public double Place(double value) =>
        _log ? (Math.Log10(value) - Math.Log10(_from)) / (Math.Log10(_to) - Math.Log10(_from)) : (value - _from) / (_to - _from);

    /// <summary>Short: 0.05, 10, 1,500, 20k, 3M.</summary>
    public static string Label(double value) => Math.Abs(value) switch
    {
        >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + "M",
        >= 1e4 => (value / 1e3).ToString("0.##", CultureInfo.InvariantCulture) + "k",
        >= 1e3 => value.ToString("#,0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.####", CultureInfo.InvariantCulture),
    };

    private static Axis Linear(double from, double to, IReadOnlyList<double> ticks)
    {
        if (to <= from)
        {
            to = from + 1;
        }

        var rough = (to - from) / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = new[] { 1.0, 2, 2.5, 5, 10 }.First(s => s * power >= rough * 0.999) * power;
        var first = Math.Floor((from / step) + 1e-9) * step;
        var last = Math.Ceiling((to / step) - 1e-9) * step;
        var marks = ticks.Count > 0
            ? ticks : [.. Enumerable.Range(0, (int)Math.Round((last - first) / step) + 1).Select(i => first + (i * step))];
        return new Axis(first, last, false, marks);
    }

    private static Axis Logarithmic(double from, double to, IReadOnlyList<double> ticks, bool wholeDecades)
    {
        if (wholeDecades)
        {
            var decade = Math.Pow(10, Math.Floor(Math.Log10(from) + 1e-9));
            from = new[] { 5.0, 2, 1 }.Select(f => f * decade).First(f => f <= from * 1.0001);
            to = new[] { 1.0, 2, 5, 10 }.Select(f => f * Math.Pow(10, Math.Floor(Math.Log10(to) + 1e-9))).First(t => t >= to * 0.9999);
        }

        if (to <= from)
        {
            to = from * 10;
        }

        var decades = Math.Log10(to / from);
        double[] within = decades > 4 ? [1] : decades > 2 ? [1, 3] : [1, 2, 5];
        var marks = ticks.Count > 0 ? ticks.ToList() : [];
        for (var e = (int)Math.Floor(Math.Log10(from)); ticks.Count == 0 && e <= (int)Math.Ceiling(Math.Log10(to)); e++)
        {
            marks.AddRange(within.Select(m => m * Math.Pow(10, e)).Where(t => t >= from * 0.9999 && t <= to * 1.0001));
        }

        return new Axis(from, to, true, marks);
    }
}
