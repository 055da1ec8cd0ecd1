namespace HalfOpen.Simulation.Plots;

/// <summary>
/// How wide a text will be, roughly, and how it is made to fit: nobody knows the reader's letters, so widths are those
/// of a common sans-serif and a little more. Pure.
/// </summary>
internal static class SvgText
{
    /// <summary>Of the size: an average letter of Latin, and one of scripts whose letters are square.</summary>
    private const double Latin = 0.56;
    private const double Square = 1.0;
    private const string More = "…";
    private const string GoesOn = " \\";

    public static double Width(string text, double size) => size * text.Sum(c => c < 0x2e80 ? Latin : Square);

    /// <summary>The text, or its beginning and three dots.</summary>
    public static string Cut(string text, double width, double size)
    {
        if (Width(text, size) <= width)
        {
            return text;
        }

        var kept = text.Length;
        while (kept > 0 && Width(text[..kept] + More, size) > width)
        {
            kept--;
        }

        kept -= kept > 0 && char.IsHighSurrogate(text[kept - 1]) ? 1 : 0;
        return text[..kept] + More;
    }

    /// <summary>
    /// Breaks a text between its words into lines that fit; a word that is longer than a line is cut.
    /// </summary>
    public static IReadOnlyList<string> Wrap(string text, double width, double size) =>
        Lines(text.Split(' ', StringSplitOptions.RemoveEmptyEntries), width, size, "");

    /// <summary>
    /// A command in lines that fit, broken between its arguments with the backslash of a shell: so it can be pasted.
    /// </summary>
    public static IReadOnlyList<string> WrapCommand(string before, string command, double width, double size) =>
        Lines([before, .. Arguments(command)], width, size, GoesOn);

    /// <summary>At spaces, but not inside of quotes.</summary>
    private static List<string> Arguments(string command)
    {
        var found = new List<string>();
        var (start, isQuoted) = (0, false);
        for (var i = 0; i < command.Length; i++)
        {
            isQuoted ^= command[i] == '\'' && (i == 0 || command[i - 1] != '\\' || isQuoted);
            if (command[i] == ' ' && !isQuoted)
            {
                found.Add(command[start..i]);
                start = i + 1;
            }
        }

        found.Add(command[start..]);
        return found;
    }

    private static List<string> Lines(IReadOnlyList<string> words, double width, double size, string atBreak)
    {
        var room = width - Width(atBreak, size);
        var lines = new List<string>();
        var line = "";
        foreach (var word in words.Select(w => Cut(w, room, size)))
        {
            if (line.Length > 0 && Width(line + " " + word, size) > room)
            {
                lines.Add(line + atBreak);
                line = "";
            }

            line += (line.Length > 0 ? " " : "") + word;
        }

        return [.. lines, line];
    }
}
