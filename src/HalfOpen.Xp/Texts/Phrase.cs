namespace HalfOpen.Xp.Texts;

/// <summary>
/// A sentence before it has a language: a key of the table and what goes into its gaps. A gap may hold another phrase.
/// Immutable.
/// </summary>
internal sealed class Phrase
{
    private readonly object[] _gaps;

    public Phrase(TextKey key, params object[] gaps)
    {
        Key = key;
        _gaps = gaps;
    }

    public TextKey Key { get; }

    public string In(Language language)
    {
        var gaps = new object[_gaps.Length];
        for (var i = 0; i < gaps.Length; i++)
        {
            gaps[i] = _gaps[i] is Phrase inner ? inner.In(language) : _gaps[i] is string text ? Printable(text) : _gaps[i];
        }

        return string.Format(language.Culture, language.Get(Key), gaps);
    }

    /// <summary>The same with a capital letter: standing alone in a window, not behind a name.</summary>
    public string SentenceIn(Language language)
    {
        var text = In(language);
        return text.Length == 0 ? text : char.ToUpper(text[0], language.Culture) + text.Substring(1);
    }

    /// <summary>For a debugger; what people see goes through <see cref="In"/>.</summary>
    public override string ToString() => In(Language.English);

    /// <summary>
    /// Names of files and programs come from outside and go to a console or a window: control characters, and those
    /// that turn the direction of writing, are shown as question marks.
    /// </summary>
    public static string Printable(string text)
    {
        var clean = text.ToCharArray();
        for (var i = 0; i < clean.Length; i++)
        {
            if (char.IsControl(clean[i])
                || clean[i] is (>= '\u200B' and <= '\u200F') or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\uFEFF')
            {
                clean[i] = '?';
            }
        }

        return new string(clean);
    }
}
