using System.Globalization;
using System.Text;

namespace HalfOpen.Cli.Drivers;

/// <summary>
/// JSON that may be looked at on a terminal: the serializer leaves characters as they are that turn the direction of
/// writing or cannot be seen. They stand in strings only, where their number says the same.
/// </summary>
internal static class PlainJson
{
    public static string Of(string json)
    {
        var plain = new StringBuilder(json.Length);
        foreach (var c in json)
        {
            var isPlain = c is '\n' or '\r' || char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            _ = isPlain ? plain.Append(c) : plain.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return plain.ToString();
    }
}
