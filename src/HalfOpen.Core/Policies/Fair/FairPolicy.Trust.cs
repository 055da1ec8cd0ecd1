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

    /// <summary>What an owner has of them, the others together may have so often, and he leaves as much again.</summary>
    private const int OwnersLeft = 3;

    private int _madeWay;

    // A late attempt may have started on trust: looked for when it is needed, and not twice in vain.
    private bool _mayMakeWay;

    private int MostMadeWay => MadeWayPerSlot * State.WholeLimit;

    private bool HasRoomToMakeWay => _madeWay < MostMadeWay && _beyond.HasRoom;

    /// <summary>It is on its own now: it may make way as any other.</summary>
    public override void Unleased(int index)
    {
        _mayMakeWay |= IsLateOnTrust(index);
        Schedule();
    }

    private bool IsLateOnTrust(int index) =>
        (Slab[index].Flags & (AttemptFlags.Trusted | AttemptFlags.Late)) == (AttemptFlags.Trusted | AttemptFlags.Late);

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
        if (!_mayMakeWay || _late.IsEmpty || !_turns.AnyPrivileged || !_headroom.IsExceeded || !HasRoomToMakeWay
            || _headroom.ComesBackShortly(Slab[_late.Head].Since, State.Now))
        {
            return false;
        }

        for (var index = _late.Head; index >= 0; index = Slab[index].Next)
        {
            if (IsLateOnTrust(index) && !Slab[index].IsLeased)
            {
                Owe(index, AttemptFlags.MadeWay);
                return true;
            }
        }

        _mayMakeWay = false;
        return false;
    }

    private void CountMadeWay(in FairProgram program, int change)
    {
        _madeWay += change;
        if (program.Owner >= 0)
        {
            _classes.OwnerOf(program).MadeWay += change;
        }
    }
}
