using System.Globalization;
using System.Text;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Watch;
using HalfOpen.Lab.Runs;
using HalfOpen.Watch.Model;

namespace HalfOpen.Cli.Lab;

/// <summary>
/// One line on standard error that changes while the lab runs; without a terminal, a line now and then. Used by one
/// thread at a time.
/// </summary>
internal sealed class LabProgressLine(Terminal terminal, bool isQuiet) : IDisposable
{
    private readonly TimeLeft _left = new(TimeProvider.System);
    private string _lastWhat = "";
    private int _lastTenth = -1;
    private int _width;
    private int _lines;

    public void Show(LabProgress progress)
    {
        if (isQuiet)
        {
            return;
        }

        if (progress.Frames.Count > 0)
        {
            ShowFrames(progress);
            return;
        }

        var pages = progress.Pages.Count == 0
            ? "" : "   pages loaded: " + string.Join("  ", progress.Pages.Select(p => $"{Short(p.Plan)} {p.Pages}"));
        var line = $"{progress.Share,4:0 %}  {Left(progress)}{progress.What}{pages}";
        if (terminal.ErrorIsTerminal)
        {
            line = line.Length < terminal.Width ? line : line[..(terminal.Width - 1)];
            terminal.Error.Write("\r" + line.PadRight(_width));
            _width = line.Length;
            return;
        }

        var tenth = (int)(progress.Share * 10);
        if (progress.What != _lastWhat || tenth != _lastTenth)
        {
            (_lastWhat, _lastTenth) = (progress.What, tenth);
            terminal.Error.WriteLine(line);
        }
    }

    /// <summary>
    /// A line for each machine, painted over the last ones in one write; without a terminal, a block now and then.
    /// </summary>
    private void ShowFrames(LabProgress progress)
    {
        var tenth = (int)(progress.Share * 10);
        if (!terminal.ErrorIsTerminal && (progress.What, tenth) == (_lastWhat, _lastTenth))
        {
            return;
        }

        (_lastWhat, _lastTenth) = (progress.What, tenth);
        var lines = progress.Pages.Zip(progress.Frames, (p, frame) => Line(Short(p.Plan), p.Pages, frame))
            .Prepend($"{"machine",-16} {"pages",5} {"half-open",9} {"oldest",6} {"new/s",6} {"dead",5} {"slots",7} {"waiting",7}"
                + "  by program, waiting ones included")
            .Prepend($"{progress.Share,4:0 %}  {Left(progress)}{progress.What}").ToArray();
        if (!terminal.ErrorIsTerminal)
        {
            terminal.Error.WriteLine(string.Join('\n', lines));
            return;
        }

        var picture = new StringBuilder("\r").Append(_lines > 0 ? $"\e[{_lines}A" : "");
        foreach (var line in lines)
        {
            picture.Append(TextWidth.Cut(line, terminal.Width - 1)).Append("\e[K\n");
        }

        terminal.Error.Write(picture.Append("\e[K").ToString());
        (_lines, _width) = (lines.Length, 0);
    }

    private static string Line(string machine, int pages, WatchFrame? frame)
    {
        if (frame is null)
        {
            return $"{machine,-16} {pages,5}";
        }

        var t = frame.Totals;
        var waiting = frame.Guard?.Waiting.ToString(CultureInfo.InvariantCulture) ?? "-";
        var programs = frame.Programs.Where(p => p.HalfOpen > 0).Take(3).Select(p => $"{Name(p)} {p.HalfOpen}");
        return $"{machine,-16} {pages,5} {t.HalfOpen,9} {WatchWords.Age(t.OldestSilence),6} {WatchWords.Rate(t.AttemptsPerSecond),6} "
            + $"{WatchWords.Share(t.DeadShare),5} {Slots(frame.Guard),7} {waiting,7}  "
            + $"{string.Join(", ", programs)}";
    }

    private static string Slots(WatchGuard? guard) =>
        guard is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{guard.SlotsTaken}/{guard.Limit}");

    /// <summary>What matters first: a narrow terminal shows the beginning of a line.</summary>
    private string Left(LabProgress progress) => _left.Words(progress.Share) is { Length: > 0 } words ? words + "  " : "";

    /// <summary>A program of the lab runs from a folder of its own, which has its name.</summary>
    private static string Name(WatchProgram program)
    {
        var executable = program.FullName.Split(' ')[0];
        return executable.Contains("/halfopen-lab-", StringComparison.Ordinal)
            ? Path.GetFileName(Path.GetDirectoryName(executable)!) : program.Name;
    }

    public void Dispose()
    {
        if (_width > 0)
        {
            terminal.Error.Write("\r" + new string(' ', _width) + "\r");
            _width = 0;
        }
    }

    private static string Short(LabPlan plan) => plan.Scenario switch
    {
        LabScenario.Idle => "idle",
        LabScenario.Router => plan.Limit is null ? "router" : "router+guard",
        _ => plan.Limit is { } limit
            ? $"{(plan.Policy == "windows-xp" ? "xp" : plan.Policy)}{limit}{(plan.GiveUp ? "+give-up" : "")}" : "no limit",
    };
}
