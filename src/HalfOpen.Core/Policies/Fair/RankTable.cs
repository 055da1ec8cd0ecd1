namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Members by how little they hold, then by who was served longest ago: the first is at hand. A binary heap, for a
/// <see cref="RankTable"/> to keep. Mutable struct: never copy.
/// </summary>
internal struct RankList
{
    private int[]? _heap;

    public readonly ref int this[int at] => ref _heap![at];

    public int Count { get; private set; }

    /// <summary>Only while there is one.</summary>
    public readonly int First => _heap![0];

    public int Append()
    {
        if (_heap is null || Count == _heap.Length)
        {
            Array.Resize(ref _heap, Math.Max(1, Count * 2));
        }

        return Count++;
    }

    public int TakeLast() => _heap![--Count];
}

/// <summary>
/// Where members stand in their lists, so that any of them can be moved. A member is in one list at most; the size of a
/// list is the number of those that wait, not of attempts.
/// </summary>
internal sealed class RankTable
{
    private Place[] _places = new Place[16];

    private struct Place
    {
        public long Key;
        public long Tie;
        public int At; // + 1; 0: in no list
    }

    public void Set(ref RankList list, int member, long key, long tie)
    {
        if (member >= _places.Length)
        {
            Array.Resize(ref _places, Math.Max(member + 1, _places.Length * 2));
        }

        ref var place = ref _places[member];
        if (place.At != 0)
        {
            if (place.Key == key && place.Tie == tie)
            {
                return;
            }

            place.Key = key;
            place.Tie = tie;
            if (list.Count > 1)
            {
                Sink(ref list, Rise(ref list, place.At - 1));
            }

            return;
        }

        place.Key = key;
        place.Tie = tie;
        var at = list.Append();
        Put(ref list, at, member);
        Rise(ref list, at);
    }

    public void Remove(ref RankList list, int member)
    {
        if (member >= _places.Length || _places[member].At == 0)
        {
            return;
        }

        var at = _places[member].At - 1;
        _places[member].At = 0;
        var last = list.TakeLast();
        if (at < list.Count)
        {
            Put(ref list, at, last);
            Sink(ref list, Rise(ref list, at));
        }
    }

    /// <summary>Of two members of different lists.</summary>
    public bool IsBefore(int member, RankTable otherTable, int other)
    {
        ref var x = ref _places[member];
        ref var y = ref otherTable._places[other];
        return x.Key != y.Key ? x.Key < y.Key : x.Tie <= y.Tie;
    }

    private bool Before(int a, int b)
    {
        ref var x = ref _places[a];
        ref var y = ref _places[b];
        return x.Key != y.Key ? x.Key < y.Key : x.Tie != y.Tie ? x.Tie < y.Tie : a < b;
    }

    private int Rise(ref RankList list, int at)
    {
        var member = list[at];
        while (at > 0 && Before(member, list[(at - 1) / 2]))
        {
            Put(ref list, at, list[(at - 1) / 2]);
            at = (at - 1) / 2;
        }

        Put(ref list, at, member);
        return at;
    }

    private void Sink(ref RankList list, int at)
    {
        var member = list[at];
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= list.Count)
            {
                break;
            }

            if (child + 1 < list.Count && Before(list[child + 1], list[child]))
            {
                child++;
            }

            if (!Before(list[child], member))
            {
                break;
            }

            Put(ref list, at, list[child]);
            at = child;
        }

        Put(ref list, at, member);
    }

    private void Put(ref RankList list, int at, int member)
    {
        list[at] = member;
        _places[member].At = at + 1;
    }
}
