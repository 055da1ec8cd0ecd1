namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// The headroom is idle, and nobody waits who is trusted with it. A program of which nothing is known, or little, may
/// try it nevertheless, on probation: with two silent programs a user could not open his browser otherwise, before one
/// of them gives up. One attempt at a time is on probation, of all programs. Whoever is trusted gets its slot at once
/// (it makes way first), and after a silent one its owner waits for a while (decision 39).
/// </summary>
internal sealed partial class FairPolicy
{
    /// <summary>As if so many attempts had answered already: one that was silent is forgiven, two are not.</summary>
    private const int ProbationGoodWill = 4;

    /// <summary>So many of the owners who hold fewest are looked at, and so many of their programs.</summary>
    private const int OwnersOnProbation = 8, ProgramsOnProbation = 16;

    // The attempt on probation; -1: there is none.
    private int _probation = -1;

    // Somebody who waits may be a candidate: looked for when it is needed, and not twice in vain.
    private bool _mayProbe;

    // Its owner's pause ends then; long.MaxValue: nobody waits for that.
    private long _probationDue = long.MaxValue;

    /// <summary>Who may try the headroom: of those that hold fewest the first who is a candidate.</summary>
    /// <returns>The class whose turn that is; -1: nobody may.</returns>
    private int NextOnProbation()
    {
        if (_probation >= 0 || !HasRoomToMakeWay)
        {
            return -1;
        }

        _probationDue = long.MaxValue;
        foreach (ref readonly var standing in _turns.Owners(OwnersOnProbation))
        {
            ref var owner = ref _classes.Owner(standing.Member);
            if (owner.MadeWay >= MostMadeWay - _madeWay)
            {
                continue;
            }

            if (owner.ProbationAt > State.Now)
            {
                _probationDue = Math.Min(_probationDue, owner.ProbationAt);
                continue;
            }

            foreach (ref readonly var place in _turns.ProgramsOf(standing.Member, ProgramsOnProbation))
            {
                if (IsCandidate(place.Member) && NextClass(place.Member, Among.NotBrokenSix) is >= 0 and var c)
                {
                    return c;
                }
            }
        }

        _mayProbe = false;
        return -1;
    }

    /// <summary>Time has passed: an owner may try again.</summary>
    private void EndProbationPause()
    {
        if (_probationDue <= State.Now)
        {
            _probationDue = long.MaxValue;
            _mayProbe = true;
        }
    }

    /// <summary>It begins to wait, or what is known of it has changed, or what it holds.</summary>
    private void NoteCandidate(int p)
    {
        ref var program = ref _classes.Program(p);
        if (_mayProbe || program.Queued == 0 || program.Owner < 0 || !IsCandidate(p))
        {
            return; // nearly always
        }

        ref var owner = ref _classes.OwnerOf(program);
        if (owner.ProbationAt > State.Now)
        {
            _probationDue = Math.Min(_probationDue, owner.ProbationAt);
        }
        else
        {
            _mayProbe = true;
        }
    }

    private bool IsCandidate(int p)
    {
        ref var program = ref _classes.Program(p);
        return State.Row(p).Counted + program.Owed <= _headroom.Trial
            && program.Silence.IsBrief(program.Pending, _headroom.Trial, prior: 0, ProbationGoodWill);
    }

    /// <summary>
    /// Somebody waits who is trusted, and he is another program of its owner that holds more: it goes first.
    /// </summary>
    private bool IsBeforeItsOwn(int c)
    {
        var (p, first) = (_classes[c].Program, _turns.FirstPrivileged);
        return _classes.Program(first).Owner == _classes.Program(p).Owner && State.Row(first).Counted > State.Row(p).Counted;
    }

    /// <summary>What became of it, if that was the attempt on probation.</summary>
    private void LeaveProbation(int index, bool answered)
    {
        if (_probation == index)
        {
            _probation = -1;
            _mayProbe = true;
            _classes.OwnerOf(_classes.Program(Slab[index].Program)).ProbationEnded(answered, State.Now);
        }
    }
}
