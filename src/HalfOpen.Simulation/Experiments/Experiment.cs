using System.Runtime.ExceptionServices;
using HalfOpen.Core;
using HalfOpen.Hosting.Replay;
using HalfOpen.Simulation.Checking;
using HalfOpen.Simulation.Outbreaks;
using HalfOpen.Simulation.Plots;
using HalfOpen.Simulation.Results;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.World;

namespace HalfOpen.Simulation.Experiments;

/// <summary>
/// Makes many runs of one scenario, on several cores, and gives the results in the order of the requests.
/// </summary>
public static class Experiment
{
    /// <param name="progress">Hears the share done, 0..1; called from several threads, also at the same time.</param>
    /// <exception cref="CheckFailedException">A policy broke a promise: the first, in the order of the
    /// requests.</exception>
    public static IReadOnlyList<RunResult> Run(
        Scenario scenario, IReadOnlyList<RunRequest> requests, int parallel, Action<double>? progress = null,
            CancellationToken cancel = default)
    {
        var results = new RunResult[requests.Count];
        var failures = new Exception?[requests.Count];
        var done = 0L; // percents of all runs together
        Action<double>? Listener()
        {
            var mine = 0;
            return progress is null ? null : share =>
            {
                var percent = (int)(share * 100);
                var all = Interlocked.Add(ref done, percent - mine);
                mine = percent;
                progress(all / (100.0 * requests.Count));
            };
        }

        Parallel.For(0, requests.Count, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, parallel), CancellationToken = cancel },
            i =>
        {
            try
            {
                results[i] = RunOne(scenario, requests[i], Listener(), cancel);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failures[i] = e;
            }
        });
        if (Array.Find(failures, f => f is not null) is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        return results;
    }

    /// <summary>
    /// One run of one machine; everything the limiter is told is written to <paramref name="record"/>.
    /// </summary>
    /// <param name="record">Closed at the end.</param>
    /// <param name="incomplete">Why the record is not the whole story, or null.</param>
    public static RunResult RunRecorded(
        Scenario scenario, RunRequest request, Stream record, out string? incomplete, CancellationToken cancel = default)
    {
        using var recording = new ReplayRecording(record, Instant.Zero);
        var world = NewWorld(scenario, request, recording);
        world.Run(cancel: cancel);
        recording.WriteOut();
        incomplete = recording.Problem.Length > 0 ? recording.Problem : world.Unrecordable;
        return Report(world, scenario, request);
    }

    /// <summary>One run drawn as a picture: who holds which slot when.</summary>
    /// <param name="madeBy">The command that does it, for the foot of the picture.</param>
    public static string Timeline(
        Scenario scenario, RunRequest request, double seconds, string madeBy, CancellationToken cancel = default)
    {
        var spans = new List<AttemptSpan>();
        var world = new SimulatedWorld(WithoutLoad(scenario, request), request.UnderTest, request.Seed) { Spans = spans };
        world.Run(cancel: cancel);
        return SlotTimeline.Render(scenario, request, world, spans, seconds, madeBy);
    }

    internal static RunResult RunOne(Scenario scenario, RunRequest request, Action<double>? progress, CancellationToken cancel)
    {
        if (scenario.Outbreak is { } outbreak)
        {
            return RunOutbreak(scenario, outbreak, request, progress, cancel);
        }

        var world = NewWorld(scenario, request, null);
        world.Run(progress, cancel);
        return Report(world, scenario, request);
    }

    private static SimulatedWorld NewWorld(Scenario scenario, RunRequest request, ReplayRecording? recording) =>
        new(WithoutLoad(scenario, request), request.UnderTest, request.Seed, recording);

    private static RunResult Report(SimulatedWorld world, Scenario scenario, RunRequest request) =>
        RunReport.Of(world, scenario, request) with
        {
            BoundLivePeersPerMinute = NatBound.LivePeersPerMinute(scenario, request.Policy.Promises.NatBudget, request.Seed),
        };

    private static Scenario WithoutLoad(Scenario scenario, RunRequest request) =>
        request.WithoutLoad
            ? scenario with { Programs = [.. scenario.Programs.Where(p => !IsLoad(p.Kind))] }
            : scenario;

    internal static bool IsLoad(ProgramKind kind) => kind is ProgramKind.Swarm or ProgramKind.Worm or ProgramKind.Crawler;

    private static RunResult RunOutbreak(
        Scenario scenario, OutbreakSpec spec, RunRequest request, Action<double>? progress, CancellationToken cancel)
    {
        OutbreakResult result;
        long events;
        if (spec.Exact)
        {
            (result, events) = new EngineOutbreak(spec, scenario.Stack, request.UnderTest.NewLimiter, request.Seed)
                .Run(scenario.DurationSeconds, progress, cancel);
        }
        else
        {
            var schedule = StartSchedule.Record(spec, scenario.Stack, request.UnderTest, request.Seed);
            (result, events) = CompactOutbreak.Run(spec, schedule, scenario.DurationSeconds, request.Seed, progress, cancel);
        }

        return new RunResult
        {
            Policy = request.PolicyName,
            Label = request.Label,
            Options = request.Policy.Settings,
            Limit = request.Limit,
            Seed = request.Seed,
            AttemptsPerSecond = new Dictionary<string, double>(StringComparer.Ordinal) { ["worm"] = result.ContactsPerSecond },
            Events = events,
            Outbreak = result,
        };
    }
}
