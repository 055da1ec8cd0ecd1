using System.Globalization;
using System.Text;

namespace HalfOpen.Hosting;

/// <summary>
/// Text from outside (names of programs and files, lines of a configuration) as it may stand in a terminal, a log or a
/// label: in one line, and nothing in it commands a terminal or turns the direction of writing. Thread-safe: no state.
/// </summary>
public static class PlainText
{
    /// <summary>
    /// The same text, with a question mark for each control character (escape sequences begin with one), line or
    /// paragraph separator, and character of Unicode's category Format (U+202E and its like, zero width); half a
    /// surrogate pair becomes U+FFFD.
    /// </summary>
    public static string Of(string text)
    {
        if (IsPlain(text))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            plain.Append(Commands(Rune.GetUnicodeCategory(rune)) ? "?" : rune.ToString());
        }

        return plain.ToString();
    }

    private static bool IsPlain(string text)
    {
        foreach (var c in text)
        {
            if (char.IsSurrogate(c) || Commands(char.GetUnicodeCategory(c)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Commands(UnicodeCategory category) => category is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
