using System.Globalization;
using HalfOpen.Cli.CommandLine;

namespace HalfOpen.Cli.Doctor;

/// <summary>Durations as people type them: 30, 30s, 2m, 1h.</summary>
internal static class Durations
{
    /// <exception cref="CliException">It is no duration, or out of range.</exception>
    public static TimeSpan Parse(string flag, string text, TimeSpan most)
    {
        var unit = text.Length > 0 ? text[^1] : ' ';
        var (number, factor) = unit switch
        {
            's' => (text[..^1], 1.0),
            'm' => (text[..^1], 60.0),
            'h' => (text[..^1], 3600.0),
            _ => (text, 1.0),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value * factor <= most.TotalSeconds
            ? TimeSpan.FromSeconds(value * factor)
            : throw CliException.Usage($"{flag} {SafeText.Of(text, 40)}: a duration like 10s or 2m is needed, at most {most.TotalHours:0} "
                + "h.");
    }
}
