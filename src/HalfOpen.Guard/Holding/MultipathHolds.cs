namespace HalfOpen.Guard.Holding;

/// <summary>
/// The held MPTCP SYNs, in the order in which the kernel would lose patience: after a few of its own retries it takes
/// MPTCP for blocked on the way, and if the connection then succeeds without, it switches MPTCP off for everybody, for
/// an hour (net.mptcp.blackhole_timeout). So one that waits goes out before, over the limit, and counted; but only a
/// few at once, or MPTCP would be the way around the limit. Told the time; not thread-safe.
/// </summary>
internal sealed class MultipathHolds(AttemptTable table)
{
    private readonly Queue<(ulong Tag, long Due)> _held = [];
    private readonly List<ulong> _out = [];

    /// <summary>When the next one must be looked at.</summary>
    public long NextDue => _held.TryPeek(out var first) ? first.Due : long.MaxValue;

    /// <summary>An MPTCP SYN is held from now on.</summary>
    public void Add(ulong tag, long due) => _held.Enqueue((tag, due));

    /// <summary>The next one that is due and still held; false: none.</summary>
    public bool TryTake(long now, out int index)
    {
        while (_held.TryPeek(out var first) && first.Due <= now)
        {
            _held.Dequeue();
            if (table.TryFromTag(first.Tag, out index) && table[index].Stage == Stage.Held)
            {
                return true;
            }
        }

        index = -1;
        return false;
    }

    /// <summary>Whether one more may be out over the limit, beside those that are, and if so counts it.</summary>
    /// <param name="index">Of the one.</param>
    /// <param name="limit">Of the guard: a tenth of it, and at least one.</param>
    public bool TryPass(int index, int limit)
    {
        _out.RemoveAll(tag => !table.TryFromTag(tag, out var other) || table[other].Stage != Stage.Out);
        if (_out.Count >= Math.Max(1, limit / 10))
        {
            return false;
        }

        _out.Add(table.TagOf(index));
        return true;
    }
}
