using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace HalfOpen.Hosting;

/// <summary>
/// JSON that may be looked at on a terminal: characters that steer it, turn the direction of writing or cannot be seen
/// stand in it as their number only (<c>\u202e</c>), which says the same to a parser. Thread-safe: no state.
/// </summary>
public static class PlainJson
{
    /// <summary>For writers: everything that is not plain is escaped, other scripts than Latin are not.</summary>
    public static JavaScriptEncoder Encoder { get; } = MakeEncoder();

    /// <summary>For documents that were written with a more generous encoder: they stand in strings only.</summary>
    public static string Of(string json)
    {
        var plain = new StringBuilder(json.Length);
        foreach (var c in json)
        {
            _ = c is '\n' or '\r' || IsPlain(c) ? plain.Append(c) : plain.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return plain.ToString();
    }

    private static bool IsPlain(char c) => char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static JavaScriptEncoder MakeEncoder()
    {
        // Its own list leaves the category Format through; characters beyond 16 bits it escapes in any case.
        var settings = new TextEncoderSettings(UnicodeRanges.All);
        settings.ForbidCharacters([.. Enumerable.Range(0, char.MaxValue + 1).Select(c => (char)c).Where(c => !IsPlain(c))]);
        return JavaScriptEncoder.Create(settings);
    }
}
