using System.Globalization;

namespace HalfOpen.Core;

/// <summary>
/// The one way in which numbers and durations that people type are read: on command lines, in configuration files, in
/// options of policies. Decimal ASCII digits only, so that one text means one number whoever types it: no sign, space,
/// exponent, thousands separator, decimal comma or hexadecimal, and no leading zero. Thread-safe: no state.
/// </summary>
public static class NumberText
{
    /// <summary>What <see cref="Duration"/> takes, in words for an error or a help text.</summary>
    public const string DurationIs = DurationUnits + ", such as 30s";

    /// <summary>The same without an example. What stands for minutes is also read as m.</summary>
    public const string DurationUnits = "a number with ms, s, min or h";

    /// <summary>The longest duration: one day.</summary>
    public static readonly TimeSpan LongestDuration = TimeSpan.FromDays(1);

    /// <summary>More digits than any number here has.</summary>
    private const int MaxLength = 32;

    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("min", 60), ("m", 60), ("s", 1), ("h", 3600)];

    /// <summary>
    /// A whole number from <paramref name="least"/> to <paramref name="most"/>; null for everything else.
    /// </summary>
    public static long? Whole(ReadOnlySpan<char> text, long least = 0, long most = long.MaxValue) =>
        Unsigned(text) is { } value && value <= long.MaxValue && (long)value >= least && (long)value <= most ? (long)value : null;

    /// <summary>The same in 32 bits.</summary>
    public static int? Int(ReadOnlySpan<char> text, int least = 0, int most = int.MaxValue) => (int?)Whole(text, least, most);

    /// <summary>A whole number from 0 to 2^64-1, such as a seed; null for everything else.</summary>
    public static ulong? Unsigned(ReadOnlySpan<char> text) =>
        IsDigits(text) && (text.Length == 1 || text[0] != '0')
        && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>
    /// A number with or without a decimal point, digits on both sides of it, from <paramref name="least"/> to
    /// <paramref name="most"/>; null for everything else.
    /// </summary>
    public static double? Real(ReadOnlySpan<char> text, double least = 0, double most = double.MaxValue)
    {
        var point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        return IsDigits(whole) && (whole.Length == 1 || whole[0] != '0') && (point < 0 || IsDigits(text[(point + 1)..]))
            && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value >= least && value <= most ? value : null;
    }

    /// <summary>
    /// "250ms", "30s", "2m", "2min", "1h": 0 to <see cref="LongestDuration"/>, always with a unit; null for everything
    /// else.
    /// </summary>
    public static TimeSpan? Duration(ReadOnlySpan<char> text)
    {
        foreach (var (unit, seconds) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                return Real(text[..^unit.Length], 0, LongestDuration.TotalSeconds / seconds) is { } value
                    ? TimeSpan.FromSeconds(value * seconds) : null;
            }
        }

        return null;
    }

    private static bool IsDigits(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLength && !text.ContainsAnyExceptInRange('0', '9');
}
