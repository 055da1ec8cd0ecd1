using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;
using HalfOpen.Hosting.Replay;
using HalfOpen.Simulation.Checking;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;
using HalfOpen.Simulation.World;

namespace HalfOpen.Simulation.Traces;

/// <summary>What came out of a replay.</summary>
/// <param name="Lines">Events read.</param>
/// <param name="Submitted">Attempts submitted.</param>
/// <param name="Started">Attempts started.</param>
/// <param name="MaxCounted">The most counted at once.</param>
/// <param name="MaxWaiting">The most waiting at once.</param>
/// <param name="Seconds">Instant of the last line.</param>
public sealed record ReplayResult(long Lines, long Submitted, long Started, int MaxCounted, int MaxWaiting, double Seconds);

/// <summary>
/// Drives a policy by a recorded file in place of a world, with the same checkers: how a failure from a bug report is
/// looked at again. Lines, their rules and the decisions are those of <c>halfopen replay</c>.
/// </summary>
public sealed class TraceReplay : IReplayObserver
{
    private readonly ILimiter _limiter;
    private readonly Checkers _checks;
    private readonly ReplayPlayer _player;
    private readonly Dictionary<string, int> _programs;
    private readonly Dictionary<long, int> _programOf = [];
    private long _submitted;
    private long _started;
    private int _halfOpen;
    private int _maxCounted;
    private int _maxWaiting;

    private TraceReplay(ILimiter limiter, Checkers checks, Dictionary<string, int> programs)
    {
        _limiter = limiter;
        _checks = checks;
        _programs = programs;
        _player = new ReplayPlayer(limiter, this);
    }

    /// <param name="input">Lines of a replay file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="ScenarioException">A line that is not understood: file, line, reason.</exception>
    /// <exception cref="CheckFailedException">The policy broke a promise.</exception>
    public static async Task<ReplayResult> RunAsync(TextReader input, string file, RunRequest request, CancellationToken cancel = default)
    {
        // The checkers want to know all programs at the start: two passes.
        var events = new List<(long Line, ReplayEvent Happened)>();
        var programs = new Dictionary<string, int>(StringComparer.Ordinal);
        var lines = new ReplayLines(input, file);
        try
        {
            while (await lines.NextAsync(cancel) is { } happened)
            {
                if (happened.Kind is ReplayEventKind.Submit or ReplayEventKind.Adopt)
                {
                    programs.TryAdd(happened.ProgramText, programs.Count);
                }

                events.Add((lines.Number, happened));
            }
        }
        catch (ReplayFormatException e)
        {
            throw Bad(e);
        }

        var names = programs.Keys.ToList();
        var policy = request.UnderTest;
        var limiter = policy.NewLimiter();
        var checks = new Checkers(
            limiter, policy with { Promises = policy.Promises with { NatBudget = null } }, request.Seed, names,
                new SynTiming(StackSystem.Linux).GiveUpAt(0, 0));
        var replay = new TraceReplay(limiter, checks, programs);
        foreach (var (line, happened) in events)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                replay.Apply(happened);
            }
            catch (ReplayFormatException e)
            {
                throw Bad(lines.Wrong(line, e));
            }
        }

        var end = events[^1].Happened.Now;
        return new ReplayResult(events.Count, replay._submitted, replay._started, replay._maxCounted, replay._maxWaiting,
            Ticks.ToSeconds(end.Ticks));
    }

    private static ScenarioException Bad(ReplayFormatException e) => new(e.Message + ".");

    private void Apply(in ReplayEvent happened)
    {
        try
        {
            _player.Play(happened);
        }
        catch (InvalidOperationException e)
        {
            throw _checks.Fail(_player.Now.Ticks, e.Message);
        }
    }

    void IReplayObserver.Submitting(in ReplayEvent happened)
    {
        var program = _programs[happened.ProgramText];
        _programOf.Add(happened.Id, program);
        _submitted++;
        _checks.Submitted(_player.Now.Ticks, happened.Id, program);
    }

    void IReplayObserver.Adopted(in ReplayEvent happened)
    {
        _programOf.Add(happened.Id, _programs[happened.ProgramText]);
        _halfOpen++;
        _checks.Adopted(_player.Now.Ticks, happened.Id);
    }

    void IReplayObserver.Ending(long id, bool wasHalfOpen, Outcome outcome)
    {
        _checks.Ended(_player.Now.Ticks, id, _programOf[id], wasHalfOpen, toUnknown: false, outcome);
        _halfOpen -= wasHalfOpen ? 1 : 0;
    }

    void IReplayObserver.LimitChanging(int limit) => _checks.LimitChanged(_player.Now.Ticks, limit);

    void IReplayObserver.Decided(long id, in Decision decision)
    {
        if (decision.Kind == DecisionKind.Start)
        {
            _started++;
            _halfOpen++;
            _checks.Started(_player.Now.Ticks, id, _programOf[id], false, false);
        }
        else if (decision.Kind == DecisionKind.Rejected)
        {
            _checks.Rejected(_player.Now.Ticks, id, _programOf[id]);
        }
    }

    void IReplayObserver.Stepped(Instant now)
    {
        _maxCounted = Math.Max(_maxCounted, _limiter.Counted);
        _maxWaiting = Math.Max(_maxWaiting, _limiter.Waiting);
        _checks.AfterStep(now.Ticks, _halfOpen, 0);
    }
}
