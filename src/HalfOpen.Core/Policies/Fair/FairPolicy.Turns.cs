using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>What is there is given out: whose turn it is, and which of its attempts starts.</summary>
internal sealed partial class FairPolicy
{
    /// <summary>Not while something is out beyond the limit: that has to come back first.</summary>
    private bool MayLend => _madeWay == 0 && _headroom.MayLend(Slab, _late, State.Now);

    /// <summary>Gives out what there is to give.</summary>
    private void Schedule()
    {
        while (true)
        {
            if (_turns.IsEmpty || !HasNatRoom)
            {
                return;
            }

            var isFull = State.All.Counted >= State.Limit;
            if (isFull && !TryMakeWay())
            {
                return;
            }

            var hasNatRoom = _nat is null or { HasRoomForAll: true };
            var restricted = isFull || (_headroom.IsReached && !MayLend) || !hasNatRoom;
            if (restricted && _mayProbe && hasNatRoom
                && NextOnProbation() is >= 0 and var c && (!_turns.AnyPrivileged || IsBeforeItsOwn(c)))
            {
                _probation = Serve(c);
                continue;
            }

            if (restricted && !_turns.AnyPrivileged)
            {
                return;
            }

            var program = restricted ? _turns.FirstPrivileged : _turns.Next(State.Now);
            if (!restricted && _classes.Program(program).Owed > 0)
            {
                ChargeOverdue(program);
                continue;
            }

            var next = NextClass(program, restricted ? Among.Privileged : Among.All);
            if (restricted && _classes.Program(program).Owner >= 0 && !StillMay(next))
            {
                continue;
            }

            Serve(next);
        }
    }

    /// <summary>
    /// It was privileged when it began to wait. What its owner's other programs have shown since, and whether IPv6
    /// answers, counts too.
    /// </summary>
    private bool StillMay(int c)
    {
        Review(c);
        return _classes[c].IsPrivileged;
    }

    /// <summary>
    /// Brief before long, then who holds less, then who was served longest ago; who has waited too long first.
    /// </summary>
    private int NextClass(int program, Among among)
    {
        var best = -1;
        for (var c = _classes.Program(program).FirstClass; c >= 0; c = _classes[c].NextOfProgram)
        {
            ref var row = ref _classes[c];
            if (row.Queue.Count > 0 && IsAmong(row, among) && (best < 0 || IsBefore(row, _classes[best])))
            {
                best = c;
            }
        }

        return best;
    }

    private bool IsAmong(in FairClass row, Among among) =>
        among == Among.All || (among == Among.Privileged ? row.IsPrivileged : MayBeBrief(row));

    private bool IsBefore(in FairClass a, in FairClass b)
    {
        var aged = State.Now - Turns.AgeBound;
        if (a.LastServed < aged != b.LastServed < aged)
        {
            return a.LastServed < aged;
        }

        return a.IsBrief != b.IsBrief ? a.IsBrief : a.Held != b.Held ? a.Held < b.Held : a.LastServed < b.LastServed;
    }

    /// <summary>The next of a class has its turn.</summary>
    /// <returns>Which attempt started on a slot; -1: none.</returns>
    private int Serve(int c)
    {
        var index = _classes[c].Queue.Next(Slab, State.Now);
        Dequeue(index);
        var way = Decide(index, isHead: true, out var entry);
        switch (way)
        {
            case Way.Park:
                Park(index, entry, first: (Slab[index].Flags & AttemptFlags.Promoted) != AttemptFlags.None);
                return -1; // nothing was given out: it was not this program's turn
            case Way.StartFree:
                Start(index, entry, onSlot: false);
                ReleaseParked(entry);
                break;
            default:
                Start(index, entry, onSlot: true);
                break;
        }

        TakeTurn(ref _classes[c]);
        return way == Way.StartFree ? -1 : index;
    }

    /// <summary>
    /// What the way through the queue comes to where nothing is short: the same books, at half the cost.
    /// </summary>
    private void StartAtOnce(int index, int entry)
    {
        ref var row = ref _classes[Slab[index].Class];
        NeedHeadroom(wanted: row.IsBrief && row.Held < _headroom.Trial);
        row.Queue.Pass();
        Start(index, entry, onSlot: true);
        TakeTurn(ref row);
    }

    private void TakeTurn(ref FairClass row)
    {
        row.LastServed = State.Now;
        ref var program = ref _classes.ProgramOf(row);
        _turns.Take(row.Program, program.Owner, State.Now);
        if (program.WantsTurn)
        {
            Rank(row.Program, program);
        }
        else if (program.Owner >= 0)
        {
            RankOwner(program);
        }
    }

    private void Rank(int p, in FairProgram program)
    {
        _turns.Rank(p, program.Owner, State.Row(p).Counted + program.Owed, State.Programs.Weight(p), program.Privileged > 0);
        if (program.Owner >= 0)
        {
            RankOwner(program);
        }
    }

    /// <summary>What one of its programs holds has changed, whether that one waits or not.</summary>
    private void RankOwner(in FairProgram program) => _turns.RankOwner(program.Owner, _classes.OwnerOf(program).Held);
}
