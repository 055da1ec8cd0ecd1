using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>From the start of an attempt to its end, and what is learned from it.</summary>
internal sealed partial class FairPolicy
{
    /// <summary>
    /// In a program that is often silent, a class begins as if so many attempts had been silent already.
    /// </summary>
    private const int PriorWeight = 3;

    private void Start(int index, int entry, bool onSlot)
    {
        State.Start(index, counted: onSlot);
        if (onSlot && _classes[Slab[index].Class].IsBrief)
        {
            _headroom.BriefStarted(State.Now);
        }

        Begin(index, entry);
    }

    /// <summary>It is half-open from now on.</summary>
    /// <param name="entry">Its destination's entry; -1: there is none yet.</param>
    private void Begin(int index, int entry)
    {
        ref var attempt = ref Slab[index];
        attempt.Entry = entry = entry < 0 ? _known.Add(attempt.Address) : _known.Use(entry);
        ref var destination = ref _known[entry];
        destination.HalfOpen++;
        if ((attempt.Flags & AttemptFlags.Promoted) != AttemptFlags.None)
        {
            attempt.Flags &= ~AttemptFlags.Promoted;
            destination.Promoted = false;
        }

        _nat?.Open();
        ref var row = ref _classes[attempt.Class];
        if (attempt.IsCounted)
        {
            destination.Counted++;
            row.Held++;
            row.Pending++;
            _classes.ProgramOf(row).Pending++;
        }

        attempt.List = FairList.Young;
        _young.AddLast(Slab, index);
        Review(attempt.Class);
    }

    private void End(int index, Outcome outcome)
    {
        ref var attempt = ref Slab[index];
        LeaveList(index);
        LeaveNat(outcome);
        if (outcome == Outcome.TimedOut)
        {
            _headroom.SilenceEnded(State.Now - attempt.Since);
        }

        var entry = attempt.Entry;
        if (attempt.IsCounted)
        {
            ref var row = ref _classes[attempt.Class];
            if ((attempt.Flags & AttemptFlags.Late) != AttemptFlags.None)
            {
                row.LateHeld--;
            }
            else
            {
                // A quick answer speaks for its class, and a time-out of its program's own says that nobody answered. A
                // cancelled attempt says nothing.
                EndPending(ref row, outcome == Outcome.Cancelled ? null : outcome == Outcome.TimedOut);
            }

            row.Held--;
            _known[entry].Counted--;
            State.Discharge(index);
        }

        if (outcome == Outcome.Established)
        {
            _handshakes.Record(State.Now - attempt.Since);
            Earn(attempt.Program);
        }

        Review(attempt.Class);
        LeaveDestination(entry, outcome);
    }

