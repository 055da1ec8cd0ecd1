namespace HalfOpen.Tests.Core;

/// <summary>
/// The XP limiter written down a second time, from the description and as plainly as possible: every tick is visited,
/// every list is a List, nothing is shared with the engine. What both agree on is unlikely to be a slip of the pen.
/// </summary>
internal sealed class NaiveWindowsXp(int threshold)
{
    private readonly List<int>[] _lists = [.. Enumerable.Range(0, 128).Select(_ => new List<int>())];
    private readonly Dictionary<int, (uint Process, uint Address)> _attempts = [];
    private readonly Dictionary<int, bool> _halfOpen = []; // attempt → counted
    private readonly Dictionary<uint, int> _openTo = [];
    private readonly List<(int Attempt, long FreeTick)> _ring = [];
    private readonly HashSet<uint> _countedTo = [];
    private int _cursor;
    private long _tick;
    private long _loggedAt = -1;
    private long _interval = 4096;

    public int Threshold { get; set; } = threshold;

    public int C { get; private set; }

    public int P => _lists.Sum(l => l.Count);

    public bool IsHalfOpen(int id) => _halfOpen.ContainsKey(id);

    public List<int> Started { get; } = [];

    public List<int> Queued { get; } = [];

    public int Warnings { get; private set; }

    public void TimePasses(long ms)
    {
        while ((_tick + 1) * 100 <= ms)
        {
            _tick++;
            if (_tick % 5 == 0)
            {
                foreach (var (attempt, _) in _ring.Where(r => r.FreeTick <= _tick).ToList())
                {
                    _ring.RemoveAt(0);
                    _countedTo.Remove(_attempts[attempt].Address);
                    C--;
                    Drain();
                }
            }

            Drain();
        }
    }

    public void Submit(int id, uint process, uint address)
    {
        _attempts[id] = (process, address);
        if (C < Threshold && P == 0)
        {
            Start(id);
            return;
        }

        var h = 0u;
        for (var i = 0; i < 4; i++)
        {
            h ^= (process >> (8 * i)) & 0xFF;
        }

        _lists[h & 0x7F].Add(id);
        Queued.Add(id);
        if (_loggedAt < 0 || _tick - _loggedAt >= _interval)
        {
            _interval = Math.Min(_interval * 2, 1 << 28);
            _loggedAt = _tick;
            Warnings++;
        }
    }

    public void End(int id, bool established, bool cancelled, long ms)
    {
        if (!_halfOpen.Remove(id, out var counted))
        {
            foreach (var list in _lists)
            {
                list.Remove(id);
            }

            return;
        }

        var address = _attempts[id].Address;
        if (established)
        {
            _openTo[address] = _openTo.GetValueOrDefault(address) + 1;
        }

        if (!counted)
        {
            return;
        }

        if (cancelled)
        {
            var tick = ((ms + 10_000) + 99) / 100;
            while (tick % 5 != 0)
            {
                tick++;
            }

            _ring.Add((id, tick));
            return;
        }

        _countedTo.Remove(address);
        C--;
        Drain();
    }

    public void Close(int id)
    {
        if (--_openTo[_attempts[id].Address] == 0)
        {
            _openTo.Remove(_attempts[id].Address);
        }
    }

    private void Start(int id)
    {
        var address = _attempts[id].Address;
        var counted = !_openTo.ContainsKey(address) && !_countedTo.Contains(address);
        if (counted)
        {
            C++;
            _countedTo.Add(address);
        }

        _halfOpen[id] = counted;
        Started.Add(id);
    }

    private void Drain()
    {
        for (var n = 0; n < 20 && P != 0 && C < Threshold; n++)
        {
            do
            {
                _cursor = (_cursor + 1) & 127;
            }
            while (_lists[_cursor].Count == 0);
            var id = _lists[_cursor][0];
            _lists[_cursor].RemoveAt(0);
            Start(id);
        }
    }
}
