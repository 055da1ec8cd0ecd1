using System.Text;
using HalfOpen.Watch.Model;

namespace HalfOpen.Cli.Watch;

/// <summary>
/// From what is chosen to the lines of a screen, each of exactly as many columns as there are. Pure. Not thread-safe.
/// </summary>
/// <param name="useColor">No: no attribute at all (NO_COLOR); what is selected has a mark.</param>
internal sealed class WatchPainter(bool useColor)
{
    private const string Reset = "\e[0m", Bold = "\e[1m", Dim = "\e[2m", Red = "\e[31m", Yellow = "\e[33m", Reverse = "\e[7m";
    private const int Narrowest = 20;
    private int _top;

    /// <summary>Titles of the columns of the last screen.</summary>
    public IReadOnlyList<string> Titles { get; private set; } = [];

    /// <summary>As many lines as there are rows.</summary>
    public IReadOnlyList<string> Paint(WatchView view, int columns, int rows)
    {
        columns = Math.Max(Narrowest, columns);
        rows = Math.Max(3, rows);
        var lines = new List<string>();
        if (view.ShowsHelp)
        {
            lines.AddRange(Help().Select(l => Line(l, columns)));
        }
        else if (view.Frame is not { } frame)
        {
            lines.Add(Line("halfopen watch: looking ...", columns));
        }
        else
        {
            Head(lines, view, frame, columns);
            Table(lines, view, frame, columns, rows - lines.Count - 1);
        }

        while (lines.Count < rows - 1)
        {
            lines.Add(new string(' ', columns));
        }

        var screen = lines.GetRange(0, rows - 1);
        screen.Add(Foot(view, columns));
        return screen;
    }

    private static IEnumerable<string> Help() =>
    [
        "halfopen watch: who tries to connect, and who does not answer",
        "",
        "  up, down, j, k     select a program          page up, page down, home, end",
        "  enter              open it: its destinations, and why it waits",
        "  < > or left, right sort by the next column   r  turn the order round",
        "  /                  filter by program, owner, unit, process, destination",
        "  space              freeze, and go on         esc  forget filter and selection",
        "  h, ?               this page                 q, Ctrl-C  end",
        "",
        "  HALF    attempts that are out and not answered (half-open)",
        "  OLDEST  how long the oldest of them has been out",
        "  NEW/S   new attempts in a second             TRIED  since the watch began",
        "  ANSWER, REFUSE, UNREA, TIMEO, ABAND          how they ended: answered, refused, unreachable,",
        "                                               timed out, abandoned by the program",
        "  DEAD    share of peers that say neither yes nor no",
        "  SLOTS, WAITS, SINCE                          with a guard: slots it holds, attempts that wait, how long",
    ];

    private void Head(List<string> lines, WatchView view, WatchFrame frame, int columns)
    {
        var clock = $"{frame.Time.ToLocalTime():HH:mm:ss}";
        var state = view.IsFrozen ? " FROZEN" : "";
        var totals = TextWidth.Fit(WatchWords.Totals(frame), columns - clock.Length - state.Length - 1);
        lines.Add(Paint(Bold, totals) + " " + clock + Paint(Yellow, state));
        lines.Add(Line($"{WatchWords.Age(frame.SinceStart)}: {frame.Totals.Attempts:#,0} tried; "
            + WatchWords.Outcomes(frame.Totals.Outcomes), columns));
        if (frame.Guard is { } guard)
        {
            lines.Add(Paint(guard.Waiting > 0 || guard.Problem.Length > 0 ? Yellow : "", Line(WatchWords.Guard(guard), columns)));
        }

        lines.Add(Paint(Dim, Line(WatchWords.Source(frame.Source), columns)));
    }