    /// <summary>Who waited for this outcome goes on.</summary>
    private void LeaveDestination(int entry, Outcome outcome)
    {
        ref var destination = ref _known[entry];
        destination.HalfOpen--;
        if (outcome is Outcome.Established or Outcome.Refused or Outcome.Reset)
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

    private void LeaveList(int index)
    {
        ref var attempt = ref Slab[index];
        switch (attempt.List)
        {
            case FairList.Young:
                _young.Remove(Slab, index);
                break;
            case FairList.Late:
                _late.Remove(Slab, index);
                break;
            case FairList.Overdue:
                _overdue.Remove(Slab, index);
                break;
            case FairList.Unpaid:
                _credit!.Leave(attempt.Program, index);
                break;
        }

        attempt.List = FairList.None;
    }

    /// <summary>
    /// Attempts to known destinations say nothing about those to unknown ones, and are not counted here.
    /// </summary>
    /// <param name="silent">Whether it stayed silent; null: it says nothing.</param>
    private void EndPending(ref FairClass row, bool? silent)
    {
        ref var program = ref _classes.ProgramOf(row);
        row.Pending--;
        program.Pending--;
        if (silent is { } wasSilent)
        {
            row.Silence.Learn(wasSilent);
            program.Silence.Learn(wasSilent);
        }
    }

    /// <summary>
    /// Time has passed: who was silent for too long is late, and who was for far too long is given up.
    /// </summary>
    private void BecomeSilent()
    {
        var now = State.Now;
        while (!_young.IsEmpty && Slab[_young.Head].Since + _handshakes.LateAfter <= now)
        {
            BecomeLate(_young.RemoveFirst(Slab));
        }

        while (_options.GiveUp && !_late.IsEmpty && Slab[_late.Head].Since + _handshakes.GiveUpAfter <= now)
        {
            var index = _late.RemoveFirst(Slab);
            Slab[index].List = FairList.None;
            if (_credit is null || _credit.TryPay(Slab[index].Program, index))
            {
                State.Emit(DecisionKind.GiveUp, index);
            }
        }
    }

    /// <summary>
    /// Silent for longer than handshakes take. One that had passed as known takes a slot after all, as soon as there is
    /// one; nothing else starts until then.
    /// </summary>
    private void BecomeLate(int index)
    {
        ref var attempt = ref Slab[index];
        attempt.Flags |= AttemptFlags.Late;
        if (attempt.IsCounted)
        {
            ref var row = ref _classes[attempt.Class];
            EndPending(ref row, silent: true);
            row.LateHeld++;
            attempt.List = FairList.Late;
            _late.AddLast(Slab, index);
        }
        else
        {
            _known[attempt.Entry].AnsweredAt = long.MinValue;
            attempt.List = FairList.Overdue;
            _overdue.AddLast(Slab, index);
        }

        Review(attempt.Class);
    }

    /// <summary>A slot is there for the first of those that passed as known and stayed silent.</summary>
    private void ChargeOverdue()
    {
        var index = _overdue.RemoveFirst(Slab);
        ref var attempt = ref Slab[index];
        State.Charge(index);
        _known[attempt.Entry].Counted++;
        ref var row = ref _classes[attempt.Class];
        row.Held++;
        row.LateHeld++;
        attempt.List = FairList.Late;
        _late.AddLast(Slab, index);
        Review(attempt.Class);
    }

    /// <summary>A success pays for give-ups, those that wait for it first.</summary>
    private void Earn(int program)
    {
        if (_credit is null)
        {
            return;
        }

        _credit.Earn(program, State.Limit);
        for (var index = _credit.TakePaid(program); index >= 0; index = _credit.TakePaid(program))
        {
            State.Emit(DecisionKind.GiveUp, index);
        }
    }

    /// <summary>Brings everything that follows from a class's numbers up to date.</summary>
    private void Review(int c)
    {
        ref var row = ref _classes[c];
        ref var program = ref _classes.ProgramOf(row);
        var isBrief = program.Silence.IsBrief(program.Pending, _headroom.Trial, prior: 0);
        if (isBrief == program.IsBrief)
        {
            Review(ref row, ref program);
            return;
        }

        program.IsBrief = isBrief;
        for (var each = program.FirstClass; each >= 0; each = _classes[each].NextOfProgram)
        {
            Review(ref _classes[each], ref program);
        }
    }

    private void Review(ref FairClass row, ref FairProgram program)
    {
        var trial = _headroom.Trial;
        row.IsBrief = row.Silence.IsBrief(row.Pending, trial, prior: program.IsBrief || row.Silence.IsSettled ? 0 : PriorWeight);

        // A brief class that holds more than a trial counts whole: one silent peer in twenty is brief, and still fills
        // the headroom for good, one by one.
        var longPart = row.IsBrief && row.Held <= trial ? row.LateHeld : row.Held;
        _headroom.LongHeld += longPart - row.LongPart;
        row.LongPart = longPart;

        var isPrivileged = row.Queue.Count > 0 && row.IsBrief && row.Held < trial;
        program.Privileged += (isPrivileged ? 1 : 0) - (row.IsPrivileged ? 1 : 0);
        row.IsPrivileged = isPrivileged;
        NeedHeadroom(wanted: isPrivileged);
        if (program.Queued > 0)
        {
            Rank(row.Program, program);
        }
    }

    /// <param name="wanted">Somebody who would give it back soon waits for a slot.</param>
    private void NeedHeadroom(bool wanted) => _headroom.Need(State.All.Counted - _headroom.LongHeld + (wanted ? 1 : 0), State.Now);
}
