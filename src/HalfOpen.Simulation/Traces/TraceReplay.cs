using HalfOpen.Core;
using HalfOpen.Core.Replay;
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
/// Drives a policy by a recorded file in place of a world, with the same checkers: how a failure from a bug report is looked at again. Lines and their rules are those
/// of <c>halfopen replay</c>, and so are the decisions.
/// </summary>
public sealed class TraceReplay
{
    private readonly ILimiter _limiter;
    private readonly Checkers _checks;
    private readonly ReplayAttempts _attempts = new();
    private readonly Dictionary<long, int> _programOf = [];
    private readonly List<ProgramId> _keys;
    private long _submitted;
    private long _started;
    private int _halfOpen;
    private int _maxCounted;
    private int _maxWaiting;

    private TraceReplay(ILimiter limiter, Checkers checks, IEnumerable<string> programs)
    {
        _limiter = limiter;
        _checks = checks;
        _checks.Attach(limiter);
        _keys = [.. programs.Select(limiter.Intern)];
    }

    /// <param name="input">Lines of a replay file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="ScenarioException">A line that is not understood: file, line, reason.</exception>
    /// <exception cref="CheckFailedException">The policy broke a promise.</exception>
    public static async Task<ReplayResult> RunAsync(TextReader input, string file, RunRequest request, CancellationToken cancel = default)
    {
        // The checkers want to know all programs at the start: two passes.
        var events = new List<(int Line, ReplayEvent Happened, int Program)>();
        var programs = new Dictionary<string, int>(StringComparer.Ordinal);
        var lines = new BoundedLineReader(input);
        var number = 0;
        try
        {
            for (number = 1; await lines.ReadAsync(cancel) is { } text; number++)
            {
                if (!string.IsNullOrWhiteSpace(text))
                {
                    var happened = ReplayParser.Parse(text);
                    var program = -1;
                    if (happened.Kind is ReplayEventKind.Submit or ReplayEventKind.Adopt && !programs.TryGetValue(happened.ProgramText, out program))
                    {
                        programs.Add(happened.ProgramText, program = programs.Count);
                    }

                    events.Add((number, happened, program));
                }
            }
        }
        catch (ReplayFormatException e)
        {
            throw Bad(file, number, e);
        }

        var names = programs.Keys.ToList();
        var checks = new Checkers(PolicyCatalog.Profile(request) with { NatBudget = null }, request.Seed, names, new SynTiming(StackSystem.Linux).GiveUpAt(0, 0));
        var replay = new TraceReplay(PolicyCatalog.Factory(request)(), checks, names);
        foreach (var (line, happened, program) in events)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                replay.Apply(happened, program);
            }
            catch (ReplayFormatException e)
            {
                throw Bad(file, line, e);
            }
        }

        var end = events.Count == 0 ? default : events[^1].Happened.Now;
        return new ReplayResult(events.Count, replay._submitted, replay._started, replay._maxCounted, replay._maxWaiting, Ticks.ToSeconds(end.Ticks));
    }

    private static ScenarioException Bad(string file, int line, ReplayFormatException e) => new(FormattableString.Invariant($"{file}:{line}: {e.Message}."));

    private void Apply(in ReplayEvent happened, int program)
    {
        _attempts.Check(happened);
        var now = happened.Now;
        while (_limiter.NextDeadline <= now.Ticks)
        {
            var due = new Instant(_limiter.NextDeadline);
            _limiter.AdvanceTo(due);
            Carry(due.Ticks);
            if (_limiter.NextDeadline <= due.Ticks)
            {
                throw _checks.Fail(due.Ticks, "time stands still: the policy is due again at the instant it was just told of");
            }
        }

        _limiter.AdvanceTo(now);
        switch (happened.Kind)
        {
            case ReplayEventKind.Submit:
                _submitted++;
                _programOf.Add(happened.Id, program);
                _checks.Submitted(now.Ticks, happened.Id, program);
                _attempts.Submitted(happened);
                _attempts.Named(happened.Id, _limiter.Submit(RequestOf(happened, program), now));
                break;
            case ReplayEventKind.Adopt:
                _programOf.Add(happened.Id, program);
                _attempts.Submitted(happened);
                _attempts.Named(happened.Id, _limiter.Adopt(RequestOf(happened, program), now));
                _attempts.Started(happened.Id);
                _halfOpen++;
                _checks.Adopted(now.Ticks, happened.Id);
                break;
            case ReplayEventKind.Outcome:
                var wasHalfOpen = _attempts[happened.Id].Phase == ReplayAttempts.Phase.Started;
                if (_attempts.End(happened.Id, happened.Outcome) is { } outcome)
                {
                    _checks.Ended(now.Ticks, happened.Id, _programOf[happened.Id], wasHalfOpen, toUnknown: false, outcome);
                    _halfOpen -= wasHalfOpen ? 1 : 0;
                    _limiter.Complete(_attempts[happened.Id].Attempt, outcome, now);
                }

                break;
            case ReplayEventKind.Close when _attempts.Close(happened.Id):
                _limiter.ConnectionClosed(_attempts[happened.Id].Destination, now);
                break;
            case ReplayEventKind.Limit:
                _checks.LimitChanged(now.Ticks, (int)happened.Id);
                _limiter.SetLimit((int)happened.Id, now);
                break;
        }

        Carry(now.Ticks);
    }

    private AttemptRequest RequestOf(in ReplayEvent happened, int program) => new()
    {
        Program = _keys[program],
        Destination = happened.Destination,
        Priority = happened.Priority,
        Deadline = happened.DeadlineInstant,
        Tag = (ulong)happened.Id,
    };

    private void Carry(long now)
    {
        foreach (var decision in _limiter.Decisions)
        {
            var id = (long)decision.Tag;
            if (decision.Kind == DecisionKind.Start)
            {
                _started++;
                _halfOpen++;
                _attempts.Started(id);
                _checks.Started(now, id, _programOf[id], false, false);
            }
            else if (decision.Kind == DecisionKind.Rejected)
            {
                _attempts.EndedHere(id);
                _checks.Rejected(now, id, _programOf[id]);
            }
        }

        _limiter.ClearDecisions();
        _maxCounted = Math.Max(_maxCounted, _limiter.Counted);
        _maxWaiting = Math.Max(_maxWaiting, _limiter.Waiting);
        _checks.AfterStep(now, _halfOpen, 0);
    }
}