    private void Table(List<string> lines, WatchView view, WatchFrame frame, int columns, int room)
    {
        var shown = WatchColumns.For(columns, frame.Guard is not null);
        Titles = [.. shown.Select(s => s.Column.Title)];
        var titles = string.Join(' ', shown.Select(c =>
        {
            var title = c.Column.IsLeft ? TextWidth.Fit(c.Column.Title, c.Width) : TextWidth.FitRight(c.Column.Title, c.Width);
            return c.Column.Title != view.SortedBy ? title
                : useColor ? Bold + title + Reset + Reverse
                : title.Replace(' ', view.IsReversed ? '^' : '*');
        }));
        lines.Add(useColor ? Reverse + Pad(titles, shown, columns) + Reset : Pad(titles, shown, columns));

        var body = new List<(string Text, long Id)>();
        foreach (var row in view.Rows())
        {
            body.Add((Row(row, shown, columns, row.Id == view.Selected), row.Id));
            if (view.IsOpen(row.Id))
            {
                body.AddRange(Inside(row, columns).Select(l => (Paint(Dim, l), row.Id)));
            }
        }

        view.Page = Math.Max(1, room - 2);
        var from = body.FindIndex(b => b.Id == view.Selected);
        var until = body.FindLastIndex(b => b.Id == view.Selected);
        if (from >= 0)
        {
            // What is selected stays in sight, with as much of what is opened as fits.
            _top = Math.Min(_top, from);
            _top = Math.Max(_top, Math.Min(from, until - room + 2));
        }

        _top = Math.Clamp(_top, 0, Math.Max(0, body.Count - Math.Max(1, room - 1)));
        lines.AddRange(body.Skip(_top).Take(Math.Max(0, room - 1)).Select(b => b.Text));
    }

    private string Row(WatchProgram row, IReadOnlyList<(WatchColumn Column, int Width)> shown, int columns, bool isSelected)
    {
        var cells = shown.Select((c, i) =>
        {
            var text = c.Column.Text(row);
            text = i == 0 && isSelected && !useColor ? "> " + text : text;
            var cell = c.Column.IsLeft ? TextWidth.Fit(text, c.Width) : TextWidth.FitRight(text, c.Width);
            return isSelected ? cell : c.Column.Title switch
            {
                "DEAD" when row.DeadShare >= 0.5 => Paint(Red, cell),
                "WAITS" or "SINCE" when row.Waiting > 0 => Paint(Yellow, cell),
                _ => cell,
            };
        });
        var line = Pad(string.Join(' ', cells), shown, columns);
        return isSelected && useColor ? Reverse + line + Reset : line;
    }

    private static IEnumerable<string> Inside(WatchProgram row, int columns)
    {
        var about = row.FullName + (row.Owner.Length > 0 ? $", {row.Owner}" : "")
            + (row.ProcessIds.Count > 0 ? $", process {string.Join(' ', row.ProcessIds)}{(row.MoreProcesses ? " ..." : "")}" : "");
        yield return Line("  " + about, columns);
        if (row.WhyItWaits.Length > 0)
        {
            yield return Line($"  waits: {row.WhyItWaits}", columns);
        }

        foreach (var d in row.Destinations)
        {
            yield return Line($"    {TextWidth.Fit(WatchWords.EndPoint(d), Math.Clamp(columns - 44, 21, 46))} half {d.HalfOpen}, "
                + $"tried {d.Attempts:#,0}: {d.Outcomes.Answered:#,0} answered, {d.Outcomes.Refused:#,0} refused, "
                + $"{d.Outcomes.Silent:#,0} silent", columns);
        }

        if (row.DestinationsLeftOut > 0)
        {
            yield return Line($"    and {row.DestinationsLeftOut:#,0} more", columns);
        }
    }

    private string Foot(WatchView view, int columns)
    {
        var text = view.IsTyping ? $"filter: {view.Filter}_  (enter: keep, esc: forget)"
            : view.Filter.Length > 0 ? $"filter: {view.Filter}  (esc: forget)  h help  q end"
            : "q end  h help  / filter  < > sort  enter open  space freeze";
        var left = view.Frame is { } frame && frame.ProgramsLeftOut > 0 ? $"  {frame.ProgramsLeftOut:#,0} programs without a row" : "";
        return Paint(Dim, Line(text + left, columns));
    }

    private static string Line(string text, int columns) => TextWidth.Fit(text, columns);

    private static string Pad(string line, IReadOnlyList<(WatchColumn Column, int Width)> shown, int columns) =>
        line + new string(' ', Math.Max(0, columns - shown.Sum(c => c.Width) - (shown.Count - 1)));

    private string Paint(string attribute, string text) =>
        useColor && attribute.Length > 0 && text.Length > 0 ? attribute + text + Reset : text;

    /// <summary>
    /// The bytes of a whole screen, for one write: begun and ended as one update (DEC mode 2026), painted over what
    /// stands there instead of clearing it.
    /// </summary>
    public static byte[] Bytes(IReadOnlyList<string> lines, bool clear)
    {
        var screen = new StringBuilder("\e[?2026h").Append(clear ? "\e[2J" : "");
        for (var i = 0; i < lines.Count; i++)
        {
            screen.Append($"\e[{i + 1};1H").Append(lines[i]);
        }

        return Encoding.UTF8.GetBytes(screen.Append("\e[?2026l").ToString());
    }
}
