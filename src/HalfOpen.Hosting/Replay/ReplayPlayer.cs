using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;

namespace HalfOpen.Hosting.Replay;

/// <summary>Hears what a <see cref="ReplayPlayer"/> does, in order. Ids are the file's numbers.</summary>
public interface IReplayObserver
{
    /// <summary>An attempt is about to be submitted.</summary>
    void Submitting(in ReplayEvent happened);

    /// <summary>An attempt that was half-open already was adopted.</summary>
    void Adopted(in ReplayEvent happened);

    /// <summary>The file says how an attempt ended, and the limiter is about to be told.</summary>
    /// <param name="outcome">What the limiter is told: of one that waits here only that it leaves.</param>
    void Ending(long id, bool wasHalfOpen, Outcome outcome);

    /// <summary>The limit is about to change.</summary>
    void LimitChanging(int limit);

    /// <summary>The limiter decided something.</summary>
    void Decided(long id, in Decision decision);

    /// <summary>Everything of this instant is carried out.</summary>
    void Stepped(Instant now);
}

/// <summary>
/// Plays the events of a replay file on a limiter, each at its time, every deadline of the limiter's between them on
/// its own: the one player behind <c>halfopen replay</c> and <c>halfopen simulate --replay</c>. An attempt that the
/// policy gives up ends at the event after which it did. Not thread-safe.
/// </summary>
public sealed class ReplayPlayer : IDecisionSink
{
    private readonly ILimiter _limiter;
    private readonly IReplayObserver _observer;
    private readonly DecisionLoop _loop;
    private readonly ReplayAttempts _attempts = new();
    private readonly Queue<long> _givenUp = new();

    /// <param name="limiter">Fresh: it has seen no attempt.</param>
    public ReplayPlayer(ILimiter limiter, IReplayObserver observer)
    {
        _limiter = limiter;
        _observer = observer;
        _loop = new DecisionLoop(this);
    }

    /// <summary>Where in the file's time it stands; while it tells its observer: when that happened.</summary>
    public Instant Now { get; private set; }

    /// <summary>Plays one event.</summary>
    /// <exception cref="ReplayFormatException">It does not fit those before it; nothing happened.</exception>
    /// <exception cref="InvalidOperationException">The limiter is due again at the instant it was just told
    /// of.</exception>
    public void Play(in ReplayEvent happened)
    {
        _attempts.Check(happened);
        var now = happened.Now;
        while (_limiter.NextDeadline <= now.Ticks)
        {
            var due = _limiter.NextDeadline;
            Now = new Instant(due);
            _limiter.AdvanceTo(Now);
            _loop.Drain(_limiter);
            _observer.Stepped(Now);
            if (_limiter.NextDeadline <= due)
            {
                throw new InvalidOperationException("time stands still: the policy is due again at the instant it was just told of");
            }
        }

        Now = now;
        _limiter.AdvanceTo(now);
        _loop.Drain(_limiter);
        Tell(happened, now);
        _loop.Drain(_limiter);
        while (_givenUp.TryDequeue(out var id))
        {
            if (_attempts[id].Phase == ReplayAttempts.Phase.Started)
            {
                _observer.Ending(id, wasHalfOpen: true, Outcome.Cancelled);
                _attempts.EndedHere(id);
                _limiter.Complete(_attempts[id].Attempt, Outcome.Cancelled, now);
                _loop.Drain(_limiter);
            }
        }

        _observer.Stepped(now);
    }

    /// <inheritdoc/>
    void IDecisionSink.Carry(in Decision decision)
    {
        var id = (long)decision.Tag;
        switch (decision.Kind)
        {
            case DecisionKind.Start:
                _attempts.Started(id);
                break;
            case DecisionKind.Rejected:
                _attempts.EndedHere(id);
                break;
            case DecisionKind.GiveUp:
                _givenUp.Enqueue(id);
                break;
        }

        _observer.Decided(id, decision);
    }

    private void Tell(in ReplayEvent happened, Instant now)
    {
        switch (happened.Kind)
        {
            case ReplayEventKind.Submit:
                _observer.Submitting(happened);
                _attempts.Submitted(happened);
                _attempts.Named(happened.Id, _limiter.Submit(RequestOf(happened), now));
                break;
            case ReplayEventKind.Adopt:
                _attempts.Submitted(happened);
                _attempts.Named(happened.Id, _limiter.Adopt(RequestOf(happened), now));
                _attempts.Started(happened.Id);
                _observer.Adopted(happened);
                break;
            case ReplayEventKind.Outcome:
                var wasHalfOpen = _attempts[happened.Id].Phase == ReplayAttempts.Phase.Started;
                if (_attempts.End(happened.Id, happened.Outcome) is { } outcome)
                {
                    _observer.Ending(happened.Id, wasHalfOpen, outcome);
                    _limiter.Complete(_attempts[happened.Id].Attempt, outcome, now);
                }

                break;
            case ReplayEventKind.Close when _attempts.Close(happened.Id):
                _limiter.ConnectionClosed(_attempts[happened.Id].Destination, now);
                break;
            case ReplayEventKind.Limit:
                _observer.LimitChanging((int)happened.Id);
                _limiter.SetLimit((int)happened.Id, now);
                break;
        }
    }

    private AttemptRequest RequestOf(in ReplayEvent happened) => new()
    {
        Program = _limiter.Intern(happened.ProgramText, happened.Owner),
        Destination = happened.Destination,
        Priority = happened.Priority,
        Deadline = happened.DeadlineInstant,
        Tag = (ulong)happened.Id,
    };
}
