using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;
using HalfOpen.Hosting.Replay;
using HalfOpen.Simulation.Checking;
using HalfOpen.Simulation.Programs;
using HalfOpen.Simulation.Randomness;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;

namespace HalfOpen.Simulation.World;

/// <summary>
/// One machine, its programs, and the hosts it talks to, in virtual time, around one limiter. The limiter is told
/// everything in the order in which it happens and decides alone; the checkers watch from outside. Deterministic; not
/// thread-safe: one world a run, and runs in parallel share nothing.
/// </summary>
internal sealed partial class SimulatedWorld : IDecisionSink
{
    private readonly Scenario _scenario;
    private readonly Func<ILimiter> _newLimiter;
    private readonly ulong _seed;
    private readonly EventQueue<WorldEvent> _events = new(1024);
    private readonly SynTiming _syn;
    private readonly Behaviour[] _behaviours;
    private readonly ProgramId[] _keys;
    private readonly Prng _network;
    private readonly ReplayRecording? _recording;
    private readonly DecisionLoop _loop;
    private readonly long _end;
    private ILimiter _limiter;
    private SimulatedAttempt[] _attempts = new SimulatedAttempt[256];
    private int[] _freeAttempts = new int[64];
    private int _freeCount;
    private int _usedAttempts;
    private double _loss;
    private int _outages;
    private long _serial;
    private int _stuck;

    public SimulatedWorld(Scenario scenario, PolicyUnderTest policy, ulong seed, ReplayRecording? recording = null)
    {
        _scenario = scenario;
        _newLimiter = policy.NewLimiter;
        _limiter = policy.NewLimiter();
        _seed = seed;
        _recording = recording;
        _loop = new DecisionLoop(this);
        _syn = new SynTiming(scenario.Stack);
        _network = Prng.ForStream(seed, 0x4E37);
        _loss = scenario.Loss;
        _end = Ticks.FromSeconds(scenario.DurationSeconds);
        Hosts = new HostTable(seed);
        Nat = scenario.Nat is null ? null : new NatDevice(scenario.Nat);
        _behaviours = BehaviourFactory.Create(this, scenario);
        _keys = new ProgramId[_behaviours.Length];
        InternKeys();
        Checks = new Checkers(_limiter, policy, seed, [.. _behaviours.Select(b => KeyOf(b))], _syn.GiveUpAt(0, 0));
    }

    /// <summary>Now, in ticks since the world began.</summary>
    public long Now { get; private set; }

    public HostTable Hosts { get; }

    public SynTiming Syn => _syn;

    public NatDevice? Nat { get; }

    public Checkers Checks { get; }

    public IReadOnlyList<Behaviour> Behaviours => _behaviours;

    public int HalfOpen { get; private set; }

    public int MaxHalfOpen { get; private set; }

    public int MaxCounted { get; private set; }

    /// <summary>Events handled: everything taken from the queue, every engine deadline, every submission.</summary>
    public long Events { get; private set; }

    public long LimitWarnings { get; private set; }

    /// <summary>Why the recording is not the whole story, if so: the format has no word for it.</summary>
    public string? Unrecordable { get; private set; }

    /// <summary>When set: filled with the instant of every start, in order.</summary>
    public List<long>? StartTimes { get; init; }

    /// <summary>When set: filled with every attempt that was started, as it ends.</summary>
    public List<AttemptSpan>? Spans { get; init; }

    /// <summary>
    /// Runs to the scenario's end. <paramref name="progress"/> hears the share done (0..1), a hundred times.
    /// </summary>
    public void Run(Action<double>? progress = null, CancellationToken cancel = default)
    {
        ScheduleFaults();
        for (var i = 0; i < _behaviours.Length; i++)
        {
            _events.Add(Ticks.FromSeconds(_behaviours[i].Spec.StartSeconds), new WorldEvent(EventKind.Wake, i, -1));
        }

        var report = _end / 100;
        while (true)
        {
            var next = Math.Min(_events.NextTime, _limiter.NextDeadline);
            if (next > _end)
            {
                break;
            }

            if (next > report)
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Invoke((double)next / _end);
                report = next + (_end / 100);
            }

            Step();
        }

