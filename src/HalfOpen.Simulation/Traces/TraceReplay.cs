using System.Globalization;
using System.Text.Json;
using HalfOpen.Core;
using HalfOpen.Simulation.Checking;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;
using HalfOpen.Simulation.World;

namespace HalfOpen.Simulation.Traces;

/// <summary>What came out of a replay.</summary>
/// <param name="Lines">Lines read.</param>
/// <param name="Submitted">Attempts submitted.</param>
/// <param name="Started">Attempts started.</param>
/// <param name="MaxCounted">The most counted at once.</param>
/// <param name="MaxWaiting">The most waiting at once.</param>
/// <param name="Seconds">Instant of the last line.</param>
public sealed record ReplayResult(long Lines, long Submitted, long Started, int MaxCounted, int MaxWaiting, double Seconds);

/// <summary>
/// Drives a policy by a recorded file in place of a world, with the same checkers: how a failure from a bug report is looked at
/// again. Under another policy than the recorded one an outcome may come while its attempt still waits; it then leaves the queue.
/// </summary>
public sealed class TraceReplay
{
    private readonly string _file;
    private readonly Dictionary<long, (AttemptId Id, int Program, Destination Destination, bool Started)> _attempts = [];
    private readonly List<string> _programs = [];
    private readonly Dictionary<string, int> _programIndex = new(StringComparer.Ordinal);
    private readonly List<Line> _lines = [];
    private long _started;
    private int _halfOpen;
    private int _maxCounted;
    private int _maxWaiting;

    private TraceReplay(string file) => _file = file;

    private enum LineKind
    {
        Time,
        Submit,
        Outcome,
        Close,
    }

    /// <exception cref="ScenarioException">A line that is not understood: file, line, reason.</exception>
    /// <exception cref="CheckFailedException">The policy broke a promise.</exception>
    public static ReplayResult Run(TextReader input, string file, RunRequest request)
    {
        var replay = new TraceReplay(file);
        replay.Read(input);
        return replay.Drive(PolicyCatalog.Factory(request)(), PolicyCatalog.Profile(request) with { NatBudget = null }, request.Seed);
    }

    private void Read(TextReader input)
    {
        var number = 0;
        var last = 0L;
        while (input.ReadLine() is { } text)
        {
            number++;
            if (text.Length == 0)
            {
                continue;
            }

            var line = Parse(text, number);
            if (line.Time < last)
            {
                throw Bad(number, "time runs backwards");
            }

            last = line.Time;
            _lines.Add(line);
        }
    }

    private Line Parse(string text, int number)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            var time = (long)(root.GetProperty("t").GetDecimal() * Ticks.PerMillisecond);
            if (time < 0)
            {
                throw Bad(number, "t must not be negative");
            }

            if (root.TryGetProperty("submit", out var submit))
            {
                var name = root.GetProperty("program").ToString();
                if (!_programIndex.TryGetValue(name, out var program))
                {
                    program = _programs.Count;
                    _programs.Add(name);
                    _programIndex.Add(name, program);
                }

                var destination = Destination.TryParse(root.GetProperty("destination").GetString(), out var d) ? d : throw Bad(number, "destination must be ADDRESS:PORT");
                var priority = root.TryGetProperty("priority", out var p) ? p.GetInt32() : 0;
                return priority is >= 0 and <= AttemptRequest.MaxPriority
                    ? new Line(LineKind.Submit, time, submit.GetInt64(), program, destination, priority, default)
                    : throw Bad(number, $"priority must be 0 to {AttemptRequest.MaxPriority}");
            }

            if (root.TryGetProperty("outcome", out var outcome))
            {
                return new Line(LineKind.Outcome, time, outcome.GetInt64(), 0, default, 0, OutcomeOf(root.GetProperty("as").GetString(), number));
            }

