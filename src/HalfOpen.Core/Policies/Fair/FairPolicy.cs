using HalfOpen.Core.Attempts;
using HalfOpen.Core.Queueing;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// What takes a slot: an attempt to a destination not known to answer. Who gets one: the program that holds fewest.
/// What may be taken: everything but the headroom, except by those who give it back within a round trip. The reasons
/// stand in docs/concepts/fair.md; the invariant is that slots held never exceed the limit.
/// </summary>
internal sealed partial class FairPolicy : Policy
{
    // Lists of started attempts, by the time they started.
    private const int NoList = 0;
    private const int YoungList = 1;
    private const int LateList = 2;
    private const int OverdueList = 3;
    private const int UnpaidList = 4;

    // Of queued ones.
    private const int StaleList = 5;

    private readonly FairOptions _options;
    private readonly KnownDestinations _known;
    private readonly HandshakeTimes _handshakes;
    private readonly NatLedger? _nat;
    private SteadyTime _silenceEnds;
    private AttemptList _young;
    private AttemptList _late;
    private AttemptList _overdue;

    public FairPolicy(EngineState state, FairOptions options)
        : base(state)
    {
        _options = options;
        _known = new KnownDestinations(options, state.Options.HashSeed);
        _handshakes = new HandshakeTimes(options);
        _queuedHashes = new int[FilterSize(state.Options.MaxQueued)];
        _nat = options.NatBudget is { } budget ? new NatLedger(budget, options.NatSilentHold, options.NatClosedHold, state.Now) : null;
        SizeHeadroom();
    }

    public override PolicyStatistics Statistics => new FairStatistics(
        _known.Count, _headroom, _options.GiveUp ? new TimeSpan(_handshakes.GiveUpAfter) : null, _nat?.Entries ?? 0);

    public override long NextDue
    {
        get
        {
            var due = _young.IsEmpty ? long.MaxValue : Slab[_young.Head].Since + _handshakes.LateAfter;
            if (_options.GiveUp && !_late.IsEmpty)
            {
                due = Math.Min(due, Slab[_late.Head].Since + _handshakes.GiveUpAfter);
            }

            if (_options.LendHeadroom && _waiting.Count > 0 && _silenceEnds.Value != 0 && _pauses.BurstEnds > State.Now
                && _longHeld >= State.Limit - _headroom)
            {
                due = Math.Min(due, _pauses.BurstEnds);
            }

            if (LendsSoon && _waiting.Count > 0 && _longHeld == State.Limit - _headroom && !_late.IsEmpty)
            {
                var lendsAt = EndsAt(_late.Head) - _options.LendBefore.Ticks;
                due = lendsAt > State.Now ? Math.Min(due, lendsAt) : due;
            }

            if (_nat is { HasRoomForAll: false } && State.All.Waiting > 0)
            {
                due = Math.Min(due, _nat.NextDue);
            }

            return due;
        }
    }

    public override void Submit(int index)
    {
        _nat?.AdvanceTo(State.Now);
        ref var attempt = ref Slab[index];
        var c = attempt.Class = ClassOf(attempt.Program, attempt.Port);
        if (_classes[c].Waiting == 0 || !MayBeQueued(c, attempt.Address))
        {
            var entry = _known.Find(attempt.Address);
            if (entry >= 0 && !IsContested(entry) && HasNatRoom && _known.IsKnown(entry, State.Now))
            {
                StartKnown(index);
                return;
            }

            if (entry >= 0 && IsContested(entry) && !SlotsArePlenty)
            {
                State.Enqueue(index);
                Park(index, entry, first: false);
                return;
            }

            if (entry < 0 && NothingIsShort(c))
            {
                StartWithoutQueue(index);
                return;
            }
        }

        State.Enqueue(index);
        Queue(index, first: false);
        Schedule();
    }

    public override void Adopt(int index)
    {
        ref var attempt = ref Slab[index];
        attempt.Class = ClassOf(attempt.Program, attempt.Port);
        var entry = attempt.Entry = _known.Use(attempt.Address);
        _known[entry].HalfOpen++;
        _known[entry].Counted++;
        _nat?.Open();
        State.StartAdopted(index, counted: true);
        _classes[attempt.Class].Held++;
        BeginPending(index);
    }

