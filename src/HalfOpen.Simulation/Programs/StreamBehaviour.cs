using HalfOpen.Core;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;
using HalfOpen.Simulation.World;

namespace HalfOpen.Simulation.Programs;

/// <summary>
/// A stream of attempts: a fixed number wished at any time, each ended one replaced at once (swarm, crawler), or so
/// many a second (worm, innocent). "At once" means in the same instant: what freed the slot has been told to the policy
/// before.
/// </summary>
internal sealed class StreamBehaviour(SimulatedWorld world, int index, ProgramSpec spec, string name) : Behaviour(world, index, spec, name)
{
    private readonly long _interval = spec.RatePerSecond > 0 ? Ticks.FromSeconds(1 / spec.RatePerSecond) : 0;
    private int[] _pool = [];
    private int _poolNext;
    private int _host;
    private int _hostUses;
    private int _outstanding;
    private long _next;

    public override IReadOnlyList<int> Pool => _pool;

    public override void OnWake(int word)
    {
        if (_interval == 0)
        {
            Submit(); // the pause after a rejection is over
            return;
        }

        if (_outstanding < Spec.MaxOutstanding)
        {
            Submit();
        }
        else
        {
            Statistics.Dropped++;
        }

        _next += _interval;
        World.WakeAt(_next, Index, 0);
    }

    public override void OnFailed(int word, Outcome outcome) => Ended();

    public override void OnEstablished(int word) => Ended();

    public override void OnRejected(int word, TimeSpan retryAfter)
    {
        _outstanding--;
        if (_interval == 0)
        {
            World.WakeIn(PauseAfterRejection(retryAfter), Index, 0);
        }
    }

    protected override void Begin()
    {
        _outstanding = 0;
        _hostUses = 0;
        if (_pool.Length != Spec.Pool)
        {
            _pool = new int[Spec.Pool];
            for (var i = 0; i < _pool.Length; i++)
            {
                _pool[i] = NewHost();
            }
        }

        if (_interval > 0)
        {
            _next = World.Now;
            OnWake(0);
            return;
        }

        for (var i = 0; i < Spec.Concurrent; i++)
        {
            Submit();
        }
    }

    private void Ended()
    {
        _outstanding--;
        if (_interval == 0)
        {
            Submit();
        }
    }

    private void Submit()
    {
        _outstanding++;
        if (_pool.Length > 0)
        {
            World.Submit(this, _pool[_poolNext], 0);
            _poolNext = (_poolNext + 1) % _pool.Length;
            return;
        }

        if (_hostUses == 0)
        {
            _host = NewHost(); // this reference is ours until the last of PerHost attempts was submitted
            _hostUses = Spec.PerHost;
        }

        World.Submit(this, _host, 0);
        if (--_hostUses == 0)
        {
            World.Hosts.Release(_host);
        }
    }
}
