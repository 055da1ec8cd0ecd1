using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;

namespace HalfOpen.Guard.Holding;

/// <summary>What the engine decides, carried out; what the clock ends.</summary>
internal sealed partial class Holder
{
    /// <summary>
    /// Expected, closed and exempt entries are notes, not attempts: beyond this many the oldest is forgotten.
    /// </summary>
    private const int MaxExpected = 65_536;

    /// <summary>Open connections remembered, for policies that know good destinations.</summary>
    private const int MaxEstablished = 262_144;

    /// <summary>A SYN follows its connect() at once, unless a rule exempts it.</summary>
    private static readonly long NoteTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>At most one warning a minute.</summary>
    private static readonly long WarnEvery = 60 * TimeSpan.TicksPerSecond;

    private long _nextWarning = long.MinValue;

    /// <summary>When <see cref="AdvanceTo"/> must be called again at the latest.</summary>
    public Instant NextDue
    {
        get
        {
            var due = _engine.NextDeadline?.Ticks ?? long.MaxValue;
            due = Math.Min(due, DueOf(Stage.Held, _options.HoldCap.Ticks));
            due = Math.Min(due, DueOf(Stage.Expected, NoteTicks));
            due = Math.Min(due, DueOf(Stage.Closed, NoteTicks));
            due = Math.Min(Math.Min(due, _multipath.NextDue), LeaseDue);
            return new Instant(_options.Forwarded ? Math.Min(due, DueOf(Stage.Out, _options.ForwardedTimeout.Ticks)) : due);
        }
    }

    /// <summary>Ends one attempt, or forgets a note: the engine and the kernel are told what they must know.</summary>
    internal void Forget(int index, Outcome outcome)
    {
        ref var entry = ref _table[index];
        switch (entry.Stage)
        {
            case Stage.Held or Stage.Out:
                End(index, outcome == Outcome.Established ? Outcome.Cancelled : outcome, isReplaced: true);
                break;
            case Stage.Established:
                var destination = new Destination(entry.Flow.Remote, entry.Flow.RemotePort);
                var number = entry.Number;
                _table.Remove(index);
                _events.ConnectionClosed(destination, number, _now);
                Carry();
                break;
            default:
                _table.Remove(index);
                break;
        }
    }

    /// <summary>An attempt that is held or out has its outcome.</summary>
    /// <param name="isLate">It ended at some time before now: nobody saw when.</param>
    internal void End(int index, Outcome outcome, bool isReplaced = false, bool isLate = false)
    {
        ref var entry = ref _table[index];
        var (attempt, number) = (entry.Attempt, entry.Number);
        var isAnswered = isReplaced || outcome is Outcome.Established or Outcome.Refused or Outcome.Reset;
        if (isAnswered && !isReplaced && entry.IsLocal && entry.Stage == Stage.Out
            && !(outcome == Outcome.Established && _answers.NobodyTook(entry.Flow.LocalPort, entry.Since)) && IsAnsweredHere(entry, isLate))
        {
            Counters.AnsweredHere++;
            outcome = Outcome.Cancelled; // teaches nobody anything
        }

        if (entry.Stage == Stage.Held)
        {
            Counters.ClosedWhileHeld++;
            Drop(index);
            _table.Remove(index);
        }
        else if (outcome == Outcome.Established && entry.IsLocal)
        {
            _table.Move(index, Stage.Established, _now.Ticks);
        }
        else
        {
            var destination = new Destination(entry.Flow.Remote, entry.Flow.RemotePort);
            Leave(index, isAnswered);
            _events.Complete(attempt, number, outcome, _now);
            if (outcome == Outcome.Established)
            {
                _events.ConnectionClosed(destination, number, _now); // nobody tells us when a forwarded connection ends
            }

            Carry();
            return;
        }

        _events.Complete(attempt, number, outcome, _now);
        Carry();
        while (_table.CountOf(Stage.Established) > MaxEstablished)
        {
            Forget(_table.First(Stage.Established), Outcome.Cancelled);
        }
    }

    private bool IsAnsweredHere(in GuardedAttempt entry, bool isLate) => _answers.Gave(
        entry.Flow, entry.Interface, entry.Program, isLate ? TimeSpan.Zero : new TimeSpan(_now.Ticks - entry.Since), _now);

    /// <summary>Carries out what the engine decided. Doing so may make it decide more; those follow in order.</summary>
    private void Carry()
    {
        if (!_engine.Decisions.IsEmpty)
        {
            _loop.Drain(_events);
        }
    }

    void IDecisionSink.Carry(in Decision decision)
    {
        if (_table.TryFromTag(decision.Tag, out var index) && _table[index].Attempt == decision.Attempt)
        {
            Apply(decision.Kind, index);
        }
    }

    private void Apply(DecisionKind kind, int index)
    {
        switch (kind)
        {
            case DecisionKind.Start when _table[index].Stage == Stage.Held:
                LetOut(index);
                break;
            case DecisionKind.Queued when _table[index].Stage == Stage.Held:
                Queue(index);
                break;
            case DecisionKind.Rejected when _table[index].Stage == Stage.Held:
                Refuse(index);
                break;
            case DecisionKind.GiveUp when _table[index].Stage == Stage.Out:
                GiveUp(index);
                break;
            case DecisionKind.LimitWarning:
                Warn();
                break;
        }
    }

    private void LetOut(int index)
    {
        ref var entry = ref _table[index];
        _verdicts.Verdict(entry.PacketId, accept: true, index);
        LeaveQueue(ref entry);
        _table.Move(index, Stage.Out, _now.Ticks);
    }

