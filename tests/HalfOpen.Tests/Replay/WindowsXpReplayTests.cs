using HalfOpen.Cli.Replay;
using HalfOpen.Core;
using HalfOpen.Hosting.Replay;
using HalfOpen.Tests.Core;
using Xunit;

namespace HalfOpen.Tests.Replay;

/// <summary>
/// Random streams of events through replay's own parser and printer, against the plain second writing of the driver.
/// </summary>
public sealed class WindowsXpReplayTests
{
    [Fact]
    public void Replay_and_the_plain_model_agree_line_by_line()
    {
        for (var seed = 1; seed <= 400; seed++)
        {
            Compare(seed, lines: 400, longPause: 0);
        }
    }

    /// <summary>Streams with pauses of up to an hour now and then: several events 4226 in each.</summary>
    [Fact]
    public void Warnings_agree_over_hours()
    {
        var warnings = 0;
        for (var seed = 1; seed <= 20; seed++)
        {
            warnings += Compare(seed, lines: 300, longPause: 3_600_000);
        }

        Assert.True(warnings > 60, $"only {warnings} warnings in 20 streams");
    }

    private static int Compare(int seed, int lines, int longPause)
    {
        var random = new Random(seed);
        var limit = random.Next(1, 13);
        var hosts = random.Next(3, 60);
        var processes = random.Next(1, 12);
        var step = new[] { 0, 3, 60, 400, 3000 }[random.Next(5)];
        var session = new ReplaySession(new EngineOptions { Limit = limit, Policy = new WindowsXpOptions() }, reportGiveUp: false);
        var model = new NaiveWindowsXp(limit);
        var alive = new List<int>();
        var open = new List<int>();
        long t = 0;
        var next = 1;
        for (var i = 0; i < lines; i++)
        {
            t += random.Next(0, step + 1) * (random.Next(40) == 0 ? 30 : 1);
            if (longPause > 0 && random.Next(30) == 0)
            {
                t += random.Next(longPause);
            }

            model.Started.Clear();
            model.Queued.Clear();
            var warnings = model.Warnings;
            model.TimePasses(t);
            string line;
            switch (random.Next(20))
            {
                case < 10:
                    var process = 0x80000000u + (uint)random.Next(processes) * 0x10C8u;
                    var address = 0x0A000000u + (uint)random.Next(hosts);
                    line = $$"""{"t":{{t}},"submit":{{next}},"program":"0x{{process:x}}","destination":"{{Destination.FromIPv4(address, 80)}}"}""";
                    model.Submit(next, process, address);
                    alive.Add(next++);
                    break;
                case < 16 when alive.Count > 0:
                    var id = alive[random.Next(alive.Count)];
                    // Only a cancel can end one that waits.
                    var waits = model.P > 0 && !model.IsHalfOpen(id);
                    var outcome = waits ? Outcome.Cancelled : (Outcome)random.Next(6);
                    line = $$"""{"t":{{t}},"outcome":{{id}},"as":"{{OutcomeWords.Of(outcome)}}"}""";
                    model.End(id, outcome == Outcome.Established, outcome == Outcome.Cancelled, t);
                    alive.Remove(id);
                    if (outcome == Outcome.Established)
                    {
                        open.Add(id);
                    }

                    break;
                case < 18 when open.Count > 0:
                    var closing = open[random.Next(open.Count)];
                    line = $$"""{"t":{{t}},"close":{{closing}}}""";
                    model.Close(closing);
                    open.Remove(closing);
                    break;
                case 18:
                    limit = random.Next(1, 13);
                    line = $$"""{"t":{{t}},"limit":{{limit}}}""";
                    model.Threshold = limit;
                    break;
                default:
                    line = $$"""{"t":{{t}}}""";
                    break;
            }

            var expected = $$"""{"t":{{t}},"started":[{{string.Join(',', model.Started)}}],"queued":[{{string.Join(',', model.Queued)}}],"rejected":[],"warnings":{{model.Warnings - warnings}},"inFlight":{{model.C}},"waiting":{{model.P}},"counted":{{model.C}},""";
            var actual = session.Apply(ReplayParser.Parse(line));
            Assert.True(actual.StartsWith(expected, StringComparison.Ordinal),
                $"seed {seed}, line {i + 1}: {line}\nmodel:  {expected}\nreplay: {actual}");
        }

        return model.Warnings;
    }
}
