using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>What fair leases out, and what becomes of attempts that start on a lease.</summary>
internal sealed partial class FairPolicy
{
    /// <summary>Not under a NAT budget, which only we keep.</summary>
    public override bool Leases => _nat is null;

    /// <summary>
    /// Who takes a leased slot may be silent and keep it: so no more is leased than such a program, and an owner with
    /// many, could have at once while nothing is short, all to one destination: half (<see cref="SlotsArePlenty"/>).
    /// The headroom stays here.
    /// </summary>
    public override int Leasable => Leases && _turns.IsEmpty && _headroom.IsFar
        ? Math.Min(State.WholeLimit / 2, State.WholeLimit - _headroom.Trial) - State.All.Counted : 0;

    /// <summary>
    /// The same books as for one that starts here at once. Its destination may be known: then its slot is not counted
    /// as held by its program, as if it had none; it stays out on lease until the host takes it back, or the attempt
    /// ends or becomes late. More to one destination than may go without a slot hold theirs.
    /// </summary>
    public override void AdoptLeased(int index)
    {
        ref var attempt = ref Slab[index];
        attempt.Class = _classes.Find(attempt, State.Programs, State.Now);
        var entry = _known.Find(attempt.Address);
        var isKnown = entry >= 0 && _known.IsKnown(entry, State.Now) && _known[entry].Counted == 0
            && MayGoBeyond(attempt.Program, entry);
        ref var row = ref _classes[attempt.Class];
        if (!isKnown)
        {
            NeedHeadroom(wanted: row.IsBrief && row.Held < _headroom.Trial);
            if (row.IsBrief)
            {
                attempt.Flags |= AttemptFlags.Trusted;
                _headroom.BriefStarted(State.Now);
            }
        }

        row.Queue.Pass();
        State.StartAdopted(index, counted: !isKnown);
        Begin(index, entry);
        TakeTurn(ref row);
    }

    public override void LeaseEnded() => Schedule();
}