    public override void Ended(int index, Outcome outcome)
    {
        ref var attempt = ref Slab[index];
        LeaveList(index);
        var answered = outcome is Outcome.Established or Outcome.Refused or Outcome.Reset;
        LeaveNat(outcome);
        if (outcome == Outcome.TimedOut)
        {
            _silenceEnds.Record(State.Now - attempt.Since);
        }

        EndPending(index, outcome);
        if (attempt.IsCounted)
        {
            State.Discharge(index);
            ref var c = ref _classes[attempt.Class];
            c.Held--;
            c.LateHeld -= (attempt.Flags & AttemptFlags.Late) != AttemptFlags.None ? 1 : 0;
            _known[attempt.Entry].Counted--;
        }

        if (outcome == Outcome.Established)
        {
            _handshakes.Record(State.Now - attempt.Since);
            Earn(attempt.Program);
        }

        Reclassify(attempt.Class);
        var entry = attempt.Entry;
        ref var destination = ref _known[entry];
        destination.HalfOpen--;
        if (answered)
        {
            destination.AnsweredAt = State.Now;
            destination.Open += outcome == Outcome.Established ? 1 : 0;
            ReleaseParked(entry);
        }
        else
        {
            if (outcome != Outcome.Cancelled)
            {
                destination.AnsweredAt = long.MinValue;
            }

            Promote(entry);
        }

        _known.Rest(entry, State.Now);
        Schedule();
    }

    public override void Withdrawn(int index)
    {
        if (_options.LearnPatience)
        {
            _classes[Slab[index].Class].Patience.Record(State.Now - Slab[index].Since);
        }
    }

    public override void Unlink(int index)
    {
        ref var attempt = ref Slab[index];
        if (attempt.State == AttemptState.Parked)
        {
            Unpark(index);
            _known.Rest(attempt.Entry, State.Now);
            return;
        }

        Dequeue(index);
        if ((attempt.Flags & AttemptFlags.Promoted) != AttemptFlags.None)
        {
            var entry = attempt.Entry;
            attempt.Flags &= ~AttemptFlags.Promoted;
            _known[entry].Promoted = false;
            Promote(entry);
            _known.Rest(entry, State.Now);
        }
    }

    public override void Unlinked() => Schedule();

    public override void ConnectionClosed(in Destination destination)
    {
        _known.Closed(destination.Address, State.Now);
        if (_nat is null)
        {
            return;
        }

        var entries = _nat.Entries;
        _nat.CloseConnection(State.Now);
        if (_nat.Entries < entries)
        {
            Schedule(); // it left nothing behind: there is room
        }
    }

    public override void Advance()
    {
        var now = State.Now;
        _nat?.AdvanceTo(now);
        while (!_young.IsEmpty && Slab[_young.Head].Since + _handshakes.LateAfter <= now)
        {
            BecomeLate(_young.RemoveFirst(Slab));
        }

        while (_options.GiveUp && !_late.IsEmpty && Slab[_late.Head].Since + _handshakes.GiveUpAfter <= now)
        {
            var index = _late.RemoveFirst(Slab);
            Slab[index].List = NoList;
            GiveUp(index);
        }

        Schedule();
    }

    public override void LimitChanged()
    {
        SizeHeadroom();
        for (var c = 0; c < _classCount; c++)
        {
            if (_classes[c].IsLive)
            {
                Reclassify(c);
            }
        }

        Schedule();
    }

    /// <summary>Starts it without a slot: its destination answered lately.</summary>
    private void StartKnown(int index)
    {
        ref var attempt = ref Slab[index];
        var entry = attempt.Entry = _known.Use(attempt.Address);
        _known[entry].HalfOpen++;
        _nat?.Open();
        State.Start(index, counted: false);
        BeginPending(index);
    }

    private void StartWithSlot(int index, bool isNewAddress = false)
    {
        ref var attempt = ref Slab[index];
        var entry = attempt.Entry = isNewAddress ? _known.Add(attempt.Address) : _known.Use(attempt.Address);
        ref var destination = ref _known[entry];
        destination.HalfOpen++;
        destination.Counted++;
        if ((attempt.Flags & AttemptFlags.Promoted) != AttemptFlags.None)
        {
            attempt.Flags &= ~AttemptFlags.Promoted;
            destination.Promoted = false;
        }

        _nat?.Open();
        State.Start(index, counted: true);
        if (_classes[attempt.Class].Brief)
        {
            _pauses.Record(State.Now);
        }

        _classes[attempt.Class].Held++;
        BeginPending(index);
    }

