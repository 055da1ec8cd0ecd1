using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Queueing;

/// <summary>
/// Queued attempts that have a deadline, the next one first; ties in the order of submission. A four-way heap: half the
/// levels, and the four children lie side by side.
/// </summary>
internal sealed class DeadlineHeap(AttemptSlab slab)
{
    private (long Due, long Order, int Attempt)[] _items = new (long, long, int)[16];
    private int _count;
    private long _order;

    public long NextDue => _count == 0 ? long.MaxValue : _items[0].Due;

    public int First => _items[0].Attempt;

    public void Add(int attempt, long due)
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, _count * 2);
        }

        Rise(_count++, (due, _order++, attempt));
    }

    public void Remove(int attempt)
    {
        var place = slab[attempt].Heap;
        slab[attempt].Heap = -1;
        var last = _items[--_count];
        if (place == _count)
        {
            return;
        }

        if (place > 0 && Before(last, _items[(place - 1) / 4]))
        {
            Rise(place, last);
        }
        else
        {
            Sink(place, last);
        }
    }

    private static bool Before(in (long Due, long Order, int Attempt) a, in (long Due, long Order, int Attempt) b) =>
        a.Due < b.Due || (a.Due == b.Due && a.Order < b.Order);

    private void Rise(int place, (long Due, long Order, int Attempt) item)
    {
        while (place > 0)
        {
            var parent = (place - 1) / 4;
            if (!Before(item, _items[parent]))
            {
                break;
            }

            Put(place, _items[parent]);
            place = parent;
        }

        Put(place, item);
    }

    private void Sink(int place, (long Due, long Order, int Attempt) item)
    {
        while (true)
        {
            var child = (place * 4) + 1;
            if (child >= _count)
            {
                break;
            }

            var end = Math.Min(child + 4, _count);
            for (var other = child + 1; other < end; other++)
            {
                if (Before(_items[other], _items[child]))
                {
                    child = other;
                }
            }

            if (!Before(_items[child], item))
            {
                break;
            }

            Put(place, _items[child]);
            place = child;
        }

        Put(place, item);
    }

    private void Put(int place, in (long Due, long Order, int Attempt) item)
    {
        _items[place] = item;
        slab[item.Attempt].Heap = place;
    }
}
