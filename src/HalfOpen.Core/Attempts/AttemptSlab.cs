using System.Runtime.CompilerServices;

namespace HalfOpen.Core.Attempts;

internal enum AttemptState : byte
{
    Free,
    Queued,

    /// <summary>Waits for the outcome of another attempt to the same destination.</summary>
    Parked,
    Started,

    /// <summary>Ended for its host, but its slot is not free yet.</summary>
    Cooling,
}

[Flags]
internal enum AttemptFlags : byte
{
    None = 0,

    /// <summary>Holds a slot.</summary>
    Counted = 1,

    /// <summary>Silent for longer than handshakes take.</summary>
    Late = 2,

    /// <summary>Waits at the head of its queue to try a destination on behalf of others that are parked.</summary>
    Promoted = 4,

    /// <summary>It started on a slot that the engine had leased out, and gives it back there.</summary>
    Leased = 8,

    /// <summary>It was half-open already when the host found it.</summary>
    Adopted = 16,

    /// <summary>
    /// Half-open beyond the limit, and not because this engine let it: adopted, or the limit was lowered.
    /// </summary>
    Excess = 32,

    /// <summary>
    /// It got a slot of the headroom, or might have: as one of those who give it back soon, or on loan.
    /// </summary>
    Trusted = 64,

    /// <summary>It stayed silent then and made way: it is out without a slot.</summary>
    MadeWay = 128,
}

/// <summary>
/// One attempt: 64 bytes, one cache line. With a million waiting, a line fetched is what an event costs, so fields that
/// are never needed together share a place (see the comments).
/// </summary>
internal struct Attempt
{
    public UInt128 Address;

    /// <summary>Queued: when it was submitted. Started: when it started. Cooling: when its slot is free.</summary>
    public long Since;
    public ulong Tag;

    /// <summary>
    /// Links of the one list it is in: a queue, a parking list, or a list of started attempts by age.
    /// </summary>
    public int Next;
    public int Previous;
    public int Program;
    public int Generation;

    /// <summary>Policy's sub-class of the program (fair only).</summary>
    public int Class;

    /// <summary>Place in the heap of deadlines, or -1.</summary>
    public int Heap;

    /// <summary>Parked or started: entry in the policy's destination table, or -1.</summary>
    public int Entry;
    public ushort Port;
    public AttemptFlags Flags;

    private byte _packed; // state: bits 0-2, priority: bits 3-4, list: bits 5-7

    public AttemptState State
    {
        readonly get => (AttemptState)(_packed & 7);
        set => _packed = (byte)((_packed & ~7) | (int)value);
    }

    public int Priority
    {
        readonly get => (_packed >> 3) & 3;
        set => _packed = (byte)((_packed & ~0x18) | (value << 3));
    }

    /// <summary>Which list it is in, 0 to 7; private to the policy.</summary>
    public int List
    {
        readonly get => _packed >> 5;
        set => _packed = (byte)((_packed & 0x1F) | (value << 5));
    }

    public readonly bool IsCounted => (Flags & AttemptFlags.Counted) != AttemptFlags.None;

    public readonly bool IsLeased => (Flags & AttemptFlags.Leased) != AttemptFlags.None;
}

/// <summary>
/// All attempts in one array. A place is used again after its attempt ended; its generation tells old ids from new
/// ones.
/// </summary>
internal sealed class AttemptSlab
{
    private Attempt[] _items = new Attempt[64];
    private int _used;
    private int _free = -1;

    public ref Attempt this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _items[index];
    }

    public int Used => _used;

    public int Rent()
    {
        var index = _free;
        if (index >= 0)
        {
            _free = _items[index].Next;
            return index;
        }

        if (_used == _items.Length)
        {
            Array.Resize(ref _items, _items.Length * 2);
        }

        index = _used++;
        _items[index].Generation = 1;
        return index;
    }

    /// <summary>From here on the attempt's id is stale.</summary>
    public void Retire(int index)
    {
        ref var attempt = ref _items[index];
        attempt.Generation = attempt.Generation == int.MaxValue ? 1 : attempt.Generation + 1;
    }

    public void Return(int index)
    {
        ref var attempt = ref _items[index];
        attempt.State = AttemptState.Free;
        attempt.Next = _free;
        _free = index;
    }

    public AttemptId IdOf(int index) => new(index, _items[index].Generation);

    public bool IsCurrent(AttemptId id) =>
        (uint)id.Index < (uint)_used && _items[id.Index].Generation == id.Generation && id.Generation != 0
        && _items[id.Index].State is not (AttemptState.Free or AttemptState.Cooling);
}
