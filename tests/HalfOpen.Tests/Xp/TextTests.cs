using System.Text.RegularExpressions;
using HalfOpen.Xp.Texts;
using Xunit;

namespace HalfOpen.Tests.Xp;

/// <summary>The table of texts: nothing missing in any language, and the same gaps everywhere.</summary>
public sealed class TextTests
{
    public static TheoryData<string> Keys() => [.. Enum.GetNames<TextKey>()];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_text_is_there_in_every_language_with_the_same_gaps(string name)
    {
        var row = TextTable.Rows[Enum.Parse<TextKey>(name)];
        Assert.Equal(Language.All.Length, row.Length);
        Assert.All(row, text => Assert.False(string.IsNullOrWhiteSpace(text)));
        Assert.All(row, text => Assert.Equal(Gaps(row[0]), Gaps(text)));

        // Enough gaps for any text; a wrong format throws.
        Assert.All(Language.All, language => Assert.NotEmpty(new Phrase(Enum.Parse<TextKey>(name), NameGaps(row[0])).In(language)));
    }

    [Fact]
    public void German_is_translated()
    {
        var same = TextTable.Rows.Where(r => r.Value[0] == r.Value[1]).Select(r => r.Key.ToString()).Order(StringComparer.Ordinal);
        Assert.Equal(["ColumnLimit", "ColumnVersion", "PathAndProblem", "TwoSentences", "Version"], same);
    }

    [Theory]
    [InlineData("de", "de")]
    [InlineData("de-AT", "de")]
    [InlineData("EN_us", "en")]
    [InlineData("fr", null)]
    [InlineData("d", null)]
    [InlineData("deutsch", null)]
    [InlineData("", null)]
    public void A_language_is_found_by_its_code(string code, string? expected) => Assert.Equal(expected, Language.Of(code)?.Code);

    [Fact]
    public void Numbers_and_dates_are_written_as_the_language_does()
    {
        Assert.Contains("20.000", Language.German.Get(TextKey.LogHasNone, 20_000), StringComparison.Ordinal);
        Assert.Contains("20,000", Language.English.Get(TextKey.LogHasNone, 20_000), StringComparison.Ordinal);
        Assert.Contains("am 31.12.2009 23:59",
            Language.German.Get(TextKey.LogHas, 1, new DateTime(2009, 12, 31, 23, 59, 0, DateTimeKind.Local)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_from_outside_cannot_steer_a_console()
    {
        var text = Language.English.Get(TextKey.PathAndProblem, "C:\\\u001B[2Jx\u202Ey\n\u2066", new Phrase(TextKey.InUse));
        Assert.StartsWith("C:\\?[2Jx?y??: the file is in use", text, StringComparison.Ordinal);
    }

    private static string Gaps(string text) =>
        string.Join(' ', new SortedSet<string>(Regex.Matches(text, @"\{\d[^}]*\}").Select(m => m.Value), StringComparer.Ordinal));

    /// <summary>A time where a date is shown, numbers elsewhere.</summary>
    private static object[] NameGaps(string text) =>
        [.. Enumerable.Range(0, 6).Select(i => text.Contains($"{{{i}:g}}", StringComparison.Ordinal) ? DateTime.UnixEpoch : (object)i)];
}
