using System.Runtime.CompilerServices;
using HalfOpen.Core.Attempts;
using HalfOpen.Core.Queueing;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// The attempts of one class that wait: first in first out by priority; what is nearly out of its program's patience
/// stands back for fresher ones, which have time left to succeed. Mutable struct: never copy.
/// </summary>
internal struct ClassQueue
{
    /// <summary>
    /// Every so many turns the lowest priority goes first, and what stood back for nothing: nobody may starve.
    /// </summary>
    private const int FromBelowEvery = 8;

    // What every attempt needs first: a class that has not been looked at for long is one line of the cache less.
    private int _count;
    private int _turns;
    private Lists _lists;
    private AttemptList _stale;
    private SteadyTime _patience;

    public readonly int Count => _count;

    public void AddLast(AttemptSlab slab, int index)
    {
        slab[index].List = FairList.None;
        _lists[slab[index].Priority].AddLast(slab, index);
        _count++;
    }

    public void AddFirst(AttemptSlab slab, int index)
    {
        slab[index].List = FairList.None;
        _lists[slab[index].Priority].AddFirst(slab, index);
        _count++;
    }

    public void Remove(AttemptSlab slab, int index)
    {
        ref var attempt = ref slab[index];
        if (attempt.List == FairList.Stale)
        {
            _stale.Remove(slab, index);
            attempt.List = FairList.None;
        }
        else
        {
            _lists[attempt.Priority].Remove(slab, index);
        }

        _count--;
    }

    /// <summary>An attempt goes past the queue, which is empty: a turn like any other.</summary>
    public void Pass() => _turns++;

    /// <summary>Its program took one back that had waited so long.</summary>
    public void Withdrawn(long waited) => _patience.Record(waited);

    /// <summary>Whose turn it is; it stays in the queue. Only while <see cref="Count"/> is above 0.</summary>
    public int Next(AttemptSlab slab, long now)
    {
        var patience = _patience.Value;
        var tooOld = patience == 0 ? long.MinValue : now - (patience / 10 * 9);
        var fromBelow = ++_turns % FromBelowEvery == 0;
        if (fromBelow && !_stale.IsEmpty && slab[_stale.Head].Since < now - (2 * patience))
        {
            return _stale.Head;
        }

        for (var i = 0; i <= AttemptRequest.MaxPriority; i++)
        {
            ref var list = ref _lists[fromBelow ? i : AttemptRequest.MaxPriority - i];
            while (!list.IsEmpty)
            {
                var index = list.Head;
                if (slab[index].Since >= tooOld)
                {
                    return index;
                }

                list.RemoveFirst(slab);
                _stale.AddLast(slab, index);
                slab[index].List = FairList.Stale;
            }
        }

        return _stale.Head;
    }

    /// <summary>
    /// Appends all to a list of another kind, first in first out within a priority, and is empty then.
    /// </summary>
    public void MoveTo(AttemptSlab slab, List<int> target)
    {
        _stale.MoveTo(slab, target);
        for (var priority = 0; priority <= AttemptRequest.MaxPriority; priority++)
        {
            _lists[priority].MoveTo(slab, target);
        }

        _count = 0;
    }

    /// <summary>One for each priority.</summary>
    [InlineArray(AttemptRequest.MaxPriority + 1)]
    private struct Lists
    {
        private AttemptList _first;
    }
}
