using System.Globalization;
using System.Text;
using HalfOpen.Core;
using HalfOpen.Core.Replay;

namespace HalfOpen.Cli.Replay;

/// <summary>An engine driven by a file of events: each event gives one line of what it caused.</summary>
internal sealed class ReplaySession(EngineOptions options, bool reportGiveUp)
{
    private readonly Engine _engine = new(options);
    private readonly ReplayAttempts _attempts = new();
    private readonly List<long> _started = [];
    private readonly List<long> _queued = [];
    private readonly List<long> _givenUp = [];
    private readonly List<(long Id, RejectReason Reason, TimeSpan RetryAfter)> _rejected = [];
    private readonly StringBuilder _line = new();
    private readonly Queue<long> _givenUpPending = new();
    private int _warnings;

    /// <summary>The line, without its newline.</summary>
    /// <exception cref="ReplayFormatException">The event does not fit those before it.</exception>
    public string Apply(in ReplayEvent happened)
    {
        _attempts.Check(happened);
        var now = happened.Now;
        _engine.AdvanceTo(now);
        Take();
        switch (happened.Kind)
        {
            case ReplayEventKind.Submit or ReplayEventKind.Adopt:
                Submit(happened, now);
                break;
            case ReplayEventKind.Outcome when _attempts.End(happened.Id, happened.Outcome) is { } outcome:
                _engine.Complete(_attempts[happened.Id].Attempt, outcome, now);
                break;
            case ReplayEventKind.Close when _attempts.Close(happened.Id):
                _engine.ConnectionClosed(_attempts[happened.Id].Destination, now);
                break;
            case ReplayEventKind.Limit:
                _engine.SetLimit((int)happened.Id, now);
                break;
        }

        Take();
        while (_givenUpPending.TryDequeue(out var id))
        {
            if (_attempts[id].Phase == ReplayAttempts.Phase.Started)
            {
                _engine.Complete(_attempts[id].Attempt, Outcome.Cancelled, now);
                _attempts.EndedHere(id);
                Take();
            }
        }

        return Line(happened.At);
    }

    private static string Number(decimal ms) => ms.ToString("0.####", CultureInfo.InvariantCulture);

    private void Submit(in ReplayEvent happened, Instant now)
    {
        var request = new AttemptRequest
        {
            Program = happened.ProgramNumber is { } number ? _engine.Programs.Intern(number) : _engine.Programs.Intern(happened.ProgramName!),
            Destination = happened.Destination,
            Priority = happened.Priority,
            Deadline = happened.DeadlineInstant,
            Tag = (ulong)happened.Id,
        };
        _attempts.Submitted(happened);
        if (happened.Kind == ReplayEventKind.Adopt)
        {
            _attempts.Named(happened.Id, _engine.Adopt(request, now));
            _attempts.Started(happened.Id);
            return;
        }

        _attempts.Named(happened.Id, _engine.Submit(request, now));
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
                    _attempts.Started(id);
                    break;
                case DecisionKind.Queued:
                    _queued.Add(id);
                    break;
                case DecisionKind.Rejected:
                    _rejected.Add((id, decision.Reason, decision.RetryAfter));
                    _attempts.EndedHere(id);
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
