using System.Globalization;
using System.Text;
using HalfOpen.Hosting;
using Xunit;

namespace HalfOpen.Tests.Hosting;

public sealed class PlainTextTests
{
    [Theory]
    [InlineData("/usr/bin/größe 日本 😀", "/usr/bin/größe 日本 😀")]
    [InlineData("\e[2Ja\tb\nc\u0085d\u2028e\u2029f", "?[2Ja?b?c?d?e?f")]
    [InlineData("cod\u202egpj.exe\u2066\u200b\ufeff", "cod?gpj.exe???")]
    [InlineData("", "")]
    public void What_commands_a_terminal_becomes_a_question_mark(string text, string plain) => Assert.Equal(plain, PlainText.Of(text));

    [Fact]
    public void Half_a_surrogate_pair_cannot_be_written() => Assert.Equal("\ufffdx\ufffd", PlainText.Of("\ud800x\udfff"));

    [Fact]
    public void Whatever_the_text_it_can_be_written_as_utf8_and_twice_is_once()
    {
        var random = new Random(9);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => (char)random.Next(0x10000)));
            var plain = PlainText.Of(text);
            Assert.Equal(plain, PlainText.Of(plain));
            Assert.Equal(plain, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(plain)));
            Assert.DoesNotContain(plain, c => char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format);
        }
    }
}
