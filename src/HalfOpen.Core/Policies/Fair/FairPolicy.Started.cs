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

    private void BeginOfOwner(int p, ref FairProgram program)
    {
        ref var owner = ref _classes.OwnerOf(program);
        owner.Held++;
        if (program.Pending > 1 || !program.Silence.IsEmpty)
        {
            return;
        }

        program.PreviousNewcomer = 0;
        program.NextNewcomer = owner.FirstNewcomer;
        if (owner.FirstNewcomer > 0)
        {
            _classes.Program(owner.FirstNewcomer - 1).PreviousNewcomer = p + 1;
        }

        owner.FirstNewcomer = p + 1;
        if (owner.NewcomerStarted(_headroom.Trial, State.Now))
        {
            ReviewNewcomers(owner.FirstNewcomer);
        }
    }

    /// <param name="held">How long its attempt was out.</param>
    private void NewcomerEnded(ref FairProgram program, bool? silent, long held)
    {
        ref var owner = ref _classes.OwnerOf(program);
        if (program.PreviousNewcomer > 0)
        {
            _classes.Program(program.PreviousNewcomer - 1).NextNewcomer = program.NextNewcomer;
        }
        else
        {
            owner.FirstNewcomer = program.NextNewcomer;
        }

        if (program.NextNewcomer > 0)
        {
            _classes.Program(program.NextNewcomer - 1).PreviousNewcomer = program.PreviousNewcomer;
        }

        // One that was ended before it could be late, and had no answer, is no better than a silent one.
        silent ??= held > _handshakes.LateAfter / 4 ? true : null;
        if (owner.NewcomerEnded(silent, _headroom.Trial, State.Now))
        {
            ReviewNewcomers(owner.FirstNewcomer);
        }
    }

    /// <summary>What they hold was taken for what comes back soon. A few: trust ends when more are out.</summary>
    private void ReviewNewcomers(int first)
    {
        for (var p = first; p > 0; p = _classes.Program(p - 1).NextNewcomer)
        {
            Review(_classes.Program(p - 1).FirstClass);
        }
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

    private void EnterBeyond(int index)
    {
        ref var attempt = ref Slab[index];
        _beyond.Enter(isExcess: (attempt.Flags & AttemptFlags.Excess) != AttemptFlags.None);
        ref var program = ref _classes.Program(attempt.Program);
        program.Beyond++;
        if (program.Owner >= 0)
        {
            _classes.OwnerOf(program).Beyond++;
        }
    }

    private void LeaveBeyond(int index)
    {
        ref var attempt = ref Slab[index];
        _beyond.Leave(isExcess: (attempt.Flags & AttemptFlags.Excess) != AttemptFlags.None);
        attempt.Flags &= ~AttemptFlags.Excess;
        ref var program = ref _classes.Program(attempt.Program);
        program.Beyond--;
        if (program.Owner >= 0)
        {
            _classes.OwnerOf(program).Beyond--;
        }
    }

    private void OwnerHolds(in FairProgram program, int change)
    {
        if (program.Owner >= 0)
        {
            _classes.OwnerOf(program).Held += change;
        }
    }

    /// <summary>It no longer owes a slot for one that passed as known.</summary>
    private void LeaveOverdue(int index)
    {
        var p = Slab[index].Program;
        ref var program = ref _classes.Program(p);
        program.Overdue.Remove(Slab, index);
        program.Owed--;
        OwnerHolds(program, -1);
        if (!program.WantsTurn)
        {
            _turns.Leave(p, program.Owner);
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
        if (attempt.IsCounted)
        {
            ref var row = ref _classes[attempt.Class];
            EndPending(ref row, silent: true, _handshakes.LateAfter);
            row.LateHeld++;
            attempt.List = FairList.Late;
            _late.AddLast(Slab, index);
        }
        else
        {
            _known.FellSilent(attempt.Entry);
            EnterOverdue(index);
        }

        Review(attempt.Class);
    }

    /// <summary>Its program owes a slot for it from now on.</summary>
    private void EnterOverdue(int index)
    {
        ref var attempt = ref Slab[index];
        attempt.List = FairList.Overdue;
        ref var program = ref _classes.Program(attempt.Program);
        if (!program.WantsTurn)
        {
            _turns.Enter(attempt.Program, program.Owner, State.Now);
        }

        program.Owed++;
        program.Overdue.AddLast(Slab, index);
        OwnerHolds(program, 1);
    }

    /// <summary>
    /// The program has its turn and pays for the first of those that passed as known and stayed silent.
    /// </summary>
    private void ChargeOverdue(int p)
    {
        var index = _classes.Program(p).Overdue.Head;
        LeaveOverdue(index);
        LeaveBeyond(index);
        ref var attempt = ref Slab[index];
        State.Charge(index);
        _known[attempt.Entry].Counted++;
        ref var row = ref _classes[attempt.Class];
        OwnerHolds(_classes.ProgramOf(row), 1);
        row.Held++;
        row.LateHeld++;
        attempt.List = FairList.Late;
        _late.AddLast(Slab, index);
        _turns.Take(p, _classes.Program(p).Owner, State.Now);
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

    /// <summary>Brings everything that follows from a class's numbers up to date.</summary>
    private void Review(int c)
    {
        ref var row = ref _classes[c];
        ref var program = ref _classes.ProgramOf(row);
        var isTrusted = program.Owner < 0 || program.Silence.IsSettled || _classes.OwnerOf(program).TrustsNewcomers;
        var isBrief = program.Silence.IsBrief(program.Pending, _headroom.Trial, isTrusted ? 0 : PriorWeight);
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

        var isPrivileged = row.Queue.Count > 0 && row.IsBrief && row.Held < trial && program.Owed <= trial && MayBeBrief(row);
        program.Privileged += (isPrivileged ? 1 : 0) - (row.IsPrivileged ? 1 : 0);
        row.IsPrivileged = isPrivileged;
        NeedHeadroom(wanted: isPrivileged);
        if (program.WantsTurn)
        {
            Rank(row.Program, program);
        }
        else if (program.Owner >= 0)
        {
            RankOwner(program);
        }
    }

    /// <summary>
    /// While IPv6 has not answered anybody lately, an attempt to it waits for a slot of its own and leaves the headroom
    /// to the one that follows over IPv4 (RFC 8305): where it is broken, the first would keep the second from starting.
    /// </summary>
    private bool MayBeBrief(in FairClass row) => !ClassTable.IsSix(row) || State.Now - _sixAnsweredAt <= _options.KnownFor.Ticks;

    /// <param name="wanted">Somebody who would give it back soon waits for a slot.</param>
    private void NeedHeadroom(bool wanted) => _headroom.Need(State.All.Counted - _headroom.LongHeld + (wanted ? 1 : 0), State.Now);
}
