using System.Globalization;
using HalfOpen.Core;

namespace HalfOpen.Simulation.Experiments;

/// <summary>
/// What a result must be, as a user writes it: METRIC OPERATOR NUMBER[UNIT], such as <c>page.p99 &lt;= 0.5s</c>. For
/// scripts that must fail when a policy gets worse. Immutable, thread-safe.
/// </summary>
public sealed record Assertion
{
    private const int MostLetters = 200;
    private static readonly string[] Operators = ["<=", ">=", "<", ">", "="]; // the longer ones first

    /// <summary>Units of durations, in seconds.</summary>
    private static readonly (string Name, double Seconds)[] Units = [("ms", 0.001), ("min", 60), ("s", 1), ("h", 3600)];

    private Assertion(string text, Metric metric, string? program, string comparison, double wanted)
    {
        Text = text;
        Metric = metric;
        Program = program;
        Comparison = comparison;
        Wanted = wanted;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    internal Metric Metric { get; }

    /// <summary>Whose, where a metric is kept for each program; null: it is of the whole run.</summary>
    public string? Program { get; }

    /// <summary>One of &lt;=, &lt;, &gt;=, &gt; and =.</summary>
    public string Comparison { get; }

    /// <summary>Durations in seconds, everything else as it is counted.</summary>
    public double Wanted { get; }

    /// <summary>Reads an assertion strictly: every letter of it has a meaning, or it is none.</summary>
    /// <param name="problem">What is wrong and what is allowed; null when it is one.</param>
    /// <returns>Null: it is none.</returns>
    public static Assertion? Parse(string text, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        problem = null;
        var at = text.AsSpan().IndexOfAny("<>=");
        if (at <= 0 || text.Length > MostLetters)
        {
            problem = "METRIC OPERATOR NUMBER[UNIT] is wanted, such as 'page.p99 <= 0.5s'; operators are <=, <, >=, > and =";
            return null;
        }

        var comparison = Operators.First(o => text.AsSpan(at).StartsWith(o, StringComparison.Ordinal));
        var name = text[..at].Trim();
        if (Metric.Find(name, out var program) is not { } metric)
        {
            problem = $"there is no metric '{name}'{Resemblance.Hint(name, Metric.Names)}; there are {string.Join(", ", Metric.Names)}";
            return null;
        }

        if (Number(text[(at + comparison.Length)..].Trim(), metric.IsDuration) is not { } wanted)
        {
            problem = metric.IsDuration
                ? $"after {comparison} comes a duration such as 0.5s, with a unit of ms, s, min or h (none: seconds)"
                : $"after {comparison} comes a number without a unit, such as 10 or 0.95";
            return null;
        }

        return new Assertion(text, metric, program, comparison, wanted);
    }

    /// <summary>What a row has; null: nothing of the kind. Infinite: more than was waited for.</summary>
    public double? Seen(Summary row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return Metric.Of(row, Program ?? "") is { } seen && !double.IsNaN(seen) ? seen : null;
    }

    /// <summary>Whether it holds; false where there is nothing to compare.</summary>
    public bool Holds(Summary row) => Seen(row) is { } seen && Comparison switch
    {
        "<=" => seen <= Wanted,
        "<" => seen < Wanted,
        ">=" => seen >= Wanted,
        ">" => seen > Wanted,
        _ => seen == Wanted,
    };

    /// <summary>What was seen, for people: with the unit, exact enough to see why it does not hold.</summary>
    public string Words(Summary row) => Seen(row) switch
    {
        null => "nothing of the kind",
        double.PositiveInfinity => row.PageSeconds?.UnfinishedSeconds is { } so
            ? $"more than {so.ToString("0.###", CultureInfo.InvariantCulture)} s" : "not in this run",
        var seen => seen.Value.ToString("0.###", CultureInfo.InvariantCulture) + (Metric.IsDuration ? " s" : ""),
    };

    private static double? Number(string text, bool isDuration)
    {
        var factor = 1.0;
        if (isDuration)
        {
            foreach (var (unit, seconds) in Units)
            {
                if (text.EndsWith(unit, StringComparison.Ordinal))
                {
                    (text, factor) = (text[..^unit.Length].TrimEnd(), seconds);
                    break;
                }
            }
        }

        return NumberText.Real(text) * factor;
    }
}
