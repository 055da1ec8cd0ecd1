using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Programs;
using HalfOpen.Simulation.Results;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;

namespace HalfOpen.Simulation.World;

/// <summary>Turns a finished world into figures.</summary>
internal static class RunReport
{
    private const double SecondsPerMinute = 60;

    public static RunResult Of(SimulatedWorld world, Scenario scenario, RunRequest request)
    {
        var all = world.Behaviours;
        var browsers = all.OfType<BrowserBehaviour>().ToList();
        var pages = browsers.SelectMany(b => b.Pages).Select(Ticks.ToSeconds).ToList();
        var unfinished = browsers.Select(b => b.WaitingSince).Where(t => t is not null)
            .Select(t => Ticks.ToSeconds(world.Now - t!.Value)).ToList();
        var seconds = scenario.DurationSeconds;
        return new RunResult
        {
            Policy = request.PolicyName,
            Label = request.Label,
            Options = request.Policy.Settings,
            Limit = request.Limit,
            Seed = request.Seed,
            PageSeconds = browsers.Count == 0 ? null : PageTimes.Of(pages, unfinished),
            Pages = pages,
            UnfinishedPages = unfinished,
            LivePeersPerMinute = all.Where(b => b.Spec.Kind is ProgramKind.Swarm or ProgramKind.Crawler)
                .Sum(b => b.Statistics.Established) / seconds * SecondsPerMinute,
            AttemptsPerSecond = Each(all, b => b.Statistics.Started / seconds),
            MaxCounted = world.MaxCounted,
            MaxHalfOpen = world.MaxHalfOpen,
            MaxUnknownHalfOpen = world.Checks.MaxUnknownHalfOpen,
            MaxNatEntries = world.Nat?.MaxEntries,
            NatDropped = world.Nat?.Dropped ?? 0,
            MaxWaitSeconds = Each(all, b => b.Statistics.Waits.Max.TotalSeconds),
            WaitP50Seconds = Each(all, b => b.Statistics.Waits.Quantile(0.5).TotalSeconds),
            WaitP99Seconds = Each(all, b => b.Statistics.Waits.Quantile(0.99).TotalSeconds),
            GivenUp = Each(all, b => b.Statistics.GivenUp),
            Rejected = Each(all, b => b.Statistics.Rejected),
            Jain = JainOfLargestGroup(all),
            Warnings = world.LimitWarnings,
            Events = world.Events,
        };
    }

    private static double? JainOfLargestGroup(IReadOnlyList<Behaviour> all)
    {
        var group = all.GroupBy(b => b.Spec).Where(g => g.Count() > 1).MaxBy(g => g.Count());
        return group is null ? null : Quantiles.Jain([.. group.Select(b => Ticks.ToSeconds(b.Statistics.HalfOpenTicks))]);
    }

    /// <summary>One entry a program, clones numbered.</summary>
    private static Dictionary<string, TValue> Each<TValue>(IReadOnlyList<Behaviour> all, Func<Behaviour, TValue> value) =>
        all.ToDictionary(b => b.Name, value, StringComparer.Ordinal);
}
