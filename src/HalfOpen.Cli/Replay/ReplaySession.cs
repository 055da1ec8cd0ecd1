using System.Globalization;
using System.Text;
using HalfOpen.Core;

namespace HalfOpen.Cli.Replay;

/// <summary>
/// An engine driven by a file of events: each event gives one line of what it caused. A file recorded under one policy may be played under another, so an
/// outcome of an attempt that still waits here takes it out of the queue, and one of an attempt that was rejected here is ignored.
/// </summary>
internal sealed class ReplaySession(EngineOptions options, bool reportGiveUp)
{
    private readonly Engine _engine = new(options);
    private readonly Dictionary<long, Entry> _attempts = [];
    private readonly List<long> _started = [];
    private readonly List<long> _queued = [];
    private readonly List<long> _givenUp = [];
    private readonly List<(long Id, RejectReason Reason, TimeSpan RetryAfter)> _rejected = [];
    private readonly StringBuilder _line = new();
    private int _warnings;
    private decimal _last;

    private enum Phase
    {
        Waiting,
        Started,
        Open,
        Ended,

        /// <summary>It ended here in a way the file cannot know: rejected, given up, or taken out of the queue.</summary>
        EndedHere,
    }

    private readonly record struct Entry(AttemptId Attempt, Destination Destination, Phase Phase);

    /// <summary>The line, without its newline.</summary>
    /// <exception cref="ReplayFormatException">The event does not fit those before it.</exception>
    public string Apply(in ReplayEvent happened)
    {
        if (happened.At < _last)
        {
            throw new ReplayFormatException($"\"t\" is {Number(happened.At)} after {Number(_last)}: it must not decrease");
        }

        var now = ToInstant(happened.At);
        Check(happened);
        _last = happened.At;
        _engine.AdvanceTo(now);
        Take();
        switch (happened.Kind)
        {
            case ReplayEventKind.Submit or ReplayEventKind.Adopt:
                Submit(happened, now);
                break;
            case ReplayEventKind.Outcome:
                End(happened, now);
                break;
            case ReplayEventKind.Close when _attempts[happened.Id] is { Phase: Phase.Open } open:
                _attempts[happened.Id] = open with { Phase = Phase.Ended };
                _engine.ConnectionClosed(open.Destination, now);
                break;
            case ReplayEventKind.Limit:
                _engine.SetLimit((int)happened.Id, now);
                break;
        }

        Take();
        while (_givenUpPending.TryDequeue(out var id))
        {
            _engine.Complete(_attempts[id].Attempt, Outcome.Cancelled, now);
            _attempts[id] = _attempts[id] with { Phase = Phase.EndedHere };
            Take();
        }

        return Line(happened.At);
    }

    private readonly Queue<long> _givenUpPending = new();

    private static Instant ToInstant(decimal ms) => new((long)(ms * TimeSpan.TicksPerMillisecond));

    private static string Number(decimal ms) => ms.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>Refuses before anything changes.</summary>
    private void Check(in ReplayEvent happened)
    {
        var known = _attempts.TryGetValue(happened.Id, out var entry);
        switch (happened.Kind)
        {
            case ReplayEventKind.Submit or ReplayEventKind.Adopt when known:
                throw new ReplayFormatException($"attempt {happened.Id} was submitted before: every attempt has its own number");
            case ReplayEventKind.Outcome or ReplayEventKind.Close when !known:
                throw new ReplayFormatException($"attempt {happened.Id} was never submitted");
            case ReplayEventKind.Outcome when entry.Phase is Phase.Open or Phase.Ended:
                throw new ReplayFormatException($"attempt {happened.Id} has its outcome already: one outcome an attempt");
            case ReplayEventKind.Close when entry.Phase is Phase.Waiting or Phase.Started:
                throw new ReplayFormatException($"attempt {happened.Id} is no open connection: its outcome \"established\" comes first");
            case ReplayEventKind.Close when entry.Phase == Phase.Ended:
                throw new ReplayFormatException($"attempt {happened.Id} is no open connection (any more)");
        }
    }