        Now = _end;
        Checks.Finish(Now);
        CloseBooks();
        progress?.Invoke(1);
    }

    public void WakeAt(long time, int behaviour, int word) => _events.Add(time, new WorldEvent(EventKind.Wake, behaviour, word));

    public void WakeIn(long ticks, int behaviour, int word) => WakeAt(Now + ticks, behaviour, word);

    /// <summary>
    /// A program asks for a connection. What the limiter decides is handled once the program has returned.
    /// </summary>
    public void Submit(Behaviour behaviour, int host, int word)
    {
        var index = TakeAttempt();
        Hosts.AddReference(host);
        ref var attempt = ref _attempts[index];
        attempt.Serial = ++_serial;
        attempt.Program = behaviour.Index;
        attempt.Host = host;
        attempt.Word = word;
        attempt.Submitted = Now;
        attempt.State = SimulatedState.Waiting;
        attempt.HasNatEntry = false;
        behaviour.Statistics.Submitted++;
        Events++;
        var destination = Hosts.DestinationOf(host);
        Checks.Submitted(Now, attempt.Serial, behaviour.Index);
        var request = new AttemptRequest
        {
            Program = _keys[behaviour.Index],
            Destination = destination,
            Priority = behaviour.Spec.Priority,
            Deadline = behaviour.Spec.DeadlineSeconds > 0 ? new Instant(Now + Ticks.FromSeconds(behaviour.Spec.DeadlineSeconds)) : null,
            Tag = (ulong)index,
        };
        _recording?.Events?.Submit(
            new Instant(Now), attempt.Serial, KeyOf(behaviour), destination, request.Priority, request.Deadline);
        attempt.Id = _limiter.Submit(request, new Instant(Now));
        ScheduleOwnTimeout(index, behaviour);
    }

    private void Step()
    {
        Events++;
        var deadline = _limiter.NextDeadline;
        if (deadline <= _events.NextTime)
        {
            Now = Math.Max(Now, deadline);
            _recording?.Events?.Advanced(new Instant(Now));
            _limiter.AdvanceTo(new Instant(Now));
            if (_limiter.NextDeadline <= deadline && ++_stuck > 1000)
            {
                throw Checks.Fail(Now, $"the policy asks to be woken at {Ticks.ToSeconds(deadline)} s again and again: time stands still");
            }
        }
        else
        {
            _stuck = 0;
            var what = _events.Take(out var time);
            Now = Math.Max(Now, time);
            Handle(what);
        }

        HandleDecisions();
    }

    private void Handle(WorldEvent what)
    {
        switch (what.Kind)
        {
            case EventKind.Wake:
                if (what.Generation < 0)
                {
                    _behaviours[what.Index].Start(_seed);
                }
                else
                {
                    _behaviours[what.Index].OnWake(what.Generation);
                }

                break;
            case EventKind.NatExpire:
                Nat!.Expire();
                break;
            case EventKind.FaultBegins:
                BeginFault(_scenario.Faults[what.Index]);
                break;
            case EventKind.FaultEnds:
                EndFault(_scenario.Faults[what.Index]);
                break;
            default:
                if (_attempts[what.Index].Generation == what.Generation)
                {
                    HandleAttemptEvent(what.Kind, what.Index);
                }

                break;
        }
    }

    /// <summary>Carries out what the limiter has decided, until it has nothing more to say.</summary>
    private void HandleDecisions()
    {
        try
        {
            _loop.Drain(_limiter);
        }
        catch (InvalidOperationException e)
        {
            throw Checks.Fail(Now, e.Message);
        }

        MaxCounted = Math.Max(MaxCounted, _limiter.Counted);
        Checks.AfterStep(Now, HalfOpen, Nat?.Entries ?? 0);
    }

    private int TakeAttempt()
    {
        if (_freeCount > 0)
        {
            return _freeAttempts[--_freeCount];
        }

        if (_usedAttempts == _attempts.Length)
        {
            Array.Resize(ref _attempts, _usedAttempts * 2);
        }

        return _usedAttempts++;
    }

    private void FreeAttempt(int index)
    {
        ref var attempt = ref _attempts[index];
        Hosts.Release(attempt.Host);
        attempt.State = SimulatedState.Free;
        attempt.Generation = unchecked(attempt.Generation + 1) & int.MaxValue;
        if (_freeCount == _freeAttempts.Length)
        {
            Array.Resize(ref _freeAttempts, _freeCount * 2);
        }

        _freeAttempts[_freeCount++] = index;
    }

    private void InternKeys()
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            _keys[i] = _limiter.Intern(KeyOf(_behaviours[i]), _behaviours[i].Spec.Owner);
        }
    }

    /// <summary>Clones of a program with a key of its own have keys of their own; a shared key stays shared.</summary>
    private static string KeyOf(Behaviour behaviour) =>
        behaviour.Spec.Key == behaviour.Spec.Name ? behaviour.Name : behaviour.Spec.Key;
}
