using HalfOpen.Cli.CommandLine;
using HalfOpen.Lab.Runs;

namespace HalfOpen.Cli.Lab;

/// <summary>
/// One line on standard error that changes while the lab runs; without a terminal, a line now and then. Used by one
/// thread at a time.
/// </summary>
internal sealed class LabProgressLine(Terminal terminal, bool isQuiet) : IDisposable
{
    private string _lastWhat = "";
    private int _lastTenth = -1;
    private int _width;

    public void Show(LabProgress progress)
    {
        if (isQuiet)
        {
            return;
        }

        var pages = progress.Pages.Count == 0
            ? "" : "   pages loaded: " + string.Join("  ", progress.Pages.Select(p => $"{Short(p.Plan)} {p.Pages}"));
        var line = $"{progress.Share,4:0 %}  {progress.What}{pages}";
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

    public void Dispose()
    {
        if (_width > 0)
        {
            terminal.Error.Write("\r" + new string(' ', _width) + "\r");
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
