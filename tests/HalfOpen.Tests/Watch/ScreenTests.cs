using System.Text;
using System.Text.RegularExpressions;
using HalfOpen.Cli.Watch;
using HalfOpen.Guard.Attribution;
using HalfOpen.Hosting;
using HalfOpen.Watch.Model;
using Xunit;
using static HalfOpen.Tests.Watch.WatchModelTests;

namespace HalfOpen.Tests.Watch;

/// <summary>Keys, order, filter and pictures of the full screen, without a terminal.</summary>
public sealed partial class ScreenTests
{
    private static readonly WatchGuard Guard = new("fair", 10, 10, 7, [],
        [new WatchGuardRow("user ann", "/usr/bin/b\u202eowser\e[2J", 3, 7, Seconds(4), "programs that hold less come first")]);

    [Fact]
    public void Every_picture_is_as_wide_and_as_high_as_the_screen_and_plain()
    {
        foreach (var guard in (WatchGuard?[])[null, Guard])
        {
            foreach (var color in (bool[])[false, true])
            {
                for (var columns = 60; columns <= 200; columns++)
                {
                    var rows = 5 + (columns % 30);
                    var view = new WatchView();
                    view.Take(Busy(guard, programs: 40));
                    Press(view, "j\rjj\r");
                    var lines = new WatchPainter(color).Paint(view, columns, rows);
                    Assert.Equal(rows, lines.Count);
                    Assert.All(lines, l =>
                    {
                        var text = Attributes().Replace(l, "");
                        Assert.Equal(columns, TextWidth.Of(text));
                        Assert.Equal(text, PlainText.Of(text));
                        Assert.True(color || text == l, "attributes with NO_COLOR");
                    });
                }
            }
        }
    }

    [Theory]
    [InlineData(60, "PROGRAM,HALF,OLDEST,NEW/S,DEAD")]
    [InlineData(80, "PROGRAM,PID,HALF,OLDEST,NEW/S,ANSWER,DEAD")]
    [InlineData(200, "PROGRAM,OWNER,UNIT,PID,HALF,OLDEST,NEW/S,TRIED,ANSWER,REFUSE,UNREA,TIMEO,ABAND,DEAD,BUSIEST DESTINATION")]
    public void A_wider_screen_shows_more(int columns, string titles)
    {
        var view = new WatchView();
        view.Take(Busy(null, 3));
        var painter = new WatchPainter(useColor: true);
        _ = painter.Paint(view, columns, 20);
        Assert.Equal(titles.Split(','), painter.Titles);
    }

    [Fact]
    public void The_biggest_stands_first_and_keys_change_the_order()
    {
        var view = new WatchView();
        view.Take(Busy(null, 3));
        Assert.Equal(["p2", "p1", "p0"], Names(view));
        Press(view, "r");
        Assert.Equal(["p0", "p1", "p2"], Names(view));
        Press(view, ">", ["PROGRAM", "HALF", "TRIED"]); // by attempts: p0 has most
        Assert.Equal(("TRIED", false), (view.SortedBy, view.IsReversed));
        Assert.Equal(["p0", "p1", "p2"], Names(view));
        Press(view, ">", ["PROGRAM", "HALF", "TRIED"]);
        Assert.Equal("PROGRAM", view.SortedBy);
        Press(view, "<", ["PROGRAM", "HALF", "TRIED"]);
        Assert.Equal("TRIED", view.SortedBy);
    }

    [Fact]
    public void A_filter_is_typed_kept_and_forgotten()
    {
        var view = new WatchView();
        view.Take(Busy(null, 12));
        Press(view, "/P1q"); // a key that would end the watch is a letter here
        Assert.Empty(Names(view));
        Assert.False(view.IsOver);
        Press(view, "\u007f\r");
        Assert.Equal(["p11", "p10", "p1"], Names(view));
        Press(view, "\e");
        Assert.Equal(12, Names(view).Count());
        Press(view, "/10.0.3\r"); // destinations, too
        Assert.Equal(["p3"], Names(view));
    }

    [Fact]
    public void What_is_frozen_stands_still_until_it_goes_on()
    {
        var view = new WatchView();
        view.Take(Busy(null, 1));
        Press(view, " ");
        view.Take(Busy(null, 5));
        Assert.Single(view.Rows());
        Press(view, " ");
        Assert.Equal(5, view.Rows().Count);
    }

    [Fact]
    public void The_selection_stays_with_its_program_and_opens_it()
    {
        var view = new WatchView();
        view.Take(Busy(Guard, 3));
        Press(view, "j");
        var id = view.Selected;
        Assert.Equal("p2", view.Rows()[0].Name);
        Press(view, "r\r");
        Assert.Equal((id, true), (view.Selected, view.IsOpen(id!.Value)));
        var text = string.Join('\n', new WatchPainter(false).Paint(view, 100, 30));
        Assert.Contains("10.0.2.0:80", text, StringComparison.Ordinal);
        Assert.Contains("> p2", text, StringComparison.Ordinal);
        Press(view, "\r");
        Assert.False(view.IsOpen(id.Value));
    }

    [Fact]
    public void A_selected_program_far_down_is_in_sight()
    {
        var view = new WatchView();
        view.Take(Busy(null, 100));
        var painter = new WatchPainter(false);
        _ = painter.Paint(view, 80, 12);
        Press(view, "\e[F");
        Assert.Contains("> p0", string.Join('\n', painter.Paint(view, 80, 12)), StringComparison.Ordinal);
        Press(view, "\e[H");
        Assert.Contains("> p99", string.Join('\n', painter.Paint(view, 80, 12)), StringComparison.Ordinal);
    }

