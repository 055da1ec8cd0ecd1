using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Attempts that are out without a slot, because their destinations answered lately; and what their programs owe for
/// those that stayed silent (decision 35).
/// </summary>
internal sealed partial class FairPolicy
{
    private bool MayGoBeyond(int p, int entry)
    {
        ref var program = ref _classes.Program(p);
        return _known.HasRoom(entry)
            && _beyond.MayPass(program.Beyond, program.Owner < 0 ? program.Beyond : _classes.OwnerOf(program).Beyond);
    }

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

        if ((attempt.Flags & AttemptFlags.MadeWay) != AttemptFlags.None)
        {
            CountMadeWay(program, 1);
        }
    }

    private void LeaveBeyond(int index)
    {
        ref var attempt = ref Slab[index];
        _beyond.Leave(isExcess: (attempt.Flags & AttemptFlags.Excess) != AttemptFlags.None);
        ref var program = ref _classes.Program(attempt.Program);
        program.Beyond--;
        if (program.Owner >= 0)
        {
            _classes.OwnerOf(program).Beyond--;
        }

        if ((attempt.Flags & AttemptFlags.MadeWay) != AttemptFlags.None)
        {
            CountMadeWay(program, -1);
        }

        attempt.Flags &= ~(AttemptFlags.Excess | AttemptFlags.MadeWay);
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
        if (_headroom.IsReached)
        {
            attempt.Flags |= AttemptFlags.Trusted; // with a slot that is lent
        }

        State.Charge(index);
        _known[attempt.Entry].Counted++;
        ref var row = ref _classes[attempt.Class];
        OwnerHolds(_classes.ProgramOf(row), 1);
        row.Held++;
        row.LateHeld++;
        attempt.List = FairList.Late;
        _late.AddLast(Slab, index);
        NoteLate(index);
        _turns.Take(p, _classes.Program(p).Owner, State.Now);
        Review(attempt.Class);
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
}
