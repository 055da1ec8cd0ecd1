namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Members by how little they hold, then by who was served longest ago: the first is at hand. A binary heap, for a
/// <see cref="RankTable"/> to keep. Mutable struct: never copy.
/// </summary>
internal struct RankList
{
    private Standing[]? _heap;

    public int Count { get; private set; }

    /// <summary>Only while there is one.</summary>
    public readonly int First => _heap![0].Member;

    /// <summary>What it is ranked by; only while there is one.</summary>
    public readonly ref readonly Standing Best => ref _heap![0];

    /// <summary>Those that are in it, from the first.</summary>
    public readonly Span<Standing> All => _heap.AsSpan(0, Count);

    /// <summary>Room for one more, the last.</summary>
    public void Append()
    {
        if (_heap is null || Count == _heap.Length)
        {
            Array.Resize(ref _heap, Math.Max(1, Count * 2));
        }

        Count++;
    }

    public Standing TakeLast() => _heap![--Count];
}

/// <summary>What a member is ranked by. It stands in the heap itself: a comparison looks at two neighbours.</summary>
/// <param name="key">What it holds: the least first.</param>
/// <param name="served">Its last turn, the earliest first; 0: none yet.</param>
internal readonly struct Standing(long key, int member, long served)
{
    public readonly int Member = member;
    private readonly long _key = key;

    // Of those that had no turn the lower index is first: so no two are equal.
    private readonly long _tie = served == 0 ? member : served + int.MaxValue;

    private bool HadNoTurn => _tie <= int.MaxValue;

    /// <summary>
    /// Without a branch: who is before whom is a coin's toss to the processor, and a wrong guess costs more than all
    /// comparisons.
    /// </summary>
    public bool IsBefore(in Standing other) => (_key < other._key) | ((_key == other._key) & (_tie < other._tie));

    public bool IsSame(in Standing other) => _key == other._key && _tie == other._tie;

    /// <summary>Of two of different tables; the first of equals.</summary>
    public bool IsBeforeOther(in Standing other) => _key != other._key ? _key < other._key : HadNoTurn || _tie <= other._tie;
}

/// <summary>
/// Where members stand in their lists, so that any of them can be moved. A member is in one list at most; the size of a
/// list is the number of those that wait, not of attempts.
/// </summary>
internal sealed class RankTable
{
    private int[] _places = new int[16]; // + 1; 0: in no list

    /// <summary>Members that stand in a list.</summary>
    public int Count { get; private set; }

    public void Set(ref RankList list, int member, long key, long served)
    {
        if (member >= _places.Length)
        {
            Array.Resize(ref _places, Math.Max(member + 1, _places.Length * 2));
        }

        var standing = new Standing(key, member, served);
        var at = _places[member] - 1;
        if (at < 0)
        {
            Count++;
            list.Append();
            Rise(list.All, list.Count - 1, standing);
            return;
        }

        if (!standing.IsSame(list.All[at]))
        {
            Move(list.All, at, standing);
        }
    }

    public void Remove(ref RankList list, int member)
    {
        if (member >= _places.Length || _places[member] == 0)
        {
            return;
        }

        var at = _places[member] - 1;
        _places[member] = 0;
        Count--;
        var last = list.TakeLast();
        if (at < list.Count)
        {
            Move(list.All, at, last);
        }
    }

    /// <summary>To where it belongs, from where it may stand too low or too high.</summary>
    private void Move(Span<Standing> heap, int at, in Standing standing)
    {
        if (at > 0 && standing.IsBefore(heap[(at - 1) >> 1]))
        {
            Rise(heap, at, standing);
        }
        else
        {
            Sink(heap, at, standing);
        }
    }

    private void Rise(Span<Standing> heap, int at, Standing standing)
    {
        while (at > 0)
        {
            var parent = (at - 1) >> 1;
            if (!standing.IsBefore(heap[parent]))
            {
                break;
            }

            Put(heap, at, heap[parent]);
            at = parent;
        }

        Put(heap, at, standing);
    }

    private void Sink(Span<Standing> heap, int at, Standing standing)
    {
        for (var child = (at << 1) + 1; child < heap.Length; child = (at << 1) + 1)
        {
            if (child + 1 < heap.Length)
            {
                child += heap[child + 1].IsBefore(heap[child]) ? 1 : 0;
            }

            if (!heap[child].IsBefore(standing))
            {
                break;
            }

            Put(heap, at, heap[child]);
            at = child;
        }

        Put(heap, at, standing);
    }

    private void Put(Span<Standing> heap, int at, in Standing standing)
    {
        heap[at] = standing;
        _places[standing.Member] = at + 1;
    }
}
