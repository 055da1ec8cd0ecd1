using HalfOpen.Core;
using HalfOpen.Guard.Leases;
using HalfOpen.Hosting.Leases;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Holding;

/// <summary>
/// Slots on lease to the kernel (docs/decisions/0056). Around everything that makes the engine decide:
/// <see cref="CloseLease"/>, then the outcomes, then <see cref="TakeLeaseBack"/>; at the end <see cref="RenewLease"/>.
/// </summary>
internal sealed partial class Holder
{
    /// <summary>
    /// What is out for as long as this is silent, and the policy may want its slot: a first answer mostly takes less,
    /// and the kernel sends the SYN again now. So from here on it is as if it had been asked for.
    /// </summary>
    private static readonly long LeaseTicks = TimeSpan.TicksPerSecond;

    private ILeasedSlots? _slots;
    private LeaseKeeper? _leases;

    /// <summary>Compares leases with the kernel's sockets; null without leases.</summary>
    public LeaseSweep? Sweep { get; private set; }

    /// <summary>Slots that the kernel may give out by itself now.</summary>
    public int LeasedFree => _slots?.Free ?? 0;

    /// <summary>
    /// When the next attempt leaves the lease. Its slot matters to nobody while nothing waits: then it leaves when
    /// something else wakes the guard, at the latest the next comparison with the kernel.
    /// </summary>
    private long LeaseDue => _table.FirstOnLease is var index and >= 0 && Waits ? _table[index].Since + LeaseTicks : long.MaxValue;

    /// <summary>From now on slots are leased out while they are plenty: rules let leased SYNs pass.</summary>
    public void LeaseTo(ILeasedSlots slots)
    {
        _slots = slots;
        _leases = new LeaseKeeper(_engine, slots, slots.Most);
        Sweep = new LeaseSweep(this, slots);
    }

    /// <summary>Nothing more starts on the lease.</summary>
    public void CloseLease() => _leases?.Close();

    /// <summary>What nobody has taken is the engine's again; what waits may start.</summary>
    public void TakeLeaseBack()
    {
        if (_leases is not null)
        {
            _leases.TakeBack(_now);
            Carry();
        }
    }

    /// <summary>What nobody needs is leased out.</summary>
    public void RenewLease() => RenewLeaseBut(0);

    /// <summary>
    /// Before so many attempts are decided about, as many slots are kept: where there are that many nobody has to wait,
    /// and it may be open meanwhile. Closed for each batch, it would be closed for good: what comes while it is closed
    /// is the next batch.
    /// </summary>
    public void RenewLeaseBut(int kept)
    {
        if (_leases is not null)
        {
            _leases.Renew(_now, kept);
            Carry();
        }
    }

    /// <inheritdoc/>
    public void StartedOnLease(in Flow flow, uint processId, uint userId, ulong cookie)
    {
        var index = _table.Find(flow);
        if (index >= 0)
        {
            Forget(index, Outcome.Cancelled);
        }

        if (flow.IsLoopback && !_options.GuardLoopback)
        {
            LeaveLease(cookie);
            return;
        }

        // An MPTCP subflow, or a process that our PID namespace hides: it may be found by its socket.
        var origin = processId == 0 && _sockets.TryFind(flow, 0, out var socket)
            ? _origins.OfSocket(socket.Inode, socket.CgroupId, userId, _now.Ticks)
            : _origins.OfProcess(processId, userId, _now.Ticks);
        index = _table.Add(flow, Stage.Out, _now.Ticks);
        ref var entry = ref _table[index];
        entry.ProcessId = processId;
        entry.UserId = userId;
        entry.IsLocal = true;
        entry.LeaseCookie = cookie;
        if (!_exemptions.IsEmpty
            && (_exemptions.CoversFlow(flow) || _exemptions.CoversUser(userId) || _exemptions.CoversOrigin(origin)))
        {
            Counters.Exempt++;
            LeaveLease(cookie);
            _table.Move(index, Stage.Exempt, _now.Ticks);
            Bound(Stage.Exempt, MaxExpected);
            return;
        }

        Counters.OnLease++;
        Belongs(ref entry, origin);
        entry.Attempt = _events.AdoptLeased(RequestOf(index), _now, out entry.Number);
        if (!_engine.NeedsSlot(entry.Attempt) && _slots?.TakeOut(cookie) == true)
        {
            entry.LeaseCookie = 0;
            _engine.Unlease(entry.Attempt, _now);
        }
        else
        {
            _table.SetOnLease(index, true);
        }

        Carry();
    }

    /// <summary>
    /// Attempts that have been out for long leave the lease, the oldest first; before the engine knows that it is so
    /// late, since its policy may look at them just then. The socket may return its slot in the same instant: who
    /// removes the token has the slot, and of a returned one we shall read.
    /// </summary>
    private void EndOldLeases()
    {
        while (_table.FirstOnLease is var index and >= 0 && _now.Ticks - _table[index].Since >= LeaseTicks)
        {
            ref var entry = ref _table[index];
            _table.SetOnLease(index, false);
            if (_slots?.TakeOut(entry.LeaseCookie) == true)
            {
                entry.LeaseCookie = 0;
                _engine.Unlease(entry.Attempt, _engine.Now);
                Carry();
            }
        }
    }

    /// <summary>A slot whose holder has gone without returning it has been taken out of the lease.</summary>
    public void FoundLeased(ulong cookie)
    {
        Counters.SlotsRecovered++;
        for (var index = _table.FirstOnLease; index >= 0; index = _table[index].Next)
        {
            if (_table[index].LeaseCookie == cookie)
            {
                _table[index].LeaseCookie = 0;
                _table.SetOnLease(index, false);
                _engine.Unlease(_table[index].Attempt, _now);
                Carry();
                return;
            }
        }

        EndLease();
    }

    /// <summary>It took a slot that it need not have.</summary>
    private void LeaveLease(ulong cookie)
    {
        if (_slots?.TakeOut(cookie) == true)
        {
            EndLease();
        }
    }

    private void EndLease()
    {
        if (_engine.Leased > 0)
        {
            _engine.EndLease(1, _now);
            Carry();
        }
    }
}
