using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Who got a slot on trust and stays silent. All of the headroom may end with such attempts: of programs of which
/// nothing was known, of those that were always answered until now, or where it was lent. Then nobody could start
/// before a stack gives one of them up, on Linux after two minutes: a freeze that the limit causes. So the oldest of
/// them makes way as soon as somebody waits who may use the headroom: it goes on without its slot, and its program owes
/// one (decision 38).
/// </summary>
internal sealed partial class FairPolicy
{
    /// <summary>For each slot, so many attempts may have made way at once.</summary>
    public const int MadeWayPerSlot = 1;

    /// <summary>An owner may have one of them for so many that are left.</summary>
    private const int OwnersLeft = 3;

    // Late attempts that started on trust, the oldest first; some may have ended, or hold no slot any more.
    private readonly Queue<AttemptId> _onTrust = new();
    private int _madeWay;

    private int MostMadeWay => MadeWayPerSlot * State.WholeLimit;

    private bool HasRoomToMakeWay => _madeWay < MostMadeWay && _beyond.HasRoom;

    /// <summary>It is on its own now: it may make way as any other.</summary>
    public override void Unleased(int index)
    {
        NoteLate(index);
        Schedule();
    }

    /// <summary>It holds a slot and is silent: it may have to make way, if it started on trust.</summary>
    private void NoteLate(int index)
    {
        if (!MayMakeWay(index))
        {
            return;
        }

        if (_onTrust.Count >= 2 * State.WholeLimit)
        {
            for (var i = _onTrust.Count; i > 0; i--)
            {
                var id = _onTrust.Dequeue();
                if (Slab.IsCurrent(id) && MayMakeWay(id.Index))
                {
                    _onTrust.Enqueue(id); // no more than hold slots
                }
            }
        }

        _onTrust.Enqueue(Slab.IdOf(index));
    }

    private bool MayMakeWay(int index)
    {
        const AttemptFlags Needed = AttemptFlags.Trusted | AttemptFlags.Late | AttemptFlags.Counted;
        return (Slab[index].Flags & (Needed | AttemptFlags.Leased)) == Needed;
    }

    /// <summary>
    /// Another silent attempt of its owner may make way. Who has too many of them is trusted no more: a quarter of all
    /// is the most that one alone can have. (A program without an owner is bounded by what it owes.)
    /// </summary>
    private bool MayOverstay(in FairProgram program) =>
        program.Owner < 0 || OwnersLeft * _classes.OwnerOf(program).MadeWay < MostMadeWay - _madeWay;

    /// <summary>
    /// Every slot is taken, and some of the headroom by those who do not give it back soon: one makes way for somebody
    /// who may use it. Not where one comes back anyway within an instant.
    /// </summary>
    /// <returns>False: nobody waits for that, or nobody can.</returns>
    private bool TryMakeWay()
    {
        if (!_headroom.IsExceeded || !HasRoomToMakeWay || !(_turns.AnyPrivileged || (_mayProbe && NextOnProbation() >= 0)))
        {
            return false;
        }

        if (_probation >= 0)
        {
            Owe(_probation, AttemptFlags.MadeWay);
            return true;
        }

        if (!_late.IsEmpty && _headroom.ComesBackShortly(Slab[_late.Head].Since, State.Now))
        {
            return false;
        }

        while (_onTrust.TryDequeue(out var id))
        {
            if (Slab.IsCurrent(id) && MayMakeWay(id.Index))
            {
                Owe(id.Index, AttemptFlags.MadeWay);
                return true;
            }
        }

        return false;
    }

    private void CountMadeWay(in FairProgram program, int change)
    {
        _madeWay += change;
        _mayProbe |= change < 0;
        if (program.Owner >= 0)
        {
            _classes.OwnerOf(program).MadeWay += change;
        }
    }
}
