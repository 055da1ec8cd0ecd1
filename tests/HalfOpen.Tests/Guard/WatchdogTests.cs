using HalfOpen.Guard.Service;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>A guard that hangs ends, and one that is merely slow does not.</summary>
public sealed class WatchdogTests
{
    [Fact]
    public void A_thread_that_answers_now_and_then_is_alive()
    {
        var watchdog = new Watchdog(TimeSpan.FromHours(1), null);
        for (var look = 0; look < 100; look++)
        {
            Assert.Equal(look % 2 == 0, watchdog.IsAlive(look % 2 == 0));
            Assert.False(watchdog.IsHung);
        }
    }

    [Fact]
    public void One_that_is_silent_for_longer_than_five_seconds_hangs()
    {
        var watchdog = new Watchdog(TimeSpan.FromHours(1), null);
        Assert.Equal(TimeSpan.FromSeconds(1), watchdog.Every);
        Assert.False(watchdog.IsAlive(false)); // 3 s: a look, and the second until it
        Assert.False(watchdog.IsHung);
        Assert.False(watchdog.IsAlive(false));
        Assert.True(watchdog.IsHung);
    }

    [Theory]
    [InlineData(0.5, null, 0.5)]
    [InlineData(3600.0, 0.25, 0.25)]
    [InlineData(3600.0, 30.0, 1.0)]
    public void It_looks_as_often_as_anybody_wishes(double report, double? service, double every) =>
        Assert.Equal(
            TimeSpan.FromSeconds(every),
            new Watchdog(TimeSpan.FromSeconds(report), service is { } s ? TimeSpan.FromSeconds(s) : null).Every);
}
