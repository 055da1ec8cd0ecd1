using HalfOpen.Core;

namespace HalfOpen.Tests.Core;

/// <summary>
/// Hostile owners beside another owner's browser: programs that come and go, silent, answered or both, over both
/// families, with time-outs of all kinds. Everything is drawn from one seed; times are virtual.
/// </summary>
internal sealed class HostileOwner
{
    public const int PatienceMs = 30_000;
    private const int Step = 10, RoundTripMs = 50;
    private readonly EngineHarness _harness;
    private readonly Random _random;
    private readonly PriorityQueue<(int Id, Outcome Outcome), long> _ends = new();
    private readonly Dictionary<int, (Outcome Outcome, long AfterMs)> _fates = [];
    private readonly List<Program> _programs = [];
    private readonly int _owners;
    private readonly bool _alone;
    private int _taken;
    private int _given;
    private int _next = 1;
    private int _names;

    /// <param name="owners">Hostile ones.</param>
    /// <param name="alone">The browser belongs to the first of them; none of their programs changes its name.</param>
    public HostileOwner(int seed, int limit, int owners, bool alone, bool givesUp)
    {
        _random = new Random(seed);
        _harness = new EngineHarness(new FairOptions { GiveUp = givesUp }, limit, o => o with { MaxQueued = 1_000_000 });
        _owners = owners;
        _alone = alone;
    }

    /// <summary>How long each page of the browser took, in ms; <see cref="PatienceMs"/>: it did not come.</summary>
    public List<long> PagesMs { get; } = [];

    /// <summary>The most attempts to hosts that never answered, half-open at once.</summary>
    public int MostUnknown { get; private set; }

    public void Run(int pages, int connects)
    {
        var kinds = _random.Next(1, 6) * _owners;
        for (var i = 0; i < kinds; i++)
        {
            _programs.Add(Draw());
        }

        for (var page = 0; page < pages; page++)
        {
            Live(_random.Next(1_000, 15_000));
            PagesMs.Add(Page(connects));
        }
    }

    private Program Draw() => new()
    {
        Dead = new[] { 0.1, 0.2, 0.3, 0.5, 0.9, 1, 1, 1 }[_random.Next(8)],
        Burst = new[] { 1, 1, 2, 5, 20, 200 }[_random.Next(6)],
        EveryMs = new[] { 100, 1_000, 3_000, 10_000, 60_000 }[_random.Next(5)],
        SilentMs = new[] { 500, 3_100, 21_000, 130_000, 130_000, 130_000 }[_random.Next(6)],
        Cancels = _random.Next(3) == 0,
        Renames = _random.Next(3) == 0 && !_alone,
        Six = _random.Next(6) == 0,
        Port = _random.Next(3) == 0 ? 0 : 80,
        NextMs = _harness.NowMs + _random.Next(5_000),
        Name = Name(),
        Owner = $"bob {_random.Next(_owners)}",
    };

    private string Name() => $"{_names++}";

    private long Page(int connects)
    {
        var since = _harness.NowMs;
        var first = _next;
        for (var i = 0; i < connects; i++)
        {
            Submit("browser", _alone ? "bob 0" : "ann", Host(_next, 443, six: false), Outcome.Established, RoundTripMs);
        }

        var last = _next;
        while (_harness.NowMs - since < PatienceMs)
        {
            Live(Step);
            if (!Enumerable.Range(first, last - first).Any(i => !_harness.Ends.ContainsKey(i)))
            {
                return _harness.NowMs - since;
            }
        }

        for (var i = first; i < last; i++)
        {
            if (!_harness.Ends.ContainsKey(i))
            {
                _harness.End(i, Outcome.Cancelled);
            }
        }

        return PatienceMs;
    }

    private void Live(long ms)
    {
        for (var end = _harness.NowMs + ms; _harness.NowMs < end;)
        {
            _harness.At(_harness.NowMs + Step);
            Carry();
            while (_ends.TryPeek(out var what, out var at) && at <= _harness.NowMs)
            {
                _ends.Dequeue();
                if (!_harness.Ends.ContainsKey(what.Id))
                {
                    _harness.End(what.Id, what.Outcome);
                    Carry();
                }
            }

            foreach (var program in _programs)
            {
                if (program.NextMs <= _harness.NowMs)
                {
                    Burst(program);
                }
            }

            MostUnknown = Math.Max(MostUnknown, _harness.HalfOpen.Count); // every host is new: none is known
        }
    }

    private void Burst(Program program)
    {
        program.NextMs = _harness.NowMs + _random.Next(program.EveryMs / 2, (program.EveryMs * 3 / 2) + 1);
        if (program.Renames)
        {
            program.Name = Name();
        }

        if (_harness.WaitingIds.Count > 5_000)
        {
            return;
        }

        for (var i = 0; i < program.Burst; i++)
        {
            var port = program.Port == 0 ? _random.Next(1, 65_536) : program.Port;
            var fate = _random.NextDouble() >= program.Dead ? (Outcome.Established, RoundTripMs)
                : (program.Cancels ? Outcome.Cancelled : Outcome.TimedOut, program.SilentMs);
            Submit(program.Name, program.Owner, Host(_next, port, program.Six), fate.Item1, fate.Item2);
        }
    }

    private void Submit(string program, string owner, Destination host, Outcome outcome, long afterMs)
    {
        _fates[_next] = (outcome, afterMs);
        _harness.Submit(_next++, program, host, owner: owner);
        Carry();
    }

    /// <summary>What has started will end.</summary>
    private void Carry()
    {
        for (; _given < _harness.GivenUp.Count; _given++)
        {
            _ends.Enqueue((_harness.GivenUp[_given], Outcome.Cancelled), _harness.NowMs);
        }

        for (; _taken < _harness.Started.Count; _taken++)
        {
            var id = _harness.Started[_taken];
            var (outcome, after) = _fates[id];
            _ends.Enqueue((id, outcome), _harness.NowMs + after);
        }
    }

    private static Destination Host(int number, int port, bool six) =>
        six ? new Destination((UInt128)0x2001_0DB8 << 96 | (uint)number, (ushort)port) : EngineHarness.Host(number, (ushort)port);

    public override string ToString() => string.Join("; ", _programs);

    private sealed record Program
    {
        public required string Owner { get; init; }

        public required double Dead { get; init; }

        public required int Burst { get; init; }

        public required int EveryMs { get; init; }

        public required int SilentMs { get; init; }

        public required bool Cancels { get; init; }

        public required bool Renames { get; init; }

        public required bool Six { get; init; }

        public required int Port { get; init; }

        public required long NextMs { get; set; }

        public required string Name { get; set; }
    }
}
