using System.Globalization;
using System.Text;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.Watch;

/// <summary>How many columns of a terminal a text takes, and texts that take exactly so many.</summary>
internal static class TextWidth
{
    /// <summary>Ranges of characters that take two columns (Unicode's East Asian Width: W and F, in short).</summary>
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xA4CF), (0xAC00, 0xD7A3),
        (0xF900, 0xFAFF), (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF),
        (0x1F900, 0x1F9FF), (0x20000, 0x3FFFD),
    ];

    public static int Of(string text)
    {
        var columns = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            columns += Of(rune);
        }

        return columns;
    }

    /// <summary>Left-aligned in so many columns: filled up, or cut with a mark. Nothing in it steers the
    /// terminal.</summary>
    public static string Fit(string text, int columns) => Cut(text, columns) is var cut ? cut + new string(' ', columns - Of(cut)) : "";

    /// <summary>Right-aligned.</summary>
    public static string FitRight(string text, int columns) =>
        Cut(text, columns) is var cut ? new string(' ', columns - Of(cut)) + cut : "";

    /// <summary>At most so many columns.</summary>
    public static string Cut(string text, int columns)
    {
        if (columns <= 0)
        {
            return "";
        }

        var plain = PlainText.Of(text);
        if (Of(plain) <= columns)
        {
            return plain;
        }

        var cut = new StringBuilder();
        var used = 1; // the mark
        foreach (var rune in plain.EnumerateRunes())
        {
            used += Of(rune);
            if (used > columns)
            {
                break;
            }

            cut.Append(rune.ToString());
        }

        return cut.Append('~').ToString();
    }

    private static int Of(Rune rune)
    {
        if (rune.IsAscii)
        {
            return 1;
        }

        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark)
        {
            return 0;
        }

        return Array.Exists(Wide, w => rune.Value >= w.First && rune.Value <= w.Last) ? 2 : 1;
    }
}