    private void Submit(in ReplayEvent happened, Instant now)
    {
        var request = new AttemptRequest
        {
            Program = happened.ProgramNumber is { } number ? _engine.Programs.Intern(number) : _engine.Programs.Intern(happened.ProgramName!),
            Destination = happened.Destination,
            Priority = happened.Priority,
            Deadline = happened.Deadline is { } deadline ? ToInstant(deadline) : null,
            Tag = (ulong)happened.Id,
        };
        if (happened.Kind == ReplayEventKind.Adopt)
        {
            _attempts.Add(happened.Id, new Entry(_engine.Adopt(request, now), happened.Destination, Phase.Started));
            return;
        }

        _attempts.Add(happened.Id, default); // decisions about it are taken in before its id is known here
        var attempt = _engine.Submit(request, now);
        Take();
        _attempts[happened.Id] = _attempts[happened.Id] with { Attempt = attempt, Destination = happened.Destination };
    }

    private void End(in ReplayEvent happened, Instant now)
    {
        var entry = _attempts[happened.Id];
        var phase = entry.Phase switch
        {
            Phase.Started when happened.Outcome == Outcome.Established => Phase.Open,
            Phase.Started => Phase.Ended,
            _ => Phase.EndedHere,
        };
        if (entry.Phase != Phase.EndedHere)
        {
            // A waiting one only leaves the queue; nothing says how it would have ended.
            _engine.Complete(entry.Attempt, entry.Phase == Phase.Waiting ? Outcome.Cancelled : happened.Outcome, now);
        }

        if (entry.Phase == Phase.Waiting && happened.Outcome == Outcome.Cancelled)
        {
            phase = Phase.Ended;
        }

        _attempts[happened.Id] = entry with { Phase = phase };
    }

    private void Take()
    {
        foreach (var decision in _engine.Decisions)
        {
            var id = (long)decision.Tag;
            switch (decision.Kind)
            {
                case DecisionKind.Start:
                    _started.Add(id);
                    _attempts[id] = _attempts[id] with { Phase = Phase.Started };
                    break;
                case DecisionKind.Queued:
                    _queued.Add(id);
                    break;
                case DecisionKind.Rejected:
                    _rejected.Add((id, decision.Reason, decision.RetryAfter));
                    _attempts[id] = _attempts[id] with { Phase = Phase.EndedHere };
                    break;
                case DecisionKind.GiveUp:
                    _givenUp.Add(id);
                    _givenUpPending.Enqueue(id);
                    break;
                case DecisionKind.LimitWarning:
                    _warnings++;
                    break;
            }
        }

        _engine.ClearDecisions();
    }

    private string Line(decimal at)
    {
        _line.Clear().Append("{\"t\":").Append(Number(at)).Append(",\"started\":");
        AppendIds(_started);
        _line.Append(",\"queued\":");
        AppendIds(_queued);
        _line.Append(",\"rejected\":[");
        foreach (var (id, reason, retryAfter) in _rejected)
        {
            _line.Append(_line[^1] == '[' ? "" : ",")
                .Append(CultureInfo.InvariantCulture, $"{{\"id\":{id},\"reason\":\"{Word(reason)}\",\"retryAfterMs\":{(long)retryAfter.TotalMilliseconds}}}");
        }

        _line.Append(CultureInfo.InvariantCulture, $"],\"warnings\":{_warnings},\"inFlight\":{_engine.InFlight},\"waiting\":{_engine.Waiting}");
        if (reportGiveUp)
        {
            _line.Append(",\"givenUp\":");
            AppendIds(_givenUp);
        }

        _line.Append('}');
        _started.Clear();
        _queued.Clear();
        _rejected.Clear();
        _givenUp.Clear();
        _warnings = 0;
        return _line.ToString();
    }

    private static string Word(RejectReason reason) => reason switch
    {
        RejectReason.QueueFull => "queue-full",
        RejectReason.Expired => "expired",
        _ => "denied",
    };

    private void AppendIds(List<long> ids) => _line.Append('[').AppendJoin(',', ids).Append(']');
}
