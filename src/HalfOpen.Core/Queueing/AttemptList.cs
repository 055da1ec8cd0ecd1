using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Queueing;

/// <summary>
/// A doubly linked list through the attempts themselves: every operation costs the same, whatever its length. Mutable
/// struct: never copy.
/// </summary>
internal struct AttemptList
{
    // Stored + 1, so that default(AttemptList) is an empty list and arrays of lists need no loop to begin with.
    private int _head;
    private int _tail;

    public readonly int Head => _head - 1;

    public readonly int Tail => _tail - 1;

    public readonly bool IsEmpty => _head == 0;

    public void AddLast(AttemptSlab slab, int index)
    {
        ref var attempt = ref slab[index];
        attempt.Next = -1;
        attempt.Previous = _tail - 1;
        if (_tail == 0)
        {
            _head = index + 1;
        }
        else
        {
            slab[_tail - 1].Next = index;
        }

        _tail = index + 1;
    }

    public void AddFirst(AttemptSlab slab, int index)
    {
        ref var attempt = ref slab[index];
        attempt.Previous = -1;
        attempt.Next = _head - 1;
        if (_head == 0)
        {
            _tail = index + 1;
        }
        else
        {
            slab[_head - 1].Previous = index;
        }

        _head = index + 1;
    }

    public void Remove(AttemptSlab slab, int index)
    {
        ref var attempt = ref slab[index];
        if (attempt.Previous < 0)
        {
            _head = attempt.Next + 1;
        }
        else
        {
            slab[attempt.Previous].Next = attempt.Next;
        }

        if (attempt.Next < 0)
        {
            _tail = attempt.Previous + 1;
        }
        else
        {
            slab[attempt.Next].Previous = attempt.Previous;
        }
    }

    public int RemoveFirst(AttemptSlab slab)
    {
        var index = Head;
        Remove(slab, index);
        return index;
    }

    /// <summary>Appends all to a list of another kind, in order, and is empty then.</summary>
    public void MoveTo(AttemptSlab slab, List<int> target)
    {
        for (var index = Head; index >= 0; index = slab[index].Next)
        {
            target.Add(index);
        }

        this = default;
    }
}
