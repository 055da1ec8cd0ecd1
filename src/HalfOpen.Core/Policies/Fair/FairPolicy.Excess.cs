using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// More may be half-open than the limit allows, and nobody here started it: a storm went on while no host was there, or
/// the limit was lowered. If all of it held slots, nobody could start before most of it has ended, which takes two
/// minutes: a freeze that the limit causes. So it takes the slots but for the headroom, and for the rest its programs
/// owe, as for known hosts that fell silent (decision 37).
/// </summary>
internal sealed partial class FairPolicy
{
    public override void Adopt(int index)
    {
        ref var attempt = ref Slab[index];
        attempt.Class = _classes.Find(attempt, State.Programs, State.Now);
        attempt.Flags |= AttemptFlags.Adopted;
        var fits = State.All.Counted < State.Limit - (_beyond.Excess > 0 ? _headroom.Most : 0);
        attempt.Flags |= fits ? AttemptFlags.None : AttemptFlags.Excess;
        State.StartAdopted(index, counted: fits);
        Begin(index, _known.Find(attempt.Address));
        if (fits)
        {
            return;
        }

        attempt.Flags |= AttemptFlags.Late;
        LeaveList(index);
        EnterOverdue(index);
        Review(attempt.Class);
        while (State.All.Counted > State.WholeLimit - _headroom.Most && IsAdoptedOnSlot(_young.Tail))
        {
            Owe(_young.Tail);
        }
    }

    private bool IsAdoptedOnSlot(int index) => index >= 0 && (Slab[index].Flags & AttemptFlags.Adopted) != AttemptFlags.None
        && Slab[index] is { IsCounted: true, IsLeased: false };

    /// <summary>The limit is lower than what is held: the newest give their slots back, and are owed.</summary>
    private void OweExcess()
    {
        List<int> held = [];
        for (var index = 0; index < Slab.Used; index++)
        {
            if (Slab[index] is { State: AttemptState.Started, IsCounted: true, IsLeased: false })
            {
                held.Add(index);
            }
        }

        foreach (var index in held.OrderByDescending(i => Slab[i].Since).Take(State.All.Counted - (State.WholeLimit - _headroom.Most)))
        {
            Owe(index);
        }
    }

    /// <summary>It goes on without its slot; its program owes one from now on.</summary>
    /// <param name="why">Why it is out beyond the limit.</param>
    private void Owe(int index, AttemptFlags why = AttemptFlags.Excess)
    {
        ref var attempt = ref Slab[index];
        ref var row = ref _classes[attempt.Class];
        if ((attempt.Flags & AttemptFlags.Late) != AttemptFlags.None)
        {
            row.LateHeld--;
        }
        else
        {
            EndPending(ref row, silent: null, held: 0); // nothing is known of it
        }

        LeaveProbation(index, answered: false);
        LeaveList(index);
        row.Held--;
        OwnerHolds(_classes.ProgramOf(row), -1);
        _known[attempt.Entry].Counted--;
        State.Discharge(index);
        attempt.Flags = (attempt.Flags & ~AttemptFlags.Trusted) | why | AttemptFlags.Late;
        EnterBeyond(index);
        EnterOverdue(index);
        Review(attempt.Class);
    }
}