    [Fact]
    public void Help_comes_and_goes_and_q_ends()
    {
        var view = new WatchView();
        view.Take(Busy(null, 3));
        Press(view, "?");
        var text = string.Join('\n', new WatchPainter(false).Paint(view, 80, 24));
        Assert.Contains("sort by the next column", text, StringComparison.Ordinal);
        Press(view, "q");
        Assert.False(view.IsOver || view.ShowsHelp);
        Press(view, "q");
        Assert.True(view.IsOver);
    }

    [Fact]
    public void Why_it_waits_is_said_with_a_guard()
    {
        var view = new WatchView();
        view.Take(Busy(Guard, 2, "/usr/bin/b\u202eowser\e[2J"));
        Press(view, "jj\r");
        var text = string.Join('\n', new WatchPainter(false).Paint(view, 120, 24));
        Assert.Contains("10 of 10 slots, 7 wait", text, StringComparison.Ordinal);
        Assert.Contains("waits: programs that hold less come first", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\e[A\e[B\e[5~\e[6~\eOH\eOF\r\u007f", "Up Down PageUp PageDown Home End Enter Erase")]
    [InlineData("\e[1;5C\e[200~ü語\u0001", "Right Character Character")]
    [InlineData("\e", "Escape")]
    public void Keys_are_told_apart_wherever_they_are_cut(string bytes, string expected)
    {
        var all = Encoding.UTF8.GetBytes(bytes);
        for (var cut = 0; cut <= all.Length; cut++)
        {
            var keys = new WatchKeys();
            var got = keys.Read(all.AsSpan(0, cut), isQuiet: false).Concat(keys.Read(all.AsSpan(cut), isQuiet: false))
                .Concat(keys.Read([], isQuiet: true));
            Assert.Equal(expected, string.Join(' ', got.Select(k => k.Key)));
        }
    }

    [Fact]
    public void No_bytes_of_a_terminal_break_the_keys()
    {
        var random = new Random(10);
        var keys = new WatchKeys();
        var view = new WatchView();
        var painter = new WatchPainter(true);
        view.Take(Busy(Guard, 5));
        for (var i = 0; i < 3_000; i++)
        {
            var bytes = new byte[random.Next(1, 12)];
            random.NextBytes(bytes);
            for (var at = 0; at < bytes.Length; at += 3)
            {
                bytes[at] = (byte)"\e[O~/q ?\r>ABCD15;\u007f"[random.Next(18)];
            }

            foreach (var (key, character) in keys.Read(bytes, random.Next(3) == 0))
            {
                view.Press(key, character, painter.Titles);
            }

            var lines = painter.Paint(view, 20 + random.Next(200), 1 + random.Next(50));
            Assert.All(lines, l => Assert.Equal(PlainText.Of(Attributes().Replace(l, "")), Attributes().Replace(l, "")));
            Assert.True(view.Filter.Length <= 200);
        }
    }

    [Theory]
    [InlineData("/usr/bin/python3.11 /srv/crawl/main.py (crawl.service)", "/usr/bin/python3.11", "python3.11 main.py")]
    [InlineData("/usr/bin/curl", "/usr/bin/curl", "curl")]
    [InlineData("/usr/bin/java org.example.Main", "/usr/bin/java", "java org.example.Main")]
    [InlineData("unknown program", "", "unknown program")]
    public void A_short_name_has_no_folders_and_no_unit(string program, string executable, string expected) =>
        Assert.Equal(expected, ProgramName.Short(program, executable));

    [Theory]
    [InlineData("abc", 5, "abc  ")]
    [InlineData("abcdef", 5, "abcd~")]
    [InlineData("語語語", 5, "語語~")]
    [InlineData("語語語", 4, "語~ ")]
    [InlineData("e\u0301e\u0301", 2, "e\u0301e\u0301")]
    public void Text_fits_its_columns(string text, int columns, string expected) => Assert.Equal(expected, TextWidth.Fit(text, columns));

    private static IEnumerable<string> Names(WatchView view) => view.Rows().Select(r => r.Name);

    private static void Press(WatchView view, string keys, IReadOnlyList<string>? titles = null)
    {
        var reader = new WatchKeys();
        foreach (var (key, character) in reader.Read(Encoding.UTF8.GetBytes(keys), isQuiet: true))
        {
            view.Press(key, character, titles ?? []);
        }
    }

    /// <summary>Program n has n+1 half-open attempts, and 300-2n that were refused.</summary>
    private static WatchFrame Busy(WatchGuard? guard, int programs, string? evil = null)
    {
        var model = new WatchModel();
        for (var n = 0; n < programs; n++)
        {
            var who = evil is not null && n == 0 ? new WatchWho("user ann", evil, evil)
                : new WatchWho("user ann", "/p" + n, "p" + n, "x\u202e");
            for (var i = 0; i <= n; i++)
            {
                model.Started(FlowTo((n * 256) + i), who, 4000 + (uint)n, Seconds(1));
            }

            for (var i = 0; i < 300 - (2 * n); i++)
            {
                model.Started(FlowTo(50_000), who, 4000, Seconds(1));
                model.Ended(FlowTo(50_000), WatchEnd.Refused, Seconds(1));
            }
        }

        return model.Frame(Seconds(9), DateTimeOffset.UnixEpoch, new WatchSource(WatchKind.Events, "a test"), new WatchTable(10, 100),
            guard);
    }

    [GeneratedRegex(@"\e\[[0-9]*m")]
    private static partial Regex Attributes();
}