    private void BeginPending(int index)
    {
        ref var attempt = ref Slab[index];
        if (attempt.IsCounted)
        {
            _classes[attempt.Class].Pending++;
            _programs[attempt.Program].Pending++;
        }

        attempt.List = YoungList;
        _young.AddLast(Slab, index);
        Reclassify(attempt.Class);
    }

    /// <summary>
    /// A quick answer speaks for its class. A cancelled attempt says nothing; one that timed out early says that nobody
    /// answered. Attempts to known destinations say nothing about those to unknown ones.
    /// </summary>
    private void EndPending(int index, Outcome outcome)
    {
        ref var attempt = ref Slab[index];
        if ((attempt.Flags & (AttemptFlags.Late | AttemptFlags.Counted)) != AttemptFlags.Counted)
        {
            return;
        }

        _classes[attempt.Class].Pending--;
        _programs[attempt.Program].Pending--;
        if (outcome != Outcome.Cancelled)
        {
            Learn(attempt.Class, late: outcome == Outcome.TimedOut);
        }
    }

    /// <summary>
    /// Silent for longer than handshakes take. One that had passed as known takes a slot after all, as soon as there is
    /// one; nothing else starts until then.
    /// </summary>
    private void BecomeLate(int index)
    {
        ref var attempt = ref Slab[index];
        ref var c = ref _classes[attempt.Class];
        attempt.Flags |= AttemptFlags.Late;
        if (attempt.IsCounted)
        {
            c.Pending--;
            _programs[attempt.Program].Pending--;
            Learn(attempt.Class, late: true);
            c.LateHeld++;
            EnterLateList(index);
        }
        else
        {
            _known[attempt.Entry].AnsweredAt = long.MinValue;
            attempt.Flags |= AttemptFlags.Overdue;
            attempt.List = OverdueList;
            _overdue.AddLast(Slab, index);
        }

        Reclassify(attempt.Class);
    }

    private void ChargeOverdue(int index)
    {
        ref var attempt = ref Slab[index];
        attempt.Flags &= ~AttemptFlags.Overdue;
        State.Charge(index);
        _known[attempt.Entry].Counted++;
        ref var c = ref _classes[attempt.Class];
        c.Held++;
        c.LateHeld++;
        EnterLateList(index);
        Reclassify(attempt.Class);
    }

    private void EnterLateList(int index)
    {
        Slab[index].List = LateList;
        _late.AddLast(Slab, index);
    }

    private void LeaveList(int index)
    {
        ref var attempt = ref Slab[index];
        switch (attempt.List)
        {
            case YoungList:
                _young.Remove(Slab, index);
                break;
            case LateList:
                _late.Remove(Slab, index);
                break;
            case OverdueList:
                _overdue.Remove(Slab, index);
                break;
            case UnpaidList:
                _programs[attempt.Program].Unpaid.Remove(Slab, index);
                break;
        }

        attempt.List = NoList;
    }

    private void GiveUp(int index)
    {
        ref var attempt = ref Slab[index];
        ref var program = ref _programs[attempt.Program];
        if (_options.Credit)
        {
            if (program.Credit == 0)
            {
                attempt.List = UnpaidList;
                program.Unpaid.AddLast(Slab, index);
                return;
            }

            program.Credit--;
        }

        attempt.Flags |= AttemptFlags.GivenUp;
        State.Emit(DecisionKind.GiveUp, index);
    }

    /// <summary>A success pays for give-ups, those that wait for it first.</summary>
    private void Earn(int p)
    {
        ref var program = ref _programs[p];
        program.Credit = Math.Min(program.Credit + _options.CreditPerSuccess, Math.Max(64, 2 * State.Limit));
        while (program.Credit > 0 && !program.Unpaid.IsEmpty)
        {
            var index = program.Unpaid.RemoveFirst(Slab);
            Slab[index].List = NoList;
            GiveUp(index);
        }
    }

    private void LeaveNat(Outcome outcome)
    {
        switch (outcome)
        {
            case Outcome.Established:
                _nat?.Establish();
                break;
            case Outcome.Refused or Outcome.Reset:
                _nat?.LeaveClosed(State.Now);
                break;
            default:
                _nat?.LeaveSilent(State.Now, State.Now);
                break;
        }
    }
}
