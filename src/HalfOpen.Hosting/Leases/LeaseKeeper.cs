using HalfOpen.Core;

namespace HalfOpen.Hosting.Leases;

/// <summary>
/// Leases slots of an engine out, and takes them back before the engine decides. The host's order, each time it wakes:
/// <list type="number">
/// <item><see cref="Close"/>: nobody starts unasked any more.</item>
/// <item>Tell the engine what has happened: attempts that began on the lease, and ends. Also those of attempts that
/// wait, before anything can start.</item>
/// <item><see cref="TakeBack"/>: all slots that are free are the engine's, also those of attempts that have just
/// ended.</item>
/// <item>Ask the engine for decisions, and carry them out.</item>
/// <item><see cref="Renew"/>: what nobody needs is leased out again.</item>
/// </list>
/// Then the engine decides as if there were no lease, but for slots that are in flight on it. Allocates nothing. Not
/// thread-safe: the thread that calls the engine.
/// </summary>
/// <param name="most">Slots that the leaseholder can keep books of; 0: none are leased.</param>
public sealed class LeaseKeeper(Engine engine, ILeaseholder holder, int most)
{
    private bool _isOpen;

    /// <summary>Slots may be taken unasked now.</summary>
    public bool IsOpen
    {
        get => _isOpen;
        private set
        {
            if (value != _isOpen)
            {
                holder.IsOpen = _isOpen = value;
            }
        }
    }

    /// <summary>Nothing is given out until <see cref="Renew"/>.</summary>
    public void Close() => IsOpen = false;

    /// <summary>
    /// All slots that nobody has taken come back, and nothing is given out until <see cref="Renew"/>. What waits may
    /// start: carry out what was decided.
    /// </summary>
    public void TakeBack(Instant now)
    {
        IsOpen = false;

        // No more than the engine knows to be out: the holder may have got slots back of attempts whose end we have not
        // told.
        var slots = engine.Leased <= 0 ? 0 : holder.TakeBack(engine.Leased);
        if (slots > 0)
        {
            engine.EndLease(slots, now);
        }
    }

    /// <summary>
    /// Leases out what may be, takes back what is too much; closed while anything waits. Taking back may let something
    /// start: carry out what was decided.
    /// </summary>
    /// <param name="kept">
    /// Slots that it might lease out and does not, for attempts that the engine is to decide about while the lease is
    /// open. As many as there are, and a reserve: then all of them start, and whoever starts unasked takes nothing from
    /// them. If one waits all the same, close at once and take back.
    /// </param>
    public void Renew(Instant now, int kept = 0)
    {
        var wanted = Math.Clamp(engine.Leasable - kept, 0, most);
        var more = wanted - engine.Leased;
        if (wanted == 0)
        {
            TakeBack(now);
            return;
        }

        if (more > 0)
        {
            engine.Lease(more);
            holder.Add(more);
        }
        else if (more < 0 && holder.TakeBack(-more) is var slots and > 0)
        {
            engine.EndLease(slots, now);
        }

        IsOpen = true;
    }
}
