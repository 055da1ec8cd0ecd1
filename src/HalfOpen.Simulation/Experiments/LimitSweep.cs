using HalfOpen.Core;

namespace HalfOpen.Simulation.Experiments;

/// <summary>The limits that <c>--limit</c> names: one number, a list, or a range in geometric steps.</summary>
public static class LimitSweep
{
    /// <summary>The largest limit, as the drivers have it: 2^31 - 1. A world needs far less.</summary>
    public const int Most = 1_000_000;

    private const double StepsPerDecade = 8;

    /// <summary>Reads 10, 10,50,100 or 10:400 (about eight steps to a factor of ten, both ends included).</summary>
    /// <returns>Null: not understood, or outside 1 to <see cref="Most"/>.</returns>
    public static IReadOnlyList<int>? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ends = text.Split(':');
        if (ends.Length == 2)
        {
            return One(ends[0]) is { } from && One(ends[1]) is { } to && from <= to ? Between(from, to) : null;
        }

        var list = text.Split(',').Select(One).ToList();
        return ends.Length == 1 && list.Count <= 100 && list.TrueForAll(l => l is not null)
            ? [.. list.Select(l => l!.Value).Distinct()] : null;
    }

    private static int? One(string text) => NumberText.Int(text, 1, Most);

    private static List<int> Between(int from, int to)
    {
        var steps = Math.Max(1, (int)Math.Ceiling(Math.Log10((double)to / from) * StepsPerDecade));
        var limits = new SortedSet<int> { from, to };
        for (var i = 1; i < steps; i++)
        {
            limits.Add(Nice(from * Math.Pow((double)to / from, (double)i / steps)));
        }

        return [.. limits.Where(l => l >= from && l <= to)];
    }

    /// <summary>Two significant digits: people read 130, not 133.</summary>
    private static int Nice(double value)
    {
        var unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(value)) - 1));
        return (int)(Math.Round(value / unit) * unit);
    }
}
