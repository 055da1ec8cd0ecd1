using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;
using HalfOpen.Simulation.Programs;
using HalfOpen.Simulation.Time;

namespace HalfOpen.Simulation.World;

/// <summary>What happens to one attempt between its submission and its end.</summary>
internal sealed partial class SimulatedWorld
{
    private const long RefusedRetryPause = Ticks.PerSecond / 2; // Windows: 5 ticks of 100 ms

    void IDecisionSink.Carry(in Decision decision)
    {
        var index = decision.Tag < (ulong)_usedAttempts ? (int)decision.Tag : -1;
        if (index < 0)
        {
            throw Checks.Fail(Now, $"a {decision.Kind} decision with tag {decision.Tag}, which no attempt has");
        }

        ref var attempt = ref _attempts[index];
        switch (decision.Kind)
        {
            case DecisionKind.Start:
                if (attempt.State != SimulatedState.Waiting || attempt.Id != decision.Attempt)
                {
                    throw Checks.Fail(Now, $"attempt {attempt.Serial} was started while it was {attempt.State}");
                }

                StartAttempt(index);
                break;
            case DecisionKind.Queued:
                break;
            case DecisionKind.Rejected:
                if (attempt.State != SimulatedState.Waiting)
                {
                    throw Checks.Fail(Now, $"attempt {attempt.Serial} was rejected while it was {attempt.State}");
                }

                Reject(index, decision.RetryAfter);
                break;
            case DecisionKind.GiveUp:
                if (attempt.State == SimulatedState.HalfOpen && attempt.Id == decision.Attempt)
                {
                    _behaviours[attempt.Program].Statistics.GivenUp++;
                    EndAttempt(index, Outcome.Cancelled);
                }

                break;
            case DecisionKind.LimitWarning:
                LimitWarnings++;
                break;
            case DecisionKind.Freed:
                break;
            default:
                throw Checks.Fail(Now, $"a decision of unknown kind {decision.Kind}");
        }
    }

    private void StartAttempt(int index)
    {
        ref var attempt = ref _attempts[index];
        ref var host = ref Hosts[attempt.Host];
        var behaviour = _behaviours[attempt.Program];
        attempt.State = SimulatedState.HalfOpen;
        attempt.Started = Now;
        attempt.ToUnknown = !host.Answered;
        attempt.FirstToHost = host.HalfOpen++ == 0;
        HalfOpen++;
        MaxHalfOpen = Math.Max(MaxHalfOpen, HalfOpen);
        behaviour.Statistics.Started++;
        behaviour.Statistics.Waits.Record(Now - attempt.Submitted);
        Checks.Started(Now, attempt.Serial, attempt.Program, attempt.ToUnknown, attempt.Serial < host.LastStarted);
        host.LastStarted = attempt.Serial;
        StartTimes?.Add(Now);
        SendSyn(index);
    }

    /// <summary>A SYN leaves: it is lost, meets silence, or an answer is on its way.</summary>
    private void SendSyn(int index)
    {
        ref var attempt = ref _attempts[index];
        var giveUpAt = _syn.GiveUpAt(attempt.Submitted, attempt.Started);
        if (Nat is not null && !attempt.HasNatEntry)
        {
            attempt.HasNatEntry = Nat.TryOpen();
            attempt.NatSince = Now;
            if (!attempt.HasNatEntry)
            {
                SendLater(index, giveUpAt);
                return;
            }
        }

        var fate = Hosts[attempt.Host].Fate;
        if (fate == Fate.Silent)
        {
            ScheduleGiveUp(index, giveUpAt); // no retry of a SYN changes that
            return;
        }

        if (_outages > 0 || _network.NextChance(_loss) || _network.NextChance(_loss))
        {
            SendLater(index, giveUpAt); // the SYN or its answer is lost
            return;
        }

        var delay = _behaviours[attempt.Program].DrawAnswer(fate);
        if (fate == Fate.Refusing)
        {
            delay = (delay * (_scenario.Stack.RefusedRetries + 1)) + (RefusedRetryPause * _scenario.Stack.RefusedRetries);
        }

        if (Now + delay < giveUpAt)
        {
            _events.Add(Now + delay, new WorldEvent(EventKind.Answer, index, attempt.Generation));
        }
        else
        {
            ScheduleGiveUp(index, giveUpAt);
        }
    }

    private void SendLater(int index, long giveUpAt)
    {
        ref var attempt = ref _attempts[index];
        var next = _syn.NextSyn(attempt.Submitted, attempt.Started, Now);
        if (next < giveUpAt)
        {
            _events.Add(next, new WorldEvent(EventKind.Resend, index, attempt.Generation));
        }
        else
        {
            ScheduleGiveUp(index, giveUpAt);
        }
    }

    /// <summary>
    /// The system's own end of an attempt; where its clock runs from connect(), that was scheduled at submission.
    /// </summary>
    private void ScheduleGiveUp(int index, long at)
    {
        if (!_syn.CountsFromConnect)
        {
            _events.Add(at, new WorldEvent(EventKind.GiveUp, index, _attempts[index].Generation));
        }
    }

    private void ScheduleOwnTimeout(int index, Behaviour behaviour)
    {
        var at = behaviour.Spec.TimeoutSeconds > 0 ? Now + Ticks.FromSeconds(behaviour.Spec.TimeoutSeconds) : long.MaxValue;
        if (_syn.CountsFromConnect)
        {
            at = Math.Min(at, _syn.GiveUpAt(Now, Now));
        }

        if (at != long.MaxValue)
        {
            _events.Add(at, new WorldEvent(EventKind.GiveUp, index, _attempts[index].Generation));
        }
    }

