namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// Numbers in documents for machines, rounded to what is meant: a millisecond, a thousandth of an attempt a second.
/// What lies below is noise of the arithmetic, and nobody should compare it.
/// </summary>
internal static class Rounded
{
    private const int Digits = 3;

    public static double ToThousandths(double value) => Math.Round(value, Digits);

    public static double? ToThousandths(double? value) => value is { } v ? Math.Round(v, Digits) : null;

    public static IReadOnlyDictionary<string, double> ToThousandths(IReadOnlyDictionary<string, double> values) =>
        values.ToDictionary(v => v.Key, v => Math.Round(v.Value, Digits), StringComparer.Ordinal);

    public static IReadOnlyDictionary<string, double?> ToThousandths(IReadOnlyDictionary<string, double?> values) =>
        values.ToDictionary(v => v.Key, v => ToThousandths(v.Value), StringComparer.Ordinal);
}
