using HalfOpen.Xp.Commands;
using HalfOpen.Xp.Texts;
using Xunit;

namespace HalfOpen.Tests.Xp;

/// <summary>The command line of HalfOpen.exe.</summary>
public sealed class RequestTests
{
    [Theory]
    [InlineData("", Verb.Window)]
    [InlineData("/inspect", Verb.Inspect)]
    [InlineData("-Inspect", Verb.Inspect)]
    [InlineData("--inspect /json", Verb.Inspect)]
    [InlineData("/PATCH 100 /quiet", Verb.Patch)]
    [InlineData("/restore /force /yes", Verb.Restore)]
    [InlineData("/why", Verb.Why)]
    [InlineData("/?", Verb.Help)]
    [InlineData("/patch /?", Verb.Help)]
    [InlineData("--version", Verb.Version)]
    [InlineData("/language de", Verb.Window)]
    [InlineData("/windows C:\\WINNT", Verb.Window)]
    public void A_verb_is_found(string line, object verb) => Assert.Equal((Verb)verb, Parse(line).Verb);

    [Theory]
    [InlineData("/patch", 100u)]
    [InlineData("/patch 50", 50u)]
    [InlineData("/patch:50", 50u)]
    [InlineData("/quiet /patch 2147483647", 2147483647u)]
    [InlineData("/patch --limit=7", 7u)]
    [InlineData("/patch /limit 8", 8u)]
    public void The_limit_is_100_unless_the_user_says_otherwise(string line, uint limit) => Assert.Equal(limit, Parse(line).Limit);

    [Theory]
    [InlineData("/patch 0", TextKey.LimitOutOfRange)]
    [InlineData("/patch -5", TextKey.LimitOutOfRange)]
    [InlineData("/patch 2147483648", TextKey.LimitOutOfRange)]
    [InlineData("/patch ten", TextKey.LimitOutOfRange)]
    [InlineData("/patch 1.5", TextKey.LimitOutOfRange)]
    [InlineData("/patch:", TextKey.LimitOutOfRange)]
    [InlineData("/patch /restore", TextKey.TwoVerbs)]
    [InlineData("/inspect /inspect", TextKey.TwoVerbs)]
    [InlineData("/inspect:x", TextKey.UnknownOption)]
    [InlineData("/quiet:1 /patch", TextKey.UnknownOption)]
    [InlineData("tcpip.sys", TextKey.UnknownOption)]
    [InlineData("/", TextKey.UnknownOption)]
    [InlineData("/patch 100 200", TextKey.UnknownOption)]
    [InlineData("/windows", TextKey.ValueMissing)]
    [InlineData("/windows: /inspect", TextKey.ValueMissing)]
    [InlineData("/language", TextKey.ValueMissing)]
    [InlineData("/language fr", TextKey.UnknownLanguage)]
    [InlineData("/quiet", TextKey.VerbMissing)]
    [InlineData("/limit 50", TextKey.VerbMissing)]
    public void A_mistake_is_named(string line, object key)
    {
        var e = Assert.Throws<UsageException>(() => Parse(line));
        Assert.Equal((TextKey)key, e.Problem.Key);
    }

    [Fact]
    public void Flags_and_values_are_taken_with_slash_and_hyphens()
    {
        var request = Parse("/patch 5 --dry-run -y /q /json /allow-bad-checksum /FORCE /windows:D:\\WIN /language:de-CH");
        Assert.True(request.DryRun && request.Yes && request.Quiet && request.Json && request.AllowBadChecksum && request.Force);
        Assert.Equal("D:\\WIN", request.WindowsFolder);
        Assert.Same(Language.German, request.Language);
        Assert.Same(Language.German, Request.LanguageOf(["/language", "de", "/nonsense"]));
    }

    /// <summary>Whatever the words: a request or a usage error.</summary>
    [Fact]
    public void No_command_line_breaks_the_parser()
    {
        var random = new Random(7);
        string[] words = ["/patch", "/inspect", "-", "--", "/", ":", "/:", "/patch:", "=", "", "100", "-1", "/windows", "x", "/language",
            "de", "/\0", "/?", "\uD800"];
        for (var i = 0; i < 20_000; i++)
        {
            var line = Enumerable.Range(0, random.Next(6))
                .Select(_ => words[random.Next(words.Length)] + (random.Next(4) == 0 ? words[random.Next(words.Length)] : "")).ToArray();
            try
            {
                Request.Parse(line);
            }
            catch (UsageException e)
            {
                Assert.NotEmpty(e.Problem.In(Language.German));
            }

            Assert.NotNull(Request.LanguageOf(line));
        }
    }

    private static Request Parse(string line) => Request.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
