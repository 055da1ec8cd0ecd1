using HalfOpen.Core.Attempts;

namespace HalfOpen.Core;

/// <summary>
/// Slots out on lease. While slots are plenty, somebody nearer to the programs (the kernel) may give out slots that the
/// engine leased to it, without asking. The host tells of each attempt that began so, at the latest before it asks the
/// engine anything that matters: <see cref="AdoptLeased"/>, then <see cref="Complete"/> as for any other.
/// <list type="number">
/// <item>A leased slot is nobody else's: <see cref="Counted"/> and <see cref="Leased"/> together stay within the limit
/// (for policies whose counted attempts alone do).</item>
/// <item>The slot of a leased attempt goes back to the lease when the attempt ends, not to the engine; the host takes
/// it from there (<see cref="EndLease"/>).</item>
/// <item>The host asks for <see cref="Leasable"/> whenever the engine has decided, and takes back what is above it. It
/// is 0 as soon as anything waits.</item>
/// </list>
/// </summary>
public sealed partial class Engine
{
    /// <summary>
    /// Slots out on lease that no counted attempt stands for: not taken; taken, but not told yet; or taken for a
    /// destination that is known to answer. 0 until <see cref="Lease"/>. Below 0 where the end of a leased attempt was
    /// never told and its slot was taken again: until the host finds out.
    /// </summary>
    public int Leased => _state.Leased;

    /// <summary>
    /// How many slots may be <see cref="Leased"/> now, in all: 0 and more; 0 while anything waits, and always for
    /// policies that must see each attempt before it starts.
    /// </summary>
    public int Leasable => _state.All.Waiting > 0 ? 0 : Math.Max(0, _policy.Leasable);

    /// <summary>Whether the policy in force ever leases slots out.</summary>
    public bool Leases => _policy.Leases;

    /// <summary>So many slots more are out on lease.</summary>
    /// <param name="slots">1 and more, at most <see cref="Leasable"/> less <see cref="Leased"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than that.</exception>
    public void Lease(int slots)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, Leasable - Leased);
        _state.Leased += slots;
    }

    /// <summary>So many slots have come back untaken; what waits may start on them.</summary>
    /// <param name="slots">1 and more, at most <see cref="Leased"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than were out.</exception>
    public void EndLease(int slots, Instant now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, Leased);
        AdvanceTo(now);
        _state.Leased -= slots;
        _policy.LeaseEnded();
    }

    /// <summary>An attempt has started on a leased slot; nothing is decided about it.</summary>
    /// <param name="now">When it did.</param>
    /// <exception cref="ArgumentException">As <see cref="Submit"/>.</exception>
    public AttemptId AdoptLeased(in AttemptRequest request, Instant now)
    {
        var program = Check(request);
        AdvanceTo(now);
        var index = _state.Create(request, program);
        _state.Slab[index].Flags |= AttemptFlags.Leased;
        _policy.AdoptLeased(index);
        return _state.Slab.IdOf(index);
    }

    /// <summary>
    /// Whether an attempt holds a slot. If one that has just been adopted from a lease does not, since it needs none
    /// (its destination is known to answer), the host takes its slot out of the lease where it can, and tells
    /// <see cref="Unlease"/>: as if it had asked.
    /// </summary>
    public bool NeedsSlot(AttemptId attempt) => _state.Slab.IsCurrent(attempt) && _state.Slab[attempt.Index].IsCounted;

    /// <summary>
    /// The slot of a leased attempt has been taken out of the lease while the attempt goes on: the attempt is as any
    /// other from now on.
    /// </summary>
    /// <returns>False, and nothing happened, when the id is stale or the attempt not leased.</returns>
    public bool Unlease(AttemptId attempt, Instant now)
    {
        AdvanceTo(now);
        if (!_state.Slab.IsCurrent(attempt) || !_state.Slab[attempt.Index].IsLeased)
        {
            return false;
        }

        ref var row = ref _state.Slab[attempt.Index];
        row.Flags &= ~AttemptFlags.Leased;
        if (!row.IsCounted)
        {
            _state.Leased--;
            _policy.LeaseEnded();
        }
        else
        {
            _policy.Unleased(attempt.Index);
        }

        return true;
    }
}
