using System.Text.RegularExpressions;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Drivers;
using HalfOpen.TestDrivers;
using HalfOpen.Tests.Windows;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>What long work says on a terminal while it is done; nothing of it where there is none.</summary>
public sealed class ProgressTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Patch_and_restore_of_many_drivers_show_the_share_done()
    {
        var driver = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 1, CodeSize = 20_000 }).Bytes;
        for (var i = 0; i < 20; i++)
        {
            _folder.Write($"d{i}/tcpip.sys", driver);
        }

        foreach (var verb in (string[])["patch", "restore"])
        {
            var (code, error) = await RunAsync(isTerminal: true, verb, _folder.Path, "--recurse", "--yes");
            Assert.Equal(0, code);
            var shares = Regex.Matches(error, @"\r *(\d+) %").Select(m => int.Parse(m.Groups[1].ValueSpan)).ToList();
            Assert.Equal(shares.Order(), shares);
            Assert.InRange(shares.Count, 20, 101);
            Assert.Equal(100, shares[^1]);
            Assert.Contains(" left", error, StringComparison.Ordinal);
            Assert.EndsWith("\r", error, StringComparison.Ordinal); // the line is gone
        }

        Assert.Equal((0, ""), await RunAsync(isTerminal: false, "patch", _folder.Path, "--recurse", "--yes"));
    }

    [Fact]
    public async Task Quiet_is_quiet()
    {
        _folder.Write("d/tcpip.sys", SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 1, CodeSize = 20_000 }).Bytes);
        Assert.Equal((0, ""), await RunAsync(isTerminal: true, "patch", _folder.Path, "--recurse", "--yes", "--quiet"));
    }

    /// <summary>How many folders there are is not known before the end: a rate instead of a share.</summary>
    [Fact]
    public void A_search_shows_how_fast_it_is()
    {
        var error = new StringWriter();
        var clock = new SteppedClock();
        var progress = new SearchProgress(NewTerminal(error, true), quiet: false, clock);
        progress.OnFolder(1, CancellationToken.None);
        Assert.Empty(error.ToString());
        clock.Step(TimeSpan.FromSeconds(2));
        progress.OnFolder(3000, CancellationToken.None);
        Assert.Equal("\rsearched 3,000 folders (1,500/s) ...", error.ToString());
        foreach (var _ in progress.Watch(["a", "b"]))
        {
            clock.Step(TimeSpan.FromSeconds(1));
        }

        Assert.Contains("\rsearched 3,000 folders (750/s), 2 drivers (0.5/s) ...", error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(" \r", error.ToString(), StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Error)> RunAsync(bool isTerminal, params string[] words)
    {
        var error = new StringWriter();
        return (await Application.RunAsync(words, NewTerminal(error, isTerminal)), error.ToString());
    }

    private static Terminal NewTerminal(StringWriter error, bool isTerminal) =>
        new(new StringReader(""), new StringWriter(), error, isInteractive: false, errorIsTerminal: isTerminal, useColor: false, width: 80);

    private sealed class SteppedClock : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Step(TimeSpan time) => _now += time.Ticks;
    }
}
