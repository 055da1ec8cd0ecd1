using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>From the start of an attempt to its end, and what is learned from it.</summary>
internal sealed partial class FairPolicy
{
    private void Start(int index, int entry, bool onSlot)
    {
        State.Start(index, counted: onSlot);
        if (onSlot && _classes[Slab[index].Class].IsBrief)
        {
            Slab[index].Flags |= AttemptFlags.Trusted;
            _headroom.BriefStarted(State.Now);
        }
        else if (onSlot && _headroom.IsReached)
        {
            Slab[index].Flags |= AttemptFlags.Trusted; // with a slot that is lent
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
        ref var program = ref _classes.ProgramOf(row);
        if (attempt.IsCounted)
        {
            destination.Counted++;
            row.Held++;
            row.Pending++;
            program.Pending++;
            if (program.Owner >= 0)
            {
                BeginOfOwner(row.Program, ref program);
            }
        }
        else
        {
            EnterBeyond(index);
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
        LeaveProbation(index, outcome is Outcome.Established or Outcome.Refused or Outcome.Reset);
        if (outcome == Outcome.TimedOut)
        {
            _headroom.SilenceEnded(State.Now - attempt.Since);
        }

        var entry = attempt.Entry;
        var wasBeyond = !attempt.IsCounted;
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
                EndPending(ref row, SilentOf(outcome), State.Now - attempt.Since);
            }

            row.Held--;
            OwnerHolds(_classes.ProgramOf(row), -1);
            _known[entry].Counted--;
            State.Discharge(index);
        }
        else
        {
            LeaveBeyond(index);
        }

        NoteCandidate(attempt.Program);
        if (outcome == Outcome.Established)
        {
            _handshakes.Record(State.Now - attempt.Since);
            Earn(attempt.Program, isFirst: !_known[entry].HasAnswered);
        }

        Review(attempt.Class);
        LeaveDestination(entry, outcome, beyond: wasBeyond);
    }

    /// <summary>A quick answer says that nobody was silent; a cancelled attempt says nothing (null).</summary>
    private static bool? SilentOf(Outcome outcome) => outcome == Outcome.Cancelled ? null : outcome == Outcome.TimedOut;

    private void OwnerHolds(in FairProgram program, int change)
    {
        if (program.Owner >= 0)
        {
            _classes.OwnerOf(program).Held += change;
        }
    }

    /// <summary>Who waited for this outcome goes on.</summary>
    private void LeaveDestination(int entry, Outcome outcome, bool beyond)
    {
        ref var destination = ref _known[entry];
        destination.HalfOpen--;
        if (outcome is Outcome.Established or Outcome.Refused or Outcome.Reset)
        {
            _known.Answered(entry, beyond, State.Now);
            destination.Open += outcome == Outcome.Established ? 1 : 0;
            _sixAnsweredAt = Destination.IsMapped(destination.Address) ? _sixAnsweredAt : State.Now;
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
                LeaveOverdue(index);
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
    /// <param name="held">How long it was out.</param>
    private void EndPending(ref FairClass row, bool? silent, long held)
    {
        ref var program = ref _classes.ProgramOf(row);
        row.Pending--;
        program.Pending--;
        if (program.Owner >= 0 && program.Silence.IsEmpty && (silent is not null || program.Pending == 0))
        {
            NewcomerEnded(ref program, silent, held);
        }

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
            if (_credit is null || _credit.TryPay(Slab[index].Program, State.Programs.Owner(Slab[index].Program), index))
            {
                State.Emit(DecisionKind.GiveUp, index);
            }
        }
    }

    /// <summary>
    /// Silent for longer than handshakes take. For one that had passed as known its program owes a slot from now on.
    /// </summary>
    private void BecomeLate(int index)
    {
        ref var attempt = ref Slab[index];
        attempt.Flags |= AttemptFlags.Late;
        LeaveProbation(index, answered: false);
        if (attempt.IsCounted)
        {
            ref var row = ref _classes[attempt.Class];
            EndPending(ref row, silent: true, _handshakes.LateAfter);
            row.LateHeld++;
            attempt.List = FairList.Late;
            _late.AddLast(Slab, index);
            NoteLate(index);
        }
        else
        {
            _known.FellSilent(attempt.Entry);
            EnterOverdue(index);
        }

        Review(attempt.Class);
    }

    /// <summary>A success pays for give-ups, those that wait for it first.</summary>
    /// <param name="isFirst">
    /// Of a destination that had not answered before: a friendly host that answers a hundred times a second buys
    /// nothing.
    /// </param>
    private void Earn(int program, bool isFirst)
    {
        if (_credit is null || !isFirst)
        {
            return;
        }

        var owner = State.Programs.Owner(program);
        _credit.Earn(program, owner, State.Limit);
        for (var index = _credit.TakePaid(program, owner); index >= 0; index = _credit.TakePaid(program, owner))
        {
            State.Emit(DecisionKind.GiveUp, index);
        }
    }
}
