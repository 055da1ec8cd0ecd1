using HalfOpen.Cli.CommandLine;
using HalfOpen.Watch.Model;

namespace HalfOpen.Cli.Watch;

/// <summary>One frame as text that stands: for <c>--once</c> and for pipes.</summary>
internal static class WatchReport
{
    private const int Rows = 40;

    public static void Print(Terminal terminal, WatchFrame frame)
    {
        var o = terminal.Out;
        var width = Math.Min(terminal.Width, 200);
        o.WriteLine(TextWidth.Cut(WatchWords.Totals(frame), width));
        o.WriteLine(TextWidth.Cut(
            $"in {WatchWords.Age(frame.SinceStart)}: {frame.Totals.Attempts:#,0} tried; {WatchWords.Outcomes(frame.Totals.Outcomes)}",
            width));
        if (frame.Guard is { } guard)
        {
            var words = TextWidth.Cut(WatchWords.Guard(guard), width);
            o.WriteLine(guard.Waiting > 0 ? terminal.Warn(words) : words);
        }

        o.WriteLine(terminal.Dim(TextWidth.Cut(WatchWords.Source(frame.Source), width * 3)));
        if (frame.Programs.Count == 0)
        {
            o.WriteLine();
            o.WriteLine("No program tries to connect to another machine.");
            return;
        }

        var columns = WatchColumns.For(width, frame.Guard is not null);
        o.WriteLine();
        o.WriteLine(terminal.Bold(Line(columns, c => c.Title)));
        foreach (var program in frame.Programs.Take(Rows))
        {
            o.WriteLine(Line(columns, c => c.Text(program)));
            if (program.WhyItWaits.Length > 0)
            {
                o.WriteLine(TextWidth.Cut($"  waits: {program.WhyItWaits}", width));
            }
        }

        if (frame.Programs.Count > Rows || frame.Others is not null)
        {
            o.WriteLine($"and {Math.Max(0, frame.Programs.Count - Rows) + frame.ProgramsLeftOut:#,0} more"
                + (frame.Others is { } others ? $"; {others.HalfOpen:#,0} half-open without a row" : ""));
        }
    }

    public static string Line(IReadOnlyList<(WatchColumn Column, int Width)> columns, Func<WatchColumn, string> text) =>
        string.Join(' ', columns.Select(c => c.Column.IsLeft ? TextWidth.Fit(text(c.Column), c.Width)
            : TextWidth.FitRight(text(c.Column), c.Width)));
}
