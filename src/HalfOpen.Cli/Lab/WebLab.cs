using System.Net.Sockets;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Lab.Runs;
using HalfOpen.Watch.Feed;
using HalfOpen.Watch.Model;
using HalfOpen.Web;

namespace HalfOpen.Cli.Lab;

/// <summary>
/// The lab as pages on loopback while it runs: all machines side by side, and the watch of each. Used by one thread at
/// a time.
/// </summary>
internal sealed class WebLab : IAsyncDisposable
{
    /// <summary>One of the lab's pages for each machine, and a few more.</summary>
    private const int Readers = 16;

    private static readonly TimeSpan LastLook = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<LabPlan> _plans;
    private readonly Dictionary<LabPlan, FrameHub> _hubs;
    private readonly FeedHub<MachinesFrame> _overview = new();
    private WebPage? _page;
    private MachinesFrame _last;

    private WebLab(IReadOnlyList<LabPlan> plans)
    {
        _plans = plans;
        _hubs = plans.ToDictionary(p => p, _ => new FrameHub());
        _last = new MachinesFrame(1, DateTimeOffset.UtcNow, "setting up", 0, false,
            [.. plans.Select(p => new MachineState(Name(p), 0, null))]);
        _overview.Publish(_last);
    }

    /// <summary>Serves, and prints the link.</summary>
    /// <param name="port">0: one that is free.</param>
    /// <exception cref="CliException">The port is not to be had.</exception>
    public static async Task<WebLab> StartAsync(Terminal terminal, LabOptions options, int port)
    {
        var lab = new WebLab(LabSession.Plans(options));
        try
        {
            lab._page = await WebPage.StartAsync(lab._overview, lab._plans.Select(p => lab._hubs[p]),
                new WebOptions { Port = port, Readers = Readers });
        }
        catch (SocketException e)
        {
            throw CliException.Usage($"--web: port {port} is not to be had ({e.Message}): give another one with --port, or none.");
        }

        await terminal.Error.WriteLineAsync($"Open {lab._page.Link}");
        await terminal.Error.WriteLineAsync("Whoever has this link can see the page, on this machine only, while the lab runs.");
        return lab;
    }

    /// <summary>Where the frames of a machine go.</summary>
    public FrameHub Hub(LabPlan plan) => _hubs[plan];

    /// <summary>Shows where the lab is.</summary>
    public void Show(LabProgress progress)
    {
        var pages = progress.Pages.ToDictionary(p => p.Plan, p => p.Pages);
        Publish(_last with
        {
            Doing = progress.What,
            Share = progress.Share,
            Machines = [.. _plans.Select(p => new MachineState(Name(p), pages.GetValueOrDefault(p), _hubs[p].Latest))],
        });
    }

    /// <summary>Tells the pages that it is over, and stops to serve.</summary>
    public async ValueTask DisposeAsync()
    {
        Publish(_last with { IsOver = true });
        _overview.End();
        using var patience = new CancellationTokenSource(LastLook);
        try
        {
            while (_page!.Readers > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Somebody does not take it: he is cut off.
        }

        await _page!.DisposeAsync();
    }

    private void Publish(MachinesFrame frame)
    {
        _last = frame with { Number = _last.Number + 1, Time = DateTimeOffset.UtcNow };
        _overview.Publish(_last);
    }

    private static string Name(LabPlan plan) => plan.Scenario == LabScenario.Router ? "router, " + plan.Name : plan.Name;
}
