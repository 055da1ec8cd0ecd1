using System.Diagnostics;
using HalfOpen.Watch.Feed;
using HalfOpen.Watch.Model;

namespace HalfOpen.Lab.Runs;

/// <summary>What to run. Immutable.</summary>
public sealed record LabOptions
{
    /// <summary>Only this one (beside the idle machine); null (default): freeze and router.</summary>
    public LabScenario? Only { get; init; }

    /// <summary>Which hosts are alive, and in which order they are tried. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Also run fair with give-up.</summary>
    public bool GiveUp { get; init; }

    public LabTimes Times { get; init; } = new();

    /// <summary>Also watch what is half-open on each machine. Default no.</summary>
    public bool Watch { get; init; }

    /// <summary>With <see cref="Watch"/>: what gets the frames of a machine. Default null: only the progress has
    /// them.</summary>
    public Func<LabPlan, FrameHub>? Hubs { get; init; }

    /// <summary>Policies and limits to run, as in <see cref="LabPlan.Name"/>'s words; null (default): all.</summary>
    public Func<LabPlan, bool>? Filter { get; init; }
}

/// <summary>Where the lab is. Immutable.</summary>
/// <param name="What">For people.</param>
/// <param name="Share">Of the whole time, 0 to 1.</param>
/// <param name="Pages">Pages loaded so far by run, in order.</param>
public readonly record struct LabProgress(string What, double Share, IReadOnlyList<(LabPlan Plan, int Pages)> Pages)
{
    /// <summary>What is half-open on the machine of each of <see cref="Pages"/>; null: not seen yet. Empty where nobody
    /// watches.</summary>
    public IReadOnlyList<WatchFrame?> Frames { get; init; } = [];
}

/// <summary>Everything that one lab measured. Immutable.</summary>
public sealed record LabResult(LabOptions Options, IReadOnlyList<LabRunResult> Runs)
{
    public LabRunResult? Find(string policy, int? limit, LabScenario scenario = LabScenario.Freeze, bool giveUp = false) =>
        Runs.FirstOrDefault(
            r => r.Plan.Scenario == scenario && r.Plan.Policy == policy && r.Plan.Limit == limit && r.Plan.GiveUp == giveUp);
}

/// <summary>
/// Runs the whole lab: all runs side by side at the same time, each on a machine and an internet of its own, so that
/// all see the same weather on this computer.
/// </summary>
public static class LabSession
{
    private static readonly TimeSpan StartUp = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Machines begin one after another, over about as long as it is from page to page: else every page of every
    /// machine would ask for this computer at the same instant, and be measured waiting for it.
    /// </summary>
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(0.19);

    /// <param name="progress">Called about once a second.</param>
    /// <exception cref="LabException">Something is missing or broke; nothing is left behind.</exception>
    public static async Task<LabResult> Run(LabOptions options, Action<LabProgress> progress, CancellationToken cancel)
    {
        var plans = Plans(options);
        using var folder = new ProgramFolder();
        progress(new LabProgress("simulating the same", 0, []));
        var simulated = new LabFigures[plans.Count];
        Parallel.For(0, plans.Count, new ParallelOptions { CancellationToken = cancel },
            i => simulated[i] = SimulatedRun.Of(plans[i], options.Times, options.Seed, cancel));

        var runs = new List<LabRun>();
        try
        {
            foreach (var plan in plans)
            {
                progress(new LabProgress($"setting up: {plan.Name}", 0, []));
                cancel.ThrowIfCancellationRequested();
                var run = new LabRun(plan, options.Times, options.Seed, folder, options.Watch);
                runs.Add(run);
                await Started(run, cancel);
                if (options.Watch)
                {
                    run.Watch(options.Hubs?.Invoke(plan));
                }
            }

            var results = Task.WhenAll(runs.Select(async (run, i) =>
            {
                await Task.Delay(Apart * i, cancel);
                return await run.Run(simulated[i], cancel);
            }));
            await Watch(results, runs, options, progress);
            return new LabResult(options, await results);
        }
        finally
        {
            Parallel.ForEach(runs, run => run.Dispose());
        }
    }

    /// <summary>What will run, in this order.</summary>
    public static IReadOnlyList<LabPlan> Plans(LabOptions options) =>
        [.. LabPlan.All(options.Only, options.GiveUp).Where(p => p.Scenario == LabScenario.Idle || options.Filter?.Invoke(p) != false)];

    private static async Task Started(LabRun run, CancellationToken cancel)
    {
        try
        {
            await run.Ready.WaitAsync(StartUp, cancel);
        }
        catch (TimeoutException)
        {
            throw new LabException(
                $"the programs of '{run.Plan.Name}' did not start within {StartUp.TotalSeconds:0} s: is this computer very busy?");
        }
    }

    private static async Task Watch(Task results, List<LabRun> runs, LabOptions options, Action<LabProgress> progress)
    {
        var times = options.Times;
        var isStorm = runs.Any(r => r.Plan.Scenario == LabScenario.GoodHostDies);
        var whole = isStorm ? times.Measured : times.Measured + times.Scanned;
        var began = Stopwatch.GetTimestamp();
        while (!results.IsCompleted)
        {
            var passed = Stopwatch.GetElapsedTime(began);
            var what = passed >= times.Measured ? "a scanner beside them"
                : !isStorm ? "browsing beside the swarm"
                : passed < times.ServiceSilent ? "browsing beside many connections to one host" : "that host is silent";
            progress(new LabProgress(what, Math.Min(1, passed / whole), [.. runs.Select(r => (r.Plan, r.Pages))])
            {
                Frames = options.Watch ? [.. runs.Select(r => r.Watched)] : [],
            });
            await Task.WhenAny(results, Task.Delay(TimeSpan.FromSeconds(1)));
            if (results.IsFaulted)
            {
                return;
            }
        }
    }
}
