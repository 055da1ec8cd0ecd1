using System.Text;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// The command line as it can be pasted into a shell to have the same again: for the foot of a picture. Pure.
/// </summary>
internal static class TypedCommand
{
    private const string Plain = "-_./:,=+@%^";

    /// <param name="words">Name of the program and its arguments, as the shell gave them.</param>
    public static string Of(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    /// <summary>
    /// In single quotes where a shell would make something of it; $'...' where there is no letter for it.
    /// </summary>
    public static string Quoted(string word)
    {
        if (word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c)))
        {
            return word;
        }

        if (PlainText.Of(word) == word)
        {
            return "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
        }

        var text = new StringBuilder("$'");
        foreach (var b in Encoding.UTF8.GetBytes(word))
        {
            text.Append(b is >= 0x20 and < 0x7f and not ((byte)'\'' or (byte)'\\') ? ((char)b).ToString() : $"\\x{b:x2}");
        }

        return text.Append('\'').ToString();
    }
}
