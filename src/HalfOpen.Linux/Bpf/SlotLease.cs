namespace HalfOpen.Linux.Bpf;

/// <summary>
/// Slots that our BPF program gives out by itself: a socket that connects takes one if there is one, sends its SYN with
/// <see cref="Priority"/> so that a rule can let it pass, and gives it back when it leaves SYN-SENT. All in memory that
/// is shared with the program: no system call. One thread.
/// </summary>
public sealed class SlotLease
{
    /// <summary>As many can be taken at once.</summary>
    public const int Most = SharedValue.TokenCount;

    /// <summary>
    /// SO_PRIORITY of a socket while it holds a leased slot. Only privileged programs can set it; queueing disciplines
    /// take it for 0 (its low bits), unless one has the handle 4226:.
    /// </summary>
    public const uint Priority = 0x4226_0000;

    private readonly SharedValue _shared;

    internal SlotLease(SharedValue shared) => _shared = shared;

    /// <summary>Whether slots may be taken, also those that are returned. Default no.</summary>
    public bool IsOpen
    {
        set => Interlocked.Exchange(ref _shared.Number32(SharedValue.OpenOffset), value ? 1 : 0);
    }

    /// <summary>Sockets with this SO_MARK take no slot; 0 (default): none is exempt.</summary>
    public uint ExemptMark
    {
        set => Volatile.Write(ref _shared.Number32(SharedValue.MarkOffset), unchecked((int)value));
    }

    /// <summary>Connections within this machine take slots, too; default no.</summary>
    public bool GovernsLoopback
    {
        set => Volatile.Write(ref _shared.Number32(SharedValue.LoopbackOffset), value ? 1 : 0);
    }

    /// <summary>Slots that nobody has taken.</summary>
    public int Free => (int)Math.Clamp(Volatile.Read(ref _shared.Free), 0, Most);

    /// <summary>So many slots more may be taken.</summary>
    public void Add(int slots)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slots);
        Interlocked.Add(ref _shared.Free, slots);
    }

    /// <summary>Takes slots back that nobody has taken, at most so many.</summary>
    /// <returns>How many.</returns>
    public int TakeBack(int most)
    {
        while (true)
        {
            var free = Volatile.Read(ref _shared.Free);
            var slots = Math.Min(free, most);
            if (slots <= 0)
            {
                return 0;
            }

            if (Interlocked.CompareExchange(ref _shared.Free, free - slots, free) == free)
            {
                return (int)slots;
            }
        }
    }

    /// <summary>The slot that a socket holds is ours from now on: it will not return it.</summary>
    /// <returns>False: it holds none, it may just have returned it.</returns>
    public bool TakeOut(ulong cookie)
    {
        if (cookie == 0)
        {
            return false;
        }

        ref var token = ref _shared.Tokens[(int)(cookie % SharedValue.TokenCount)];
        return Volatile.Read(ref token) == cookie && Interlocked.CompareExchange(ref token, 0, cookie) == cookie;
    }

    /// <summary>The cookies of all sockets that hold a slot.</summary>
    public void CopyHolders(ICollection<ulong> to)
    {
        foreach (ref var token in _shared.Tokens)
        {
            if (Volatile.Read(ref token) is var cookie and not 0)
            {
                to.Add(cookie);
            }
        }
    }
}
