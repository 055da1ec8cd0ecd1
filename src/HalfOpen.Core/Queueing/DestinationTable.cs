namespace HalfOpen.Core.Queueing;

/// <summary>What a policy knows of one address: a route entry, in the words of the Windows driver. 64 bytes.</summary>
internal struct DestinationEntry
{
    public UInt128 Address;

    /// <summary>When it answered last; long.MinValue: never.</summary>
    public long AnsweredAt;
    public int HashNext;

    /// <summary>Links by last use, for what may be forgotten.</summary>
    public int Newer;
    public int Older;

    /// <summary>Connections to it that are open.</summary>
    public int Open;

    /// <summary>Half-open attempts to it that hold a slot.</summary>
    public int Counted;

    /// <summary>Half-open attempts to it, slot or not.</summary>
    public int HalfOpen;
    public AttemptList Parked;
    public int ParkedCount;

    /// <summary>
    /// How many attempts to it may be out without a slot: grows with its answers and shrinks with its silence.
    /// </summary>
    public ushort Window;
    private Marks _marks;

    [Flags]
    private enum Marks : byte
    {
        None = 0,
        Linked = 1,
        Promoted = 2,
        HasAnswered = 4,
    }

    /// <summary>
    /// It stands in the list by last use. Idle is not the same: an entry may be without attempts for a moment, between
    /// one that ended and the next that starts.
    /// </summary>
    public bool Linked
    {
        readonly get => Has(Marks.Linked);
        set => Mark(Marks.Linked, value);
    }

    /// <summary>One of those that were parked waits in its program's queue to try next.</summary>
    public bool Promoted
    {
        readonly get => Has(Marks.Promoted);
        set => Mark(Marks.Promoted, value);
    }

    /// <summary>It has answered since it stands here, whatever became of it.</summary>
    public bool HasAnswered
    {
        readonly get => Has(Marks.HasAnswered);
        set => Mark(Marks.HasAnswered, value);
    }

    /// <summary>Half-open attempts to it that hold no slot.</summary>
    public readonly int Beyond => HalfOpen - Counted;

    public readonly bool IsIdle => HalfOpen == 0 && ParkedCount == 0 && !Promoted;

    /// <summary>Field by field: what is written whole and read in parts at once makes the processor wait.</summary>
    public void Begin(UInt128 address, int hashNext, ushort window)
    {
        Address = address;
        AnsweredAt = long.MinValue;
        HashNext = hashNext;
        Newer = -1;
        Older = -1;
        Open = 0;
        Counted = 0;
        HalfOpen = 0;
        Parked = default;
        ParkedCount = 0;
        Window = window;
        _marks = Marks.None;
    }

    private readonly bool Has(Marks mark) => (_marks & mark) != Marks.None;

    private void Mark(Marks mark, bool on) => _marks = on ? _marks | mark : _marks & ~mark;
}

/// <summary>
/// Address → entry, chained hash over a slab so that an entry's index stays valid. The hash is seeded by the host, not
/// by the process: the order of decisions never depends on it. Grows as needed; who keeps it bounded is its owner,
/// through <see cref="Remove"/>.
/// </summary>
/// <param name="seed">Of the hash.</param>
/// <param name="window">What a new entry's window begins with.</param>
internal sealed class DestinationTable(ulong seed, ushort window = 0)
{
    private DestinationEntry[] _entries = new DestinationEntry[64];
    private int[] _buckets = new int[64]; // entry + 1; 0: empty
    private int _used;
    private int _free = -1;

    public int Count { get; private set; }

    public ref DestinationEntry this[int index] => ref _entries[index];

    public int Find(UInt128 address)
    {
        for (var i = _buckets[Bucket(address)] - 1; i >= 0; i = _entries[i].HashNext)
        {
            if (_entries[i].Address == address)
            {
                return i;
            }
        }

        return -1;
    }

    public int FindOrAdd(UInt128 address)
    {
        var found = Find(address);
        return found >= 0 ? found : Add(address);
    }

    /// <summary>The address must not be in the table.</summary>
    public int Add(UInt128 address)
    {
        var index = _free;
        if (index >= 0)
        {
            _free = _entries[index].HashNext;
        }
        else
        {
            if (_used == _entries.Length)
            {
                Grow();
            }

            index = _used++;
        }

        var bucket = Bucket(address);
        _entries[index].Begin(address, _buckets[bucket] - 1, window);
        _buckets[bucket] = index + 1;
        Count++;
        return index;
    }

    public void Remove(int index)
    {
        var bucket = Bucket(_entries[index].Address);
        if (_buckets[bucket] - 1 == index)
        {
            _buckets[bucket] = _entries[index].HashNext + 1;
        }
        else
        {
            var i = _buckets[bucket] - 1;
            while (_entries[i].HashNext != index)
            {
                i = _entries[i].HashNext;
            }

            _entries[i].HashNext = _entries[index].HashNext;
        }

        _entries[index].HashNext = _free;
        _free = index;
        Count--;
    }

    private int Bucket(UInt128 address)
    {
        unchecked
        {
            // Two rounds of multiply and fold: the addresses of one /24 differ in few bits.
            var h = ((ulong)address ^ seed) * 0x9E3779B97F4A7C15UL;
            h = (h ^ (h >> 32) ^ (ulong)(address >> 64)) * 0xD6E8FEB86659FD93UL;
            return (int)(h >> 32) & (_buckets.Length - 1);
        }
    }

    private void Grow()
    {
        Array.Resize(ref _entries, _entries.Length * 2);
        _buckets = new int[_entries.Length];
        for (var i = 0; i < _used; i++)
        {
            var bucket = Bucket(_entries[i].Address);
            _entries[i].HashNext = _buckets[bucket] - 1;
            _buckets[bucket] = i + 1;
        }
    }
}
