namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Whose turn it is: the program that holds fewest slots for its weight, among equals the one served longest ago. Who
/// waits for longer than ten seconds is served out of turn now and then, so that nobody waits for ever behind a stream
/// of newcomers.
/// </summary>
internal sealed class Turns
{
    private const int AgedEvery = 16;

    /// <summary>Resolution of held slots over weight: weights are 1 to 1,000.</summary>
    private const long KeyPerSlot = 1000;

    private readonly ProgramHeap _waiting = new();
    private readonly ProgramHeap _privileged = new();
    private readonly ProgramLine _line = new();
    private Turn[] _rows = new Turn[16];
    private long _served;

    /// <summary>Who has waited for longer is old.</summary>
    public static long AgeBound { get; } = TimeSpan.FromSeconds(10).Ticks;

    /// <summary>Nobody waits.</summary>
    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Somebody waits who may use the headroom.</summary>
    public bool AnyPrivileged => _privileged.Count > 0;

    /// <summary>Who holds fewest; only while somebody waits.</summary>
    public int First => _waiting.First;

    /// <summary>Of those who may use the headroom; only while there is one.</summary>
    public int FirstPrivileged => _privileged.First;

    /// <summary>Whose turn it is; only while somebody waits.</summary>
    public int Next(long now) => _served % AgedEvery == 0 && now - _rows[_line.First].ServedAt > AgeBound ? _line.First : _waiting.First;

    /// <summary>A program begins to wait; <see cref="Rank"/> follows.</summary>
    public void Enter(int program, long now)
    {
        RowOf(program).ServedAt = now;
        _line.MoveToEnd(program);
    }

    /// <summary>It waits no longer.</summary>
    public void Leave(int program)
    {
        _line.Leave(program);
        _waiting.Remove(program);
        _privileged.Remove(program);
    }

    /// <summary>What a program that waits holds, or what it may use, has changed.</summary>
    public void Rank(int program, int held, int weight, bool isPrivileged)
    {
        var key = weight == 1 ? held * KeyPerSlot : held * KeyPerSlot / weight;
        var served = RowOf(program).Served;
        _waiting.Set(program, key, served);
        if (isPrivileged)
        {
            _privileged.Set(program, key, served);
        }
        else
        {
            _privileged.Remove(program);
        }
    }

    /// <summary>It had its turn. One that still waits must be ranked anew.</summary>
    public void Take(int program, long now)
    {
        ref var row = ref RowOf(program);
        row.Served = ++_served;
        row.ServedAt = now;
        if (_line.Contains(program))
        {
            _line.MoveToEnd(program);
        }
    }

    /// <summary>The program is forgotten; another takes its index.</summary>
    public void Forget(int program)
    {
        if (program < _rows.Length)
        {
            _rows[program] = default;
        }
    }

    private ref Turn RowOf(int program)
    {
        if (program >= _rows.Length)
        {
            Array.Resize(ref _rows, Math.Max(program + 1, _rows.Length * 2));
        }

        return ref _rows[program];
    }

    private struct Turn
    {
        /// <summary>Number of the start it was served by; who has the lowest waits longest.</summary>
        public long Served;

        /// <summary>When that was, or when it began to wait.</summary>
        public long ServedAt;
    }
}
