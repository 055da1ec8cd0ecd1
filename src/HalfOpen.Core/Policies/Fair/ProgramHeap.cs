namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Programs by how little they hold, then by who was served longest ago. A binary heap that can move any member; its
/// size is the number of programs that wait, not of attempts.
/// </summary>
internal sealed class ProgramHeap
{
    private int[] _heap = new int[16];
    private Place[] _places = new Place[16];

    private struct Place
    {
        public long Key;
        public long Tie;
        public int At; // + 1; 0: not a member
    }

    public int Count { get; private set; }

    public int First => _heap[0];

    public void Set(int program, long key, long tie)
    {
        if (program >= _places.Length)
        {
            Array.Resize(ref _places, Math.Max(program + 1, _places.Length * 2));
        }

        ref var place = ref _places[program];
        if (place.At != 0)
        {
            if (place.Key == key && place.Tie == tie)
            {
                return;
            }

            place.Key = key;
            place.Tie = tie;
            Sink(Rise(place.At - 1));
            return;
        }

        if (Count == _heap.Length)
        {
            Array.Resize(ref _heap, Count * 2);
        }

        place.Key = key;
        place.Tie = tie;
        Put(Count, program);
        Rise(Count++);
    }

    public void Remove(int program)
    {
        if (program >= _places.Length || _places[program].At == 0)
        {
            return;
        }

        var at = _places[program].At - 1;
        _places[program].At = 0;
        var last = _heap[--Count];
        if (at < Count)
        {
            Put(at, last);
            Sink(Rise(at));
        }
    }

    private bool Before(int a, int b)
    {
        ref var x = ref _places[a];
        ref var y = ref _places[b];
        return x.Key != y.Key ? x.Key < y.Key : x.Tie != y.Tie ? x.Tie < y.Tie : a < b;
    }

    private int Rise(int at)
    {
        var program = _heap[at];
        while (at > 0 && Before(program, _heap[(at - 1) / 2]))
        {
            Put(at, _heap[(at - 1) / 2]);
            at = (at - 1) / 2;
        }

        Put(at, program);
        return at;
    }

    private void Sink(int at)
    {
        var program = _heap[at];
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && Before(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (!Before(_heap[child], program))
            {
                break;
            }

            Put(at, _heap[child]);
            at = child;
        }

        Put(at, program);
    }

    private void Put(int at, int program)
    {
        _heap[at] = program;
        _places[program].At = at + 1;
    }
}
