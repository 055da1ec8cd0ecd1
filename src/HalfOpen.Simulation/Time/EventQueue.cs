using System.Runtime.CompilerServices;

namespace HalfOpen.Simulation.Time;

/// <summary>
/// What happens next in virtual time: a four-ary heap of small structs. Events of the same instant leave in the order
/// in which they entered, so a run does not depend on the heap's shape. Nothing is removed from the middle: whoever
/// owns an event checks its own generation when the event comes up. Not thread-safe.
/// </summary>
/// <typeparam name="T">What the event says; a small struct.</typeparam>
public sealed class EventQueue<T>
    where T : struct
{
    private QueuedEvent[] _heap;
    private int _count;
    private ulong _order;

    /// <summary>Room for <paramref name="capacity"/> events; grows by itself.</summary>
    public EventQueue(int capacity = 256) => _heap = new QueuedEvent[Math.Max(4, capacity)];

    /// <summary>Events not yet taken.</summary>
    public int Count => _count;

    /// <summary>Instant of the next event in ticks of 100 ns; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextTime => _count == 0 ? long.MaxValue : _heap[0].Time;

    /// <summary>Adds an event at an instant (ticks of 100 ns), in constant time on average.</summary>
    public void Add(long time, T what)
    {
        if (_count == _heap.Length)
        {
            Array.Resize(ref _heap, _heap.Length * 2);
        }

        var entry = new QueuedEvent { Time = time, Order = _order++, What = what };
        var heap = _heap;
        var i = _count++;
        while (i > 0)
        {
            var parent = (i - 1) >> 2;
            if (!Before(entry, heap[parent]))
            {
                break;
            }

            heap[i] = heap[parent];
            i = parent;
        }

        heap[i] = entry;
    }

    /// <summary>Takes the next event. The queue must not be empty.</summary>
    public T Take(out long time)
    {
        if (_count == 0)
        {
            throw new InvalidOperationException("The event queue is empty.");
        }

        var heap = _heap;
        var top = heap[0];
        var last = heap[--_count];
        heap[_count] = default;
        var i = 0;
        while (true)
        {
            var child = (i << 2) + 1;
            if (child >= _count)
            {
                break;
            }

            var best = child;
            var end = Math.Min(child + 4, _count);
            for (var c = child + 1; c < end; c++)
            {
                if (Before(heap[c], heap[best]))
                {
                    best = c;
                }
            }

            if (!Before(heap[best], last))
            {
                break;
            }

            heap[i] = heap[best];
            i = best;
        }

        if (_count > 0)
        {
            heap[i] = last;
        }

        time = top.Time;
        return top.What;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Before(in QueuedEvent a, in QueuedEvent b) => a.Time < b.Time || (a.Time == b.Time && a.Order < b.Order);

    private struct QueuedEvent
    {
        public long Time;
        public ulong Order;
        public T What;
    }
}