    private void Queue(int index)
    {
        ref var entry = ref _table[index];
        entry.IsQueued = true;
        CloseLease(); // nobody passes it
        var (ofProgram, ofOwner) = _tally.Add(entry.Program, entry.TallyKey);
        if (ofProgram > _options.MaxHeldPerProgram || ofOwner > _options.MaxHeldPerOwner || _table.CountOf(Stage.Held) > _options.MaxHeld)
        {
            StopHolding(index, _options.WhenFull);
        }
        else if (_now.Ticks >= _nextWarning)
        {
            Warn();
        }
    }

    /// <summary>It is not held any longer although the engine has no slot for it.</summary>
    private void StopHolding(int index, HoldEnd end)
    {
        _events.Complete(_table[index].Attempt, _table[index].Number, Outcome.Cancelled, _now);
        if (end == HoldEnd.Refuse)
        {
            Refuse(index);
            return;
        }

        Counters.Passed++;
        _table[index].Attempt = _events.Adopt(RequestOf(index), _now, out _table[index].Number);
        LetOut(index);
    }

    /// <summary>
    /// A dropped SYN comes back at the next retry tick, so a local socket is aborted as well; a forwarded one is its
    /// sender's affair.
    /// </summary>
    private void Refuse(int index)
    {
        ref var entry = ref _table[index];
        Counters.Refused++;
        Drop(index);
        var (flow, output) = (entry.Flow, entry.Interface);
        var isLocal = entry.IsLocal;
        _table.Remove(index);
        if (isLocal)
        {
            _sockets.Destroy(flow, output);
        }
    }

    private void GiveUp(int index)
    {
        ref var entry = ref _table[index];
        var (attempt, number) = (entry.Attempt, entry.Number);
        if (entry.IsLocal && !_sockets.Destroy(entry.Flow, entry.Interface))
        {
            return; // it is just ending, or the kernel cannot: it keeps its slot until its outcome is known
        }

        Counters.GivenUp++;
        Leave(index, isAnswered: false);
        _events.Complete(attempt, number, Outcome.TimedOut, _now);
    }

    /// <summary>
    /// An attempt that was out is over. One that nobody answered may have sent its SYN again just before: read now,
    /// that would look like another attempt, of nobody. So a note of it stays for a moment.
    /// </summary>
    private void Leave(int index, bool isAnswered)
    {
        if (isAnswered || !_table[index].IsLocal)
        {
            _table.Remove(index);
            return;
        }

        _table.Move(index, Stage.Closed, _now.Ticks);
        Bound(Stage.Closed, MaxExpected);
    }

    private void Drop(int index)
    {
        ref var entry = ref _table[index];
        _verdicts.Verdict(entry.PacketId, accept: false, index);
        LeaveQueue(ref entry);
    }

    private void LeaveQueue(ref GuardedAttempt entry)
    {
        if (entry.IsQueued)
        {
            entry.IsQueued = false;
            _tally.Remove(entry.Program, entry.TallyKey);
        }
    }

    private long DueOf(Stage stage, long afterTicks) =>
        _table.First(stage) is var index and >= 0 ? _table[index].Since + afterTicks : long.MaxValue;

    private void EndOverdue()
    {
        while (_multipath.TryTake(_now.Ticks, out var index))
        {
            if (_multipath.TryPass(index, _engine.Limit))
            {
                Counters.MultipathPassed++;
                StopHolding(index, HoldEnd.Pass);
                Carry();
            }
        }

        while (DueOf(Stage.Held, _options.HoldCap.Ticks) <= _now.Ticks)
        {
            StopHolding(_table.First(Stage.Held), _options.WhenHeldTooLong);
            Carry();
        }

        if (_options.Forwarded)
        {
            EndForwarded();
        }
    }

    /// <summary>
    /// Forgets notes of connects whose SYN did not come, and of sockets that are long closed. Only once no packet is
    /// left to be read: notes carry the time at which the kernel made them, and a guard that was kept from running for
    /// seconds must still know them when it comes to the packets of that time.
    /// </summary>
    public void ForgetNotes()
    {
        while (DueOf(Stage.Expected, NoteTicks) <= _now.Ticks)
        {
            _table.Remove(_table.First(Stage.Expected));
        }

        while (DueOf(Stage.Closed, NoteTicks) <= _now.Ticks)
        {
            _table.Remove(_table.First(Stage.Closed));
        }
    }

    /// <summary>
    /// The oldest stand first. Local ones end by themselves; they go to the end of the list so that they are not looked
    /// at each time.
    /// </summary>
    private void EndForwarded()
    {
        for (var left = _table.CountOf(Stage.Out); left > 0 && DueOf(Stage.Out, _options.ForwardedTimeout.Ticks) <= _now.Ticks; left--)
        {
            var index = _table.First(Stage.Out);
            if (_table[index].IsLocal)
            {
                _table.Move(index, Stage.Out, _now.Ticks);
            }
            else
            {
                End(index, Outcome.TimedOut);
            }
        }
    }

    private void Bound(Stage stage, int most)
    {
        while (_table.CountOf(stage) > most)
        {
            _table.Remove(_table.First(stage));
        }
    }

    private void Warn()
    {
        Counters.Warnings++;
        _nextWarning = _now.Ticks + WarnEvery;
        if (LimitReached is { } handler)
        {
            var statistics = _engine.GetStatistics();
            var biggest = statistics.Programs.MaxBy(p => p.Counted);
            handler(new GuardWarning(statistics.Limit, statistics.Waiting, biggest?.Name ?? "", biggest?.Counted ?? 0));
        }
    }
}
