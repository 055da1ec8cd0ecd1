using HalfOpen.Wire.Packets;

namespace HalfOpen.Lab.Link;

/// <summary>What the router between the machine and the internet is made of. Immutable.</summary>
/// <param name="Capacity">Entries; a SYN that finds the table full is lost.</param>
/// <param name="SilentFor">How long an entry of an unanswered SYN stays after the last SYN: 120 s, each SYN anew, in
/// Linux before 5.14, which most home routers run (since commit e15d4cdf27cb a repeated SYN renews nothing).</param>
/// <param name="ClosedFor">How long an entry stays after its connection was closed or refused (Linux conntrack: 10
/// s).</param>
public sealed record RouterOptions(int Capacity, TimeSpan SilentFor, TimeSpan ClosedFor);

/// <summary>
/// The bounded connection table of a home router: an entry from the first SYN until some time after the connection
/// ended, because the router does not know that a program has given up. Not thread-safe.
/// </summary>
internal sealed class RouterTable(RouterOptions options, long ticksPerSecond)
{
    private readonly Dictionary<ulong, RouterEntry> _entries = [];
    private readonly PriorityQueue<ulong, long> _expiries = new();
    private readonly long _silent = (long)(options.SilentFor.TotalSeconds * ticksPerSecond);
    private readonly long _closed = (long)(options.ClosedFor.TotalSeconds * ticksPerSecond);

    public int Count => _entries.Count;

    public int MaxCount { get; private set; }

    /// <summary>SYNs that found the table full and went nowhere.</summary>
    public long Dropped { get; private set; }

    /// <summary>A packet from the machine; false: the router drops it.</summary>
    public bool Outbound(ulong flow, TcpFlags flags, long now)
    {
        Expire(now);
        if (!_entries.TryGetValue(flow, out var entry))
        {
            var opens = (flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst)) == TcpFlags.Syn;
            if (!opens)
            {
                return (flags & TcpFlags.Rst) != TcpFlags.None; // late resets of forgotten connections pass and make no entry
            }

            if (_entries.Count >= options.Capacity)
            {
                Dropped++;
                return false;
            }

            Put(flow, new RouterEntry(IsOpen: false, now + _silent));
            MaxCount = Math.Max(MaxCount, _entries.Count);
            return true;
        }

        if ((flags & (TcpFlags.Rst | TcpFlags.Fin)) != TcpFlags.None)
        {
            Put(flow, new RouterEntry(IsOpen: false, now + _closed));
        }
        else if ((flags & TcpFlags.Syn) != TcpFlags.None && !entry.IsOpen)
        {
            Put(flow, new RouterEntry(IsOpen: false, now + _silent));
        }

        return true;
    }

    /// <summary>A packet from the internet; false: nobody asked for it.</summary>
    public bool Inbound(ulong flow, TcpFlags flags, long now)
    {
        Expire(now);
        if (!_entries.TryGetValue(flow, out var entry))
        {
            return false;
        }

        if ((flags & (TcpFlags.Rst | TcpFlags.Fin)) != TcpFlags.None)
        {
            Put(flow, new RouterEntry(IsOpen: false, now + _closed));
        }
        else if ((flags & TcpFlags.Syn) != TcpFlags.None && !entry.IsOpen)
        {
            _entries[flow] = new RouterEntry(IsOpen: true, long.MaxValue);
        }

        return true;
    }

    private void Put(ulong flow, RouterEntry entry)
    {
        _entries[flow] = entry;
        _expiries.Enqueue(flow, entry.Expires);
    }

    /// <summary>An entry that was prolonged has another place further back in the queue.</summary>
    private void Expire(long now)
    {
        while (_expiries.TryPeek(out var flow, out var due) && due <= now)
        {
            _expiries.Dequeue();
            if (_entries.TryGetValue(flow, out var entry) && entry.Expires <= now)
            {
                _entries.Remove(flow);
            }
        }
    }

    private readonly record struct RouterEntry(bool IsOpen, long Expires);
}
