using System.Text;

namespace HalfOpen.Site;

/// <summary>
/// A manual page as <c>halfopen man</c> writes it, in Markdown. It knows the few words of man(7) that stand there, and
/// no others: <c>.TH .SH .TP .B .I .br</c>, fonts, and the escapes of single characters.
/// </summary>
public static class ManualPage
{
    /// <summary>The page, with the name as its first heading.</summary>
    /// <exception cref="FormatException">A request that is not listed above.</exception>
    public static string ToMarkdown(string name, string man)
    {
        var markdown = new StringBuilder($"# {name}(1)\n");
        var term = false;
        var item = false;
        var line = 0;
        foreach (var source in man.ReplaceLineEndings("\n").Split('\n'))
        {
            line++;
            var (request, text) = Split(source);
            switch (request)
            {
                case ".TH" or ".br":
                case "" when text.Length == 0:
                    break;
                case ".SH":
                    text = text.Trim('"');
                    markdown.Append($"\n## {text[..1]}{text[1..].ToLowerInvariant()}\n\n");
                    item = false;
                    break;
                case ".TP":
                    term = true;
                    break;
                case "" or ".B" or ".I":
                    markdown.Append(term ? $"- {Code(text)}: " : (item ? "  " : "") + Escaped(text) + "\n");
                    (item, term) = (item || term, false);
                    break;
                default:
                    throw new FormatException($"{name}, line {line}: '{request}' is not expected here");
            }
        }

        return markdown.ToString();
    }

    private static (string Request, string Text) Split(string line)
    {
        if (!line.StartsWith('.'))
        {
            return ("", Plain(line));
        }

        var blank = line.IndexOf(' ', StringComparison.Ordinal);
        return blank < 0 ? (line, "") : (line[..blank], Plain(line[(blank + 1)..]));
    }

    /// <summary>Without fonts, and with characters in place of their escapes.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                plain.Append(text[i]);
                continue;
            }

            switch (text[++i])
            {
                case 'f': // a font, of one letter
                    i++;
                    break;
                case '(': // a character of two letters
                    plain.Append(text.AsSpan(i + 1).StartsWith("aq") ? '\'' : text.AsSpan(i + 1).StartsWith("ga") ? '`' : '?');
                    i += 2;
                    break;
                case 'e':
                    plain.Append('\\');
                    break;
                case '&':
                    break;
                default:
                    plain.Append(text[i]);
                    break;
            }
        }

        return plain.ToString();
    }

    private static string Code(string text) => text.Contains('`', StringComparison.Ordinal) ? $"`` {text} ``" : $"`{text}`";

    private static string Escaped(string text)
    {
        var safe = new StringBuilder();
        foreach (var c in text)
        {
            safe.Append(char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c)) ? "\\" : "").Append(c);
        }

        return safe.ToString();
    }
}
