using HalfOpen.Core.Queueing;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// What fair knows of addresses: who answered lately, who is being tried, who waits for that trial. Entries that are
/// only memory are kept in the order of their last use and bounded; entries in use are as many as attempts in flight.
/// </summary>
internal sealed class KnownDestinations(FairOptions options, ulong seed)
{
    /// <summary>Attempts that may go without a slot to a host that answered once (TCP's own: RFC 6928).</summary>
    private const ushort FirstWindow = 10;
    private readonly DestinationTable _table = new(seed, FirstWindow);
    private int _newest = -1;
    private int _oldest = -1;
    private int _idle;

    public int Count => _table.Count;

    public ref DestinationEntry this[int entry] => ref _table[entry];

    public int Find(UInt128 address) => _table.Find(address);

    public bool IsKnown(int entry, long now) => options.KnownDestinations && _table[entry].AnsweredAt > now - options.KnownFor.Ticks;

    /// <summary>
    /// One more attempt may go to it without a slot. The window grows by one with each answer to such an attempt, as
    /// TCP's does in slow start, and is halved by each that stays silent: what a host that falls silent leaves behind
    /// is no more than what it answered before.
    /// </summary>
    public bool HasRoom(int entry) => _table[entry].Beyond < _table[entry].Window;

    /// <summary>It answered.</summary>
    /// <param name="beyond">An attempt that held no slot.</param>
    public void Answered(int entry, bool beyond, long now)
    {
        ref var e = ref _table[entry];
        e.AnsweredAt = now;
        e.HasAnswered = true;
        if (beyond && e.Window < ushort.MaxValue)
        {
            e.Window++;
        }
    }

    /// <summary>It did not answer one that held no slot: it is no longer known to.</summary>
    public void FellSilent(int entry)
    {
        ref var e = ref _table[entry];
        e.AnsweredAt = long.MinValue;
        e.Window = (ushort)Math.Max(1, e.Window / 2);
    }

    /// <summary>The entry, in use: the caller will count something on it before <see cref="Rest"/>.</summary>
    public int Use(int entry)
    {
        if (_table[entry].Linked)
        {
            Unlink(entry);
        }

        return entry;
    }

    /// <summary>As <see cref="Use"/>, for an address that has no entry.</summary>
    public int Add(UInt128 address) => _table.Add(address);

    /// <summary>Nothing is counted on it any more, perhaps: then it becomes memory, or nothing.</summary>
    public void Rest(int entry, long now)
    {
        if (!_table[entry].IsIdle || _table[entry].Linked)
        {
            return;
        }

        if (!IsKnown(entry, now))
        {
            _table.Remove(entry);
            return;
        }

        Link(entry);
        while (_idle > options.MaxKnownDestinations || !IsKnown(_oldest, now))
        {
            var oldest = _oldest;
            Unlink(oldest);
            _table.Remove(oldest);
        }
    }

    /// <summary>An open connection ended: its other end was there until now.</summary>
    public void Closed(UInt128 address, long now)
    {
        var entry = _table.Find(address);
        if (entry < 0 || _table[entry].Open == 0)
        {
            return;
        }

        _table[entry].Open--;
        _table[entry].AnsweredAt = now;
        if (_table[entry].Linked)
        {
            Unlink(entry);
            Rest(entry, now);
        }
    }

    private void Link(int entry)
    {
        ref var e = ref _table[entry];
        e.Linked = true;
        e.Older = _newest;
        e.Newer = -1;
        if (_newest >= 0)
        {
            _table[_newest].Newer = entry;
        }
        else
        {
            _oldest = entry;
        }

        _newest = entry;
        _idle++;
    }

    private void Unlink(int entry)
    {
        ref var e = ref _table[entry];
        e.Linked = false;
        if (e.Older >= 0)
        {
            _table[e.Older].Newer = e.Newer;
        }
        else
        {
            _oldest = e.Newer;
        }

        if (e.Newer >= 0)
        {
            _table[e.Newer].Older = e.Older;
        }
        else
        {
            _newest = e.Older;
        }

        _idle--;
    }
}