            return root.TryGetProperty("close", out var close)
                ? new Line(LineKind.Close, time, close.GetInt64(), 0, default, 0, default)
                : new Line(LineKind.Time, time, 0, 0, default, 0, default);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException or OverflowException)
        {
            throw Bad(number, "not a line of 'halfopen replay', such as {\"t\":0,\"submit\":1,\"program\":\"swarm\",\"destination\":\"10.0.0.1:6881\"}");
        }
    }

    private ReplayResult Drive(ILimiter limiter, CheckProfile profile, ulong seed)
    {
        var checks = new Checkers(profile, seed, _programs, new SynTiming(StackSystem.Linux).GiveUpAt(0, 0));
        checks.Attach(limiter);
        var keys = _programs.ConvertAll(limiter.Intern);
        var now = 0L;
        var submitted = 0L;
        for (var i = 0; i < _lines.Count; i++)
        {
            var line = _lines[i];
            while (limiter.NextDeadline <= line.Time)
            {
                now = Math.Max(now, limiter.NextDeadline);
                limiter.AdvanceTo(new Instant(now));
                Carry(limiter, checks, now);
            }

            now = line.Time;
            limiter.AdvanceTo(new Instant(now));
            switch (line.Kind)
            {
                case LineKind.Submit:
                    submitted++;
                    checks.Submitted(now, line.Id, line.Program);
                    var request = new AttemptRequest { Program = keys[line.Program], Destination = line.Destination, Priority = line.Priority, Tag = (ulong)line.Id };
                    if (!_attempts.TryAdd(line.Id, (default, line.Program, line.Destination, false)))
                    {
                        throw Bad(i + 1, $"attempt {line.Id} is submitted twice");
                    }

                    _attempts[line.Id] = (limiter.Submit(request, new Instant(now)), line.Program, line.Destination, false);
                    break;
                case LineKind.Outcome when _attempts.TryGetValue(line.Id, out var attempt):
                    checks.Ended(now, line.Id, attempt.Program, attempt.Started, toUnknown: false, line.Outcome);
                    _halfOpen -= attempt.Started ? 1 : 0;
                    limiter.Complete(attempt.Id, line.Outcome, new Instant(now));
                    if (line.Outcome != Outcome.Established)
                    {
                        _attempts.Remove(line.Id);
                    }

                    break;
                case LineKind.Close when _attempts.Remove(line.Id, out var closed):
                    limiter.ConnectionClosed(closed.Destination, new Instant(now));
                    break;
                default:
                    break;
            }

            Carry(limiter, checks, now);
        }

        return new ReplayResult(_lines.Count, submitted, _started, _maxCounted, _maxWaiting, Ticks.ToSeconds(now));
    }

    private void Carry(ILimiter limiter, Checkers checks, long now)
    {
        foreach (var decision in limiter.Decisions)
        {
            var id = (long)decision.Tag;
            if (!_attempts.TryGetValue(id, out var attempt))
            {
                continue; // a hint about an attempt that is over
            }

            if (decision.Kind == DecisionKind.Start)
            {
                _started++;
                _halfOpen++;
                _attempts[id] = attempt with { Started = true };
                checks.Started(now, id, attempt.Program, false, false);
            }
            else if (decision.Kind == DecisionKind.Rejected)
            {
                checks.Rejected(now, id, attempt.Program);
                _attempts.Remove(id);
            }
        }

        limiter.ClearDecisions();
        _maxCounted = Math.Max(_maxCounted, limiter.Counted);
        _maxWaiting = Math.Max(_maxWaiting, limiter.Waiting);
        checks.AfterStep(now, _halfOpen, 0);
    }

    private Outcome OutcomeOf(string? name, int line) => name switch
    {
        "established" => Outcome.Established,
        "refused" => Outcome.Refused,
        "reset" => Outcome.Reset,
        "timed-out" => Outcome.TimedOut,
        "unreachable" => Outcome.Unreachable,
        "cancelled" => Outcome.Cancelled,
        _ => throw Bad(line, "\"as\" must be established, refused, reset, timed-out, unreachable or cancelled"),
    };

    private ScenarioException Bad(int line, string reason) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{_file}:{line}: {reason}."));

    private readonly record struct Line(LineKind Kind, long Time, long Id, int Program, Destination Destination, int Priority, Outcome Outcome);
}
