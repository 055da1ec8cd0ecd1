using System.Globalization;

namespace HalfOpen.Xp.Texts;

/// <summary>One column of the table of texts. Thread-safe.</summary>
internal sealed class Language
{
    private readonly int _column;

    private Language(int column, string code, string ownName, CultureInfo culture)
    {
        _column = column;
        Code = code;
        OwnName = ownName;
        Culture = culture;
    }

    public static Language English { get; } = new Language(0, "en", "English", CultureOf(",", ".", "yyyy-MM-dd"));

    public static Language German { get; } = new Language(1, "de", "Deutsch", CultureOf(".", ",", "dd.MM.yyyy"));

    /// <summary>In the order of the table's columns.</summary>
    public static Language[] All { get; } = { English, German };

    /// <summary>Two letters, ISO 639-1.</summary>
    public string Code { get; }

    /// <summary>What its speakers call it.</summary>
    public string OwnName { get; }

    /// <summary>For numbers and dates.</summary>
    public CultureInfo Culture { get; }

    /// <summary>The language of a code like <c>de</c> or <c>de-AT</c>, or null.</summary>
    public static Language? Of(string code)
    {
        foreach (var language in All)
        {
            if (code.StartsWith(language.Code, StringComparison.OrdinalIgnoreCase) && (code.Length == 2 || code[2] is '-' or '_'))
            {
                return language;
            }
        }

        return null;
    }

    /// <summary>That of the user's Windows; English where it is not in the table.</summary>
    public static Language OfThisUser() => Of(CultureInfo.CurrentUICulture.Name) ?? English;

    /// <summary>Numbers and dates the same on every machine: what the system has been set to is not asked.</summary>
    private static CultureInfo CultureOf(string groupSeparator, string decimalSeparator, string date)
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberGroupSeparator = groupSeparator;
        culture.NumberFormat.NumberDecimalSeparator = decimalSeparator;
        culture.DateTimeFormat.ShortDatePattern = date;
        culture.DateTimeFormat.ShortTimePattern = "HH:mm";
        return culture;
    }

    /// <summary>The text with its gaps.</summary>
    public string Get(TextKey key) => TextTable.Rows[key][_column];

    public string Get(TextKey key, params object[] gaps) => new Phrase(key, gaps).In(this);
}
