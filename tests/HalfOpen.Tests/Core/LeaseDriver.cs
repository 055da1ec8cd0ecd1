using HalfOpen.Core;
using HalfOpen.Hosting.Leases;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>
/// A seeded stream of events on both sides of a lease: attempts that take a slot there and give it back, told late and
/// in pieces, and a host that asks, takes back, renews, and takes slots out of the lease. After each step: the slots
/// that are truly in use are within the limit, and none is lost.
/// </summary>
internal sealed class LeaseDriver : ILeaseholder
{
    private readonly EngineHarness _harness;
    private readonly Engine _engine;
    private readonly Random _random;
    private readonly LeaseKeeper _keeper;
    private readonly Queue<Action> _ring = [];
    private readonly List<Leased> _leased = [];

    /// <summary>Ends that were never told: a comparison finds them later.</summary>
    private readonly List<Action> _lost = [];
    private int _free;
    private bool _open;
    private int _granted;
    private int _allowed;
    private int _next = 1;

    public LeaseDriver(PolicyOptions policy, int seed)
    {
        _random = new Random(seed);
        _harness = new EngineHarness(policy, 1 + (seed % 30));
        _engine = _harness.Engine;
        _keeper = new LeaseKeeper(_engine, this, 1 + (seed % 40));
        _allowed = _engine.Limit;
    }

    bool ILeaseholder.IsOpen
    {
        set => _open = value;
    }

    /// <summary>Slots that are held or on lease.</summary>
    private int Used => _engine.Counted + _engine.Leased;

    private Instant Now => Instant.FromMilliseconds(_harness.NowMs);

    public bool Run(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            Step();
            Check();
        }

        EndEverything();
        return true;
    }

    void ILeaseholder.Add(int slots)
    {
        _free += slots;
        _granted += slots;
    }

    int ILeaseholder.TakeBack(int most)
    {
        var slots = Math.Min(_free, most);
        _free -= slots;
        _granted -= slots;
        return slots;
    }

    private void Step()
    {
        _harness.NowMs += _random.Next(6) == 0 ? _random.Next(2000) : _random.Next(20);
        switch (_random.Next(20))
        {
            case < 6:
                Begin();
                break;
            case < 10 when _leased.Count > 0:
                Finish(_leased[_random.Next(_leased.Count)], (Outcome)_random.Next(6));
                break;
            case < 13:
                Ask();
                break;
            case < 15 when _harness.HalfOpen.Count > 0:
                _harness.End(_harness.HalfOpen[_random.Next(_harness.HalfOpen.Count)], (Outcome)_random.Next(6));
                break;
            case 15:
                Read(_random.Next(_ring.Count + 1));
                _keeper.TakeBack(Now);
                _harness.Take();
                break;
            case 16 when _lost.Count > 0:
                Compare();
                break;
            case 16 when _leased.Find(a => a.Told) is { } seized:
                TakeOut(seized);
                break;
            case 17 when _random.Next(4) == 0:
                _harness.Limit(1 + _random.Next(30));
                break;
            case 18 when _random.Next(8) == 0:
                _engine.SetPolicy(_engine.Policy is FairOptions ? new FifoOptions() : new FairOptions(), Now);
                _harness.Take();
                _allowed = Math.Max(_allowed, Used); // what started as known, without a slot, is counted by the next policy
                break;
            default:
                _harness.At(_harness.NowMs);
                _keeper.Renew(Now);
                _harness.Take();
                break;
        }
    }

    /// <summary>An attempt near the lease: it takes a slot there, or it asks.</summary>
    private void Begin()
    {
        if (!_open || _free == 0)
        {
            Ask();
            return;
        }

        _free--;
        var attempt = new Leased();
        _leased.Add(attempt);
        var (at, program, host) = (Now, "p" + _random.Next(3), Host(_random.Next(12)));
        _ring.Enqueue(() =>
        {
            attempt.Told = true;
            attempt.Id = _engine.AdoptLeased(new AttemptRequest { Program = _engine.Programs.Intern(program), Destination = host }, at);
        });
    }

    private void Finish(Leased attempt, Outcome outcome)
    {
        _leased.Remove(attempt);
        _free += attempt.IsOut ? 0 : 1;
        var at = Now;
        Action told = () => Require(_engine.Complete(attempt.Id, outcome, at), "a leased attempt that the engine did not know");
        if (attempt.Told && _random.Next(5) == 0)
        {
            _lost.Add(told);
        }
        else
        {
            _ring.Enqueue(told);
        }
    }

    /// <summary>The host wakes for an attempt; one time in four the newest events are not to be read yet.</summary>
    private void Ask()
    {
        _keeper.Close();
        Read(_random.Next(4) == 0 ? _random.Next(_ring.Count + 1) : _ring.Count);
        _keeper.TakeBack(Now);
        _harness.Take();
        _harness.Submit(_next++, "p" + _random.Next(3), Host(_random.Next(12)));
        _keeper.Renew(Now);
        _harness.Take();
        Require(_engine.Waiting == 0 || !_open, "somebody waits and the lease is open");
    }

    private void TakeOut(Leased attempt)
    {
        if (attempt.IsOut)
        {
            return;
        }

        attempt.IsOut = true;
        _granted--;
        Require(_engine.Unlease(attempt.Id, Now), "it was leased");
        _harness.Take();
    }

    private void Compare()
    {
        _lost.ForEach(tell => tell());
        _lost.Clear();
        _harness.Take();
    }

    private void Read(int count)
    {
        for (; count > 0; count--)
        {
            _ring.Dequeue()();
            _harness.Take();
        }
    }

    private void Check()
    {
        var taken = _leased.Count(a => !a.IsOut);
        Require(_free >= 0 && _granted == _free + taken, $"{_granted} granted, {_free} free, {taken} taken");

        // What the engine holds without the lease: all that it counts, less what it counts on the lease.
        var own = _engine.Counted + _engine.Leased - _granted;
        Require(own >= 0, $"{_granted} granted, and the engine thinks {_engine.Counted} + {_engine.Leased}");
        Require(_engine.Leased >= -_lost.Count, $"{_engine.Leased} leased, and {_lost.Count} ends not told");
        _allowed = Math.Max(_engine.Limit, Math.Min(_allowed, Used));
        Require(Used <= _allowed, $"{Used} slots in use or on lease at limit {_engine.Limit}");
    }

    private void EndEverything()
    {
        for (var i = 0; i < 10_000 && (_leased.Count > 0 || _harness.HalfOpen.Count > 0 || _harness.WaitingIds.Count > 0); i++)
        {
            _harness.NowMs += 500;
            _leased.ToList().ForEach(a => Finish(a, Outcome.TimedOut));
            Read(_ring.Count);
            Compare();
            _keeper.TakeBack(Now);
            _harness.Take();
            _harness.HalfOpen.ToList().ForEach(id => _harness.End(id, Outcome.TimedOut));
        }

        Read(_ring.Count);
        Compare();
        _keeper.TakeBack(Now);
        _harness.Take();
        Require(_engine is { Counted: 0, HalfOpen: 0, Waiting: 0, Leased: 0 } && _free == 0 && _granted == 0,
            $"left: {_engine.Counted} slots, {_engine.HalfOpen} half-open, {_engine.Waiting} waiting, {_engine.Leased} leased");
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException(otherwise);
        }
    }

    private sealed class Leased
    {
        public AttemptId Id { get; set; }

        public bool Told { get; set; }

        /// <summary>Its slot has been taken out of the lease.</summary>
        public bool IsOut { get; set; }
    }
}
