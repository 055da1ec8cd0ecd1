using System.Globalization;
using System.Text;
using HalfOpen.Cli.CommandLine;

namespace HalfOpen.Cli.Doctor;

/// <summary>
/// Names of programs, units and files as they may be shown: they are other people's. Nothing that steers a terminal or
/// turns the direction of writing gets through.
/// </summary>
internal static class SafeText
{
    public static string Of(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) // a lone surrogate comes as U+FFFD
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
            {
                safe.Append('?');
            }
            else
            {
                safe.Append(rune.ToString());
            }
        }

        return safe.ToString();
    }

    /// <summary>At most so many columns, the end cut.</summary>
    public static string Of(string text, int most)
    {
        var safe = Of(text);
        return safe.Length <= most ? safe : safe[..(most - 1)] + "…";
    }

    /// <summary>Writes a paragraph that fits the terminal; words longer than a line stay whole.</summary>
    /// <param name="first">Begins the first line; as many columns are left free on the others.</param>
    /// <param name="paint">Colours a line's text; null: none.</param>
    public static void Paragraph(Terminal terminal, string first, string text, Func<string, string>? paint = null)
    {
        var room = Math.Max(20, Math.Min(terminal.Width, 120) - first.Length);
        var start = first;
        foreach (var line in Lines(Of(text), room))
        {
            terminal.Out.WriteLine(start + (paint is null ? line : paint(line)));
            start = new string(' ', first.Length);
        }
    }

    internal static IEnumerable<string> Lines(string text, int room)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > room)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }
}
