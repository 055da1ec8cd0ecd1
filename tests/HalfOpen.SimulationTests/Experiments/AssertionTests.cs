using System.Text;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Results;
using Xunit;

namespace HalfOpen.SimulationTests.Experiments;

public sealed class AssertionTests
{
    private static readonly Summary Row = new()
    {
        Label = "fair",
        Policy = "fair",
        Limit = 10,
        Runs = 1,
        PageSeconds = PageTimes.Of([0.3, 0.3, 0.5], []),
        AttemptsPerSecond = new Dictionary<string, double> { ["a.b c"] = 2 },
        WaitP99Seconds = new Dictionary<string, double> { ["mail"] = 1.5 },
        WaitP50Seconds = new Dictionary<string, double>(),
        MaxWaitSeconds = new Dictionary<string, double>(),
        MaxHalfOpen = 20,
    };

    [Theory]
    [InlineData("page.p99 <= 0.5s", true)]
    [InlineData("page.p99<=0.5", true)]
    [InlineData("pageSeconds.p99 < 500 ms", false)]
    [InlineData("page.p50 = 300ms", true)]
    [InlineData("page.p50 > 0.01 min", false)]
    [InlineData("page.unfinished = 0", true)]
    [InlineData("page.unfinishedSeconds<=0s", true)]
    [InlineData("maxHalfOpen >= 20", true)]
    [InlineData("maxHalfOpen > 20", false)]
    [InlineData("waitP99Seconds.mail <= 2s", true)]
    [InlineData("attemptsPerSecond.a.b c = 2", true)]
    [InlineData("waitP99Seconds.web <= 2s", false)] // nothing of the kind
    [InlineData("jain > 0.9", false)]
    public void What_holds(string text, bool holds) => Assert.Equal(holds, Assertion.Parse(text, out _)!.Holds(Row));

    [Theory]
    [InlineData("")]
    [InlineData("page.p99")]
    [InlineData("<= 5")]
    [InlineData("page.p99 <= ")]
    [InlineData("page.p99 <= 0,5s")]
    [InlineData("page.p99 <= 5e1")]
    [InlineData("page.p99 <= -5")]
    [InlineData("page.p99 <= .5")]
    [InlineData("page.p99 <= 5.")]
    [InlineData("page.p99 <= 5 d")]
    [InlineData("page.p99 <= 5s s")]
    [InlineData("page.p99 == 5")]
    [InlineData("page.p99 => 5")]
    [InlineData("page.p98 <= 5s")]
    [InlineData("PAGE.P99 <= 5s")]
    [InlineData("maxHalfOpen <= 5s")]
    [InlineData("waitP99Seconds. <= 5s")]
    public void What_is_not_understood(string text)
    {
        Assert.Null(Assertion.Parse(text, out var problem));
        Assert.NotEmpty(problem!);
    }

    [Fact]
    public void A_page_that_is_still_waited_for_holds_no_bound_from_above()
    {
        var row = Row with { PageSeconds = PageTimes.Of([0.3], [528]) };
        Assert.False(Assertion.Parse("page.p99 <= 600s", out _)!.Holds(row));
        Assert.True(Assertion.Parse("page.p99 > 1s", out _)!.Holds(row));
        Assert.Equal("more than 528 s", Assertion.Parse("page.p99 <= 600s", out _)!.Words(row));
        Assert.Equal("20", Assertion.Parse("maxHalfOpen <= 6", out _)!.Words(row));
    }

    [Fact]
    public void No_text_is_worse_than_not_understood()
    {
        var random = new Random(12);
        string[] parts =
            ["page.p99", "waitP99Seconds.", "jain", "<=", "<", "=", ">", "0.5", "s", "ms", " ", ".", "\0", "\u202e", "9", "1e9", "é"];
        for (var i = 0; i < 20_000; i++)
        {
            var text = new StringBuilder();
            for (var n = random.Next(8); n > 0; n--)
            {
                text.Append(parts[random.Next(parts.Length)]);
            }

            var parsed = Assertion.Parse(text.ToString(), out var problem);
            Assert.Equal(parsed is null, problem is not null);
            parsed?.Holds(Row);
        }
    }
}
