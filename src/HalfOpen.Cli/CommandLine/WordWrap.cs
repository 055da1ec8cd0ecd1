using HalfOpen.Cli.Watch;

namespace HalfOpen.Cli.CommandLine;

/// <summary>Text for a terminal of some width, broken between words. Pure.</summary>
internal static class WordWrap
{
    /// <summary>Lines that fit; a word that is longer than a line has one of its own.</summary>
    /// <param name="width">Columns of a line, its indentation included.</param>
    /// <param name="indent">Spaces before every line but the first.</param>
    /// <param name="begun">Columns that stand before the first line already.</param>
    public static IEnumerable<string> Lines(string text, int width, int indent = 0, int begun = 0, string atBreak = "")
    {
        var line = "";
        var used = begun;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var columns = TextWidth.Of(word);
            if (line.Trim().Length > 0 && used + 1 + columns + atBreak.Length > width)
            {
                yield return line + atBreak;
                line = new string(' ', indent);
                used = indent;
            }
            else if (line.Trim().Length > 0)
            {
                line += " ";
                used++;
            }

            line += word;
            used += columns;
        }

        yield return line;
    }
}
