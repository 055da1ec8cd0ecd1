using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;
using HalfOpen.Simulation.Randomness;
using HalfOpen.Simulation.Results;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;
using HalfOpen.Simulation.World;

namespace HalfOpen.Simulation.Outbreaks;

/// <summary>
/// The same population with a whole engine on every infected machine and every single attempt simulated: what
/// <see cref="CompactOutbreak"/> is measured against, and what a scenario with "exact" runs. Not thread-safe.
/// </summary>
internal sealed class EngineOutbreak
{
    private readonly OutbreakSpec _spec;
    private readonly SynTiming _syn;
    private readonly Func<ILimiter> _newLimiter;
    private readonly Prng _random;
    private readonly InfectionCurve _curve;
    private readonly Infected?[] _machines;
    private readonly EventQueue<What> _events = new(1024);
    private readonly long _interval;
    private long _now;
    private long _starts;

    public EngineOutbreak(OutbreakSpec spec, StackSpec stack, Func<ILimiter> newLimiter, ulong seed)
    {
        _spec = spec;
        _syn = new SynTiming(stack);
        _newLimiter = newLimiter;
        _random = Prng.ForStream(seed, 0x0E);
        _curve = new InfectionCurve(spec.Hosts);
        _machines = new Infected?[spec.Hosts];
        _interval = Ticks.FromSeconds(1 / spec.ScanPerSecond);
    }

    private enum Kind : byte
    {
        Infected,
        Wish,
        End,
        Deadline,
    }

    public (OutbreakResult Result, long Events) Run(double durationSeconds, Action<double>? progress, CancellationToken cancel)
    {
        var end = Ticks.FromSeconds(durationSeconds);
        var stop = Math.Max(1, (int)Math.Ceiling(_spec.StopAtShare * _spec.Hosts));
        var events = 0L;
        for (var i = 0; i < _spec.Initial; i++)
        {
            _machines[i] = new Infected(this, i, _newLimiter());
            _events.Add(0, new What(Kind.Infected, i, 0));
        }

        while (_events.NextTime <= end && _curve.Infected < stop)
        {
            var what = _events.Take(out _now);
            if ((++events & 0xFFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Invoke((double)_curve.Infected / stop);
            }

            Handle(what);
        }

        var machineSeconds = _machines.Where(m => m is not null).Sum(m => Math.Max(0, Ticks.ToSeconds(_now - m!.InfectedAt)));
        return (_curve.Result(machineSeconds > 0 ? _starts / machineSeconds : 0), events);
    }

    private void Handle(What what)
    {
        var machine = _machines[what.Host]!;
        switch (what.Kind)
        {
            case Kind.Infected:
                _curve.Add(_now);
                machine.InfectedAt = _now;
                _events.Add(_now, new What(Kind.Wish, what.Host, 0));
                return;
            case Kind.Wish:
                _events.Add(_now + _interval, what);
                if (machine.Outstanding < _spec.MaxOutstanding)
                {
                    machine.Outstanding++;
                    var address = new UInt128(0, 0x0000_FFFF_0000_0000UL | (_random.NextBits() >> 32));
                    var tag = machine.NextTag++;
                    var request = new AttemptRequest { Program = machine.Worm, Destination = new Destination(address, 445), Tag = tag };
                    machine.Ids[tag] = machine.Limiter.Submit(request, new Instant(_now));
                }

                break;
            case Kind.End:
                if (machine.Ids.Remove(what.Tag, out var id))
                {
                    machine.Outstanding--;
                    machine.Limiter.Complete(id, machine.Met.Remove(what.Tag) ? Outcome.Established : Outcome.TimedOut, new Instant(_now));
                    // The worm's connection is over at once: destinations are random, nobody comes back to one.
                }

                break;
            default:
                machine.DeadlineAt = long.MaxValue;
                machine.Limiter.AdvanceTo(new Instant(_now));
                break;
        }

        Carry(machine);
    }

    private void Carry(Infected machine)
    {
        machine.Drain();
        var deadline = machine.Limiter.NextDeadline;
        if (deadline < machine.DeadlineAt)
        {
            machine.DeadlineAt = deadline;
            _events.Add(Math.Max(_now, deadline), new What(Kind.Deadline, machine.Host, 0));
        }
    }

    private void Carry(Infected machine, in Decision decision)
    {
        switch (decision.Kind)
        {
            case DecisionKind.Start:
                Start(machine, decision.Tag);
                break;
            case DecisionKind.Rejected:
                machine.Outstanding -= machine.Ids.Remove(decision.Tag) ? 1 : 0;
                break;
            case DecisionKind.GiveUp:
                _events.Add(_now, new What(Kind.End, machine.Host, decision.Tag));
                break;
            default:
                break;
        }
    }

    private void Start(Infected machine, ulong tag)
    {
        _starts++;
        if (_random.NextDouble() * _spec.Addresses >= _spec.Hosts)
        {
            _events.Add(_syn.GiveUpAt(_now, _now), new What(Kind.End, machine.Host, tag));
            return;
        }

        var at = _now + Ticks.FromSeconds(_spec.InfectSeconds);
        machine.Met.Add(tag);
        _events.Add(at, new What(Kind.End, machine.Host, tag));
        var victim = _random.NextBelow(_spec.Hosts);
        if (_machines[victim] is null)
        {
            _machines[victim] = new Infected(this, victim, _newLimiter());
            _events.Add(at, new What(Kind.Infected, victim, 0));
        }
    }

    private readonly record struct What(Kind Kind, int Host, ulong Tag);

    /// <summary>One infected machine: its engine, and its worm's attempts by tag.</summary>
    private sealed class Infected : IDecisionSink
    {
        private readonly EngineOutbreak _outbreak;
        private readonly DecisionLoop _loop;

        public Infected(EngineOutbreak outbreak, int host, ILimiter limiter)
        {
            _outbreak = outbreak;
            _loop = new DecisionLoop(this);
            Host = host;
            Limiter = limiter;
            Worm = limiter.Intern("worm");
        }

        public int Host { get; }

        public ILimiter Limiter { get; }

        public ProgramId Worm { get; }

        public long InfectedAt { get; set; } = long.MaxValue;

        public long DeadlineAt { get; set; } = long.MaxValue;

        public int Outstanding { get; set; }

        public ulong NextTag { get; set; }

        public Dictionary<ulong, AttemptId> Ids { get; } = [];

        public HashSet<ulong> Met { get; } = [];

        public void Drain() => _loop.Drain(Limiter);

        void IDecisionSink.Carry(in Decision decision) => _outbreak.Carry(this, decision);
    }
}