    private void HandleAttemptEvent(EventKind kind, int index)
    {
        ref var attempt = ref _attempts[index];
        switch (kind)
        {
            case EventKind.Resend:
                if (attempt.State == SimulatedState.HalfOpen)
                {
                    SendSyn(index);
                }

                break;
            case EventKind.Answer:
                if (_outages > 0)
                {
                    SendLater(index, _syn.GiveUpAt(attempt.Submitted, attempt.Started)); // the host went down before it answered
                    break;
                }

                Hosts[attempt.Host].Answered = true;
                EndAttempt(index, Hosts[attempt.Host].Fate == Fate.Refusing ? Outcome.Refused : Outcome.Established);
                break;
            case EventKind.GiveUp:
                if (attempt.State is SimulatedState.Waiting or SimulatedState.HalfOpen)
                {
                    // The program's own patience is a close of its socket; the system's is a timeout.
                    var own = _behaviours[attempt.Program].Spec.TimeoutSeconds;
                    var byProgram = own > 0 && Now - attempt.Submitted <= Ticks.FromSeconds(own);
                    EndAttempt(index, byProgram ? Outcome.Cancelled : Outcome.TimedOut);
                }

                break;
            case EventKind.Close:
                CloseConnection(index);
                break;
            default:
                break;
        }
    }

    /// <summary>An attempt ends, waiting or half-open: the limiter hears of it first, then the program.</summary>
    private void EndAttempt(int index, Outcome outcome)
    {
        ref var attempt = ref _attempts[index];
        var behaviour = _behaviours[attempt.Program];
        var wasHalfOpen = attempt.State == SimulatedState.HalfOpen;
        var word = attempt.Word;
        Count(behaviour.Statistics, outcome);
        if (wasHalfOpen)
        {
            HalfOpen--;
            Hosts[attempt.Host].HalfOpen--;
            behaviour.Statistics.HalfOpenTicks += Now - attempt.Started;
            KeepSpan(attempt, outcome);
        }

        _recording?.Events?.Ended(new Instant(Now), attempt.Serial, outcome);
        Checks.Ended(Now, attempt.Serial, attempt.Program, wasHalfOpen, attempt.ToUnknown, outcome);
        var id = attempt.Id;
        if (outcome == Outcome.Established)
        {
            attempt.State = SimulatedState.Open;
            attempt.Generation = unchecked(attempt.Generation + 1) & int.MaxValue;
            _events.Add(Now + Ticks.FromSeconds(behaviour.Spec.OpenSeconds), new WorldEvent(EventKind.Close, index, attempt.Generation));
            _limiter.Complete(id, outcome, new Instant(Now));
            behaviour.OnEstablished(word);
            return;
        }

        LeaveNat(ref attempt, outcome == Outcome.Refused);
        FreeAttempt(index);
        _limiter.Complete(id, outcome, new Instant(Now));
        behaviour.OnFailed(word, outcome);
    }

    private void CloseConnection(int index)
    {
        ref var attempt = ref _attempts[index];
        var behaviour = _behaviours[attempt.Program];
        var destination = Hosts.DestinationOf(attempt.Host);
        var word = attempt.Word;
        _recording?.Events?.Closed(new Instant(Now), attempt.Serial);
        LeaveNat(ref attempt, answered: true);
        FreeAttempt(index);
        _limiter.ConnectionClosed(destination, new Instant(Now));
        behaviour.OnClosed(word);
    }

    private void Reject(int index, TimeSpan retryAfter)
    {
        ref var attempt = ref _attempts[index];
        var behaviour = _behaviours[attempt.Program];
        var word = attempt.Word;
        behaviour.Statistics.Rejected++;
        Checks.Rejected(Now, attempt.Serial, attempt.Program);
        FreeAttempt(index);
        behaviour.OnRejected(word, retryAfter);
    }

    private void LeaveNat(ref SimulatedAttempt attempt, bool answered)
    {
        if (!attempt.HasNatEntry)
        {
            return;
        }

        attempt.HasNatEntry = false;
        var at = answered
            ? Nat!.ExpiryOfClosed(Now) : Nat!.ExpiryOfSilent(attempt.NatSince, _syn.LastSyn(attempt.Submitted, attempt.Started, Now));
        _events.Add(Math.Max(at, Now), new WorldEvent(EventKind.NatExpire, 0, 0));
    }

    private static void Count(ProgramTally statistics, Outcome outcome)
    {
        switch (outcome)
        {
            case Outcome.Established:
                statistics.Established++;
                break;
            case Outcome.Refused:
            case Outcome.Reset:
                statistics.Refused++;
                break;
            case Outcome.TimedOut:
                statistics.TimedOut++;
                break;
            default:
                statistics.Cancelled++;
                break;
        }
    }

    private void KeepSpan(in SimulatedAttempt attempt, Outcome? outcome) =>
        Spans?.Add(
            new AttemptSpan(attempt.Program, attempt.Submitted, attempt.Started, Now, attempt.ToUnknown && attempt.FirstToHost, outcome));

    /// <summary>The end of the run: what is still half-open held its slot until now.</summary>
    private void CloseBooks()
    {
        for (var i = 0; i < _usedAttempts; i++)
        {
            ref var attempt = ref _attempts[i];
            if (attempt.State == SimulatedState.HalfOpen)
            {
                _behaviours[attempt.Program].Statistics.HalfOpenTicks += Now - attempt.Started;
                KeepSpan(attempt, null);
            }
            else if (attempt.State == SimulatedState.Waiting)
            {
                _behaviours[attempt.Program].Statistics.Waits.Record(Now - attempt.Submitted); // as much as is known: at least so long
            }
        }
    }
}
