using System.Globalization;
using System.Text;
using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;
using HalfOpen.Hosting.Replay;

namespace HalfOpen.Cli.Replay;

/// <summary>An engine driven by a file of events: each event gives one line of what it caused.</summary>
internal sealed class ReplaySession : IReplayObserver
{
    private readonly EngineLimiter _engine;
    private readonly ReplayPlayer _player;
    private readonly bool _reportGiveUp;
    private readonly List<long> _started = [];
    private readonly List<long> _queued = [];
    private readonly List<long> _givenUp = [];
    private readonly List<(long Id, RejectReason Reason, TimeSpan RetryAfter)> _rejected = [];
    private readonly StringBuilder _line = new();
    private int _warnings;

    public ReplaySession(EngineOptions options, bool reportGiveUp)
    {
        _engine = new EngineLimiter(options);
        _player = new ReplayPlayer(_engine, this);
        _reportGiveUp = reportGiveUp;
    }

    /// <summary>The line, without its newline.</summary>
    /// <exception cref="ReplayFormatException">The event does not fit those before it.</exception>
    public string Apply(in ReplayEvent happened)
    {
        _player.Play(happened);
        return Line(happened.At);
    }

    void IReplayObserver.Submitting(in ReplayEvent happened)
    {
    }

    void IReplayObserver.Adopted(in ReplayEvent happened)
    {
    }

    void IReplayObserver.Ending(long id, bool wasHalfOpen, Outcome outcome)
    {
    }

    void IReplayObserver.LimitChanging(int limit)
    {
    }

    void IReplayObserver.Stepped(Instant now)
    {
    }

    void IReplayObserver.Decided(long id, in Decision decision)
    {
        switch (decision.Kind)
        {
            case DecisionKind.Start:
                _started.Add(id);
                break;
            case DecisionKind.Queued:
                _queued.Add(id);
                break;
            case DecisionKind.Rejected:
                _rejected.Add((id, decision.Reason, decision.RetryAfter));
                break;
            case DecisionKind.GiveUp:
                _givenUp.Add(id);
                break;
            case DecisionKind.LimitWarning:
                _warnings++;
                break;
        }
    }

    private static string Number(decimal ms) => ms.ToString("0.####", CultureInfo.InvariantCulture);

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
                .Append(CultureInfo.InvariantCulture,
                    $"{{\"id\":{id},\"reason\":\"{Word(reason)}\",\"retryAfterMs\":{(long)retryAfter.TotalMilliseconds}}}");
        }

        _line.Append(CultureInfo.InvariantCulture,
            $"],\"warnings\":{_warnings},\"inFlight\":{_engine.Counted},\"waiting\":{_engine.Waiting}");
        _line.Append(CultureInfo.InvariantCulture, $",\"counted\":{_engine.Counted},\"halfOpen\":{_engine.HalfOpen}");
        if (_reportGiveUp)
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
