using System.Globalization;

namespace HalfOpen.Core;

/// <summary>How values of options are written. Thread-safe: no state.</summary>
public static class OptionText
{
    /// <summary>A switch that is on, as it is shown.</summary>
    public const string Yes = "yes";

    /// <summary>A switch that is off, as it is shown.</summary>
    public const string No = "no";

    /// <summary>Reads yes, true, on, 1 and their opposites; null for everything else.</summary>
    public static bool? ParseSwitch(string text) => text switch
    {
        Yes or "true" or "on" or "1" => true,
        No or "false" or "off" or "0" => false,
        _ => null,
    };

    /// <summary>What <see cref="NumberText.Duration"/> reads: "100ms", "3.5s", "120s".</summary>
    public static string Of(TimeSpan time) => time != TimeSpan.Zero && time < TimeSpan.FromSeconds(1)
        ? time.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + "ms"
        : time.TotalSeconds.ToString("0.#######", CultureInfo.InvariantCulture) + "s";

    /// <summary>"a", "a or b", "a, b or c".</summary>
    public static string AnyOf(IReadOnlyList<string> words) =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.SkipLast(1))} or {words[^1]}";
}
