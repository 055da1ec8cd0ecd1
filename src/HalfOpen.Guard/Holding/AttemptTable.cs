using System.Numerics;
using System.Runtime.CompilerServices;
using HalfOpen.Core;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Holding;

/// <summary>Where an attempt is between its socket's connect() and the end of its connection.</summary>
internal enum Stage : byte
{
    Free,

    /// <summary>
    /// BPF said that a socket connects; its SYN has not come out of the queue (and never will when a rule exempts it).
    /// </summary>
    Expected,

    /// <summary>We have its SYN.</summary>
    Held,

    /// <summary>Its SYN is out, no answer yet.</summary>
    Out,

    /// <summary>Its SYN is out and nobody counts it.</summary>
    Exempt,

    /// <summary>The socket was closed before its SYN came out of the queue: the SYN is to be dropped.</summary>
    Closed,

    /// <summary>Answered; the connection is open.</summary>
    Established,
}

/// <summary>One attempt as the guard knows it: what the engine does not need to know.</summary>
internal struct GuardedAttempt
{
    public Flow Flow;
    public AttemptId Attempt;
    public long Since;

    /// <summary>Its number in a recording.</summary>
    public long Number;
    public int Generation;
    public uint Sequence;
    public uint PacketId;
    public uint ProcessId;
    public uint UserId;
    public ProgramId Program;

    /// <summary>By whom it is counted while it waits, see <see cref="Tally"/>.</summary>
    public long TallyKey;

    /// <summary>That its packets leave by; 0: not known.</summary>
    public uint Interface;
    public int SeenByDump;

    /// <summary>Its socket's, where it started on a leased slot; 0: it did not.</summary>
    public ulong LeaseCookie;
    public int NextInBucket;
    public int Next;
    public int Previous;
    public Stage Stage;
    public bool IsLocal;
    public bool SequenceKnown;
    public bool IsQueued;

    /// <summary>It is out, and its slot is in the lease: see <see cref="AttemptTable.FirstOnLease"/>.</summary>
    public bool IsOnLease;
}

/// <summary>
/// All attempts: found by flow, kept in one list per <see cref="Stage"/> in the order in which they came into it, so
/// that what is due first is at its head; those on lease in one of their own. Allocates only to grow. Not thread-safe.
/// </summary>
internal sealed class AttemptTable(ulong seed)
{
    private const int StageCount = 7;
    private const int OnLease = StageCount;
    private readonly int[] _heads = Filled(StageCount + 1);
    private readonly int[] _tails = Filled(StageCount + 1);
    private readonly int[] _counts = new int[StageCount];
    private GuardedAttempt[] _entries = new GuardedAttempt[1024];
    private int[] _buckets = Filled(1024);
    private int _used;
    private int _free = -1;

    /// <summary>Entries below this index may be in use.</summary>
    public int Used => _used;

    /// <summary>Entries in use.</summary>
    public int Count { get; private set; }

    public ref GuardedAttempt this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _entries[index];
    }

    public int CountOf(Stage stage) => _counts[(int)stage];

    /// <summary>The one that came into this stage first, or -1. Not among those on lease.</summary>
    public int First(Stage stage) => _heads[(int)stage];

    /// <summary>The one that went out on lease first and still is, or -1.</summary>
    public int FirstOnLease => _heads[OnLease];

    /// <summary>How many are out on lease.</summary>
    public int CountOnLease { get; private set; }

    /// <summary>Its index, or -1.</summary>
    public int Find(in Flow flow)
    {
        var index = _buckets[flow.Hash(seed) & (_buckets.Length - 1)];
        while (index >= 0 && _entries[index].Flow != flow)
        {
            index = _entries[index].NextInBucket;
        }

        return index;
    }

    /// <summary>
    /// A new entry for a flow that is not in the table. References into the table are stale after this.
    /// </summary>
    public int Add(in Flow flow, Stage stage, long now)
    {
        if (_free < 0 && _used == _entries.Length)
        {
            Grow();
        }

        int index;
        if (_free >= 0)
        {
            index = _free;
            _free = _entries[index].NextInBucket;
        }
        else
        {
            index = _used++;
        }

        var generation = _entries[index].Generation + 1;
        _entries[index] = new GuardedAttempt { Flow = flow, Generation = generation, Since = now };
        Hang(index);
        Count++;
        Append(index, stage);
        return index;
    }

    public void Move(int index, Stage stage, long now)
    {
        Unlink(index);
        _entries[index].Since = now;
        Append(index, stage);
    }

    /// <summary>Whether one that is out is among those on lease. It has been out as long as before.</summary>
    public void SetOnLease(int index, bool isOnLease)
    {
        Unlink(index);
        Append(index, Stage.Out, isOnLease);
    }

    public void Remove(int index)
    {
        Unlink(index);
        ref var entry = ref _entries[index];
        ref var place = ref _buckets[entry.Flow.Hash(seed) & (_buckets.Length - 1)];
        while (place != index)
        {
            place = ref _entries[place].NextInBucket;
        }

        place = entry.NextInBucket;
        entry.Stage = Stage.Free;
        entry.NextInBucket = _free;
        _free = index;
        Count--;
    }

    /// <summary>A word that names this entry even when its place is used again.</summary>
    public ulong TagOf(int index) => ((ulong)(uint)_entries[index].Generation << 32) | (uint)index;

    /// <summary>The entry of such a word; false when it is gone.</summary>
    public bool TryFromTag(ulong tag, out int index)
    {
        index = (int)(tag & int.MaxValue);
        return index < _used && _entries[index].Stage != Stage.Free && (uint)_entries[index].Generation == (uint)(tag >> 32);
    }

    private static int[] Filled(int length)
    {
        var array = new int[length];
        Array.Fill(array, -1);
        return array;
    }

    private void Append(int index, Stage stage, bool isOnLease = false)
    {
        ref var entry = ref _entries[index];
        entry.Stage = stage;
        entry.IsOnLease = isOnLease;
        CountOnLease += isOnLease ? 1 : 0;
        var list = isOnLease ? OnLease : (int)stage;
        entry.Next = -1;
        entry.Previous = _tails[list];
        if (entry.Previous >= 0)
        {
            _entries[entry.Previous].Next = index;
        }
        else
        {
            _heads[list] = index;
        }

        _tails[list] = index;
        _counts[(int)stage]++;
    }

    private void Unlink(int index)
    {
        ref var entry = ref _entries[index];
        var list = entry.IsOnLease ? OnLease : (int)entry.Stage;
        CountOnLease -= entry.IsOnLease ? 1 : 0;
        if (entry.Previous >= 0)
        {
            _entries[entry.Previous].Next = entry.Next;
        }
        else
        {
            _heads[list] = entry.Next;
        }

        if (entry.Next >= 0)
        {
            _entries[entry.Next].Previous = entry.Previous;
        }
        else
        {
            _tails[list] = entry.Previous;
        }

        _counts[(int)entry.Stage]--;
    }

    private void Hang(int index)
    {
        ref var bucket = ref _buckets[_entries[index].Flow.Hash(seed) & (_buckets.Length - 1)];
        _entries[index].NextInBucket = bucket;
        bucket = index;
    }

    private void Grow()
    {
        Array.Resize(ref _entries, _entries.Length * 2);
        _buckets = Filled((int)BitOperations.RoundUpToPowerOf2((uint)_entries.Length));
        for (var index = 0; index < _used; index++)
        {
            Hang(index);
        }
    }
}
