using System.Globalization;
using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;
using HalfOpen.Simulation.Time;

namespace HalfOpen.Simulation.Checking;

/// <summary>
/// Watches a policy from the world's side during every run: counts what the world sees and compares it with what the
/// policy says and promised. Constant time a step. The first broken promise ends the run.
/// </summary>
internal sealed class Checkers
{
    private const int SweepEvery = 1024;
    private readonly string _title;
    private readonly PolicyPromises _promises;
    private readonly ulong _seed;
    private readonly long _longestHold;
    private readonly EventLog _log = new(256);
    private readonly int[] _keyOf;
    private readonly KeyState[] _keys;
    private ILimiter _limiter;
    private int _waiting;
    private int _unknownHalfOpen;
    private int _countedAllowed;

    // What was half-open beyond the limit without the policy's doing: it stays, and what may start beside it may.
    private int _excess;
    private long _starts;
    private long _steps;

    /// <param name="limiter">What is watched.</param>
    /// <param name="keys">The program key of each behaviour.</param>
    /// <param name="longestHold">How long an attempt can be half-open, in ticks: so long a program may have to wait for
    /// slots that it holds itself.</param>
    public Checkers(ILimiter limiter, PolicyUnderTest policy, ulong seed, IReadOnlyList<string> keys, long longestHold)
    {
        _limiter = limiter;
        _longestHold = longestHold;
        _title = policy.Title;
        _promises = policy.Promises;
        _seed = seed;
        var names = keys.Distinct(StringComparer.Ordinal).ToList();
        var numbers = names.Select((name, i) => (name, i)).ToDictionary(p => p.name, p => p.i, StringComparer.Ordinal);
        _keyOf = [.. keys.Select(k => numbers[k])];
        _keys = [.. names.Select(n => new KeyState { Name = n })];
    }

    /// <summary>The most half-open attempts to destinations that had never answered.</summary>
    public int MaxUnknownHalfOpen { get; private set; }

    /// <summary>Checks made, so that a report can say that they ran.</summary>
    public long Checked => _steps;

    public void LimitChanged(long now, int limit)
    {
        _log.Add(now, "limit", limit);
        _countedAllowed = _limiter.Counted; // over-full after a reduction: may stay, must not grow
        _excess = _limiter.HalfOpen;
    }

    /// <summary>It was half-open when the recorder began: it counts above the limit if need be.</summary>
    public void Adopted(long now, long serial)
    {
        _log.Add(now, "adopt", serial);
        _countedAllowed = Math.Max(_countedAllowed, _limiter.Counted);
        _excess = _limiter.HalfOpen;
    }

    public void Restarted(ILimiter limiter)
    {
        _limiter = limiter;
        _waiting = _unknownHalfOpen = _countedAllowed = _excess = 0;
        foreach (var key in _keys)
        {
            key.Waiting = 0;
            key.LastStarted = 0;
        }
    }

    public void Submitted(long now, long serial, int program)
    {
        _log.Add(now, "submit", serial);
        _waiting++;
        var key = _keys[_keyOf[program]];
        if (key.Waiting++ == 0)
        {
            BeginWait(now, key);
        }
    }

    /// <param name="toUnknown">The destination has never answered.</param>
    /// <param name="overtookDestination">An attempt submitted later to the same destination was started before.</param>
    public void Started(long now, long serial, int program, bool toUnknown, bool overtookDestination)
    {
        _log.Add(now, "start", serial);
        _waiting--;
        var key = _keys[_keyOf[program]];
        key.Waiting--;
        CheckWait(now, key);
        if (_promises.FifoWithinProgram && serial < key.LastStarted)
        {
            throw Fail(now, $"order: attempt {serial} of {key.Name} started after attempt {key.LastStarted}, which was submitted later");
        }

        if (_promises.FifoWithinDestination && overtookDestination)
        {
            throw Fail(now, $"order: attempt {serial} of {key.Name} started after a later attempt to the same destination");
        }

        key.LastStarted = serial;
        if (toUnknown)
        {
            _starts++;
            _unknownHalfOpen++;
            MaxUnknownHalfOpen = Math.Max(MaxUnknownHalfOpen, _unknownHalfOpen);
        }

        BeginWait(now, key);
    }

    public void Ended(long now, long serial, int program, bool wasHalfOpen, bool toUnknown, Outcome outcome)
    {
        _log.Add(now, NameOf(outcome), serial);
        if (!wasHalfOpen)
        {
            LeaveQueue(now, program);
        }
        else if (toUnknown)
        {
            _unknownHalfOpen--;
        }
    }

    public void Rejected(long now, long serial, int program)
    {
        _log.Add(now, "reject", serial);
        LeaveQueue(now, program);
    }

    /// <summary>Everything that must hold whenever the policy has said all it had to say about an event.</summary>
    public void AfterStep(long now, int halfOpen, int natEntries)
    {
        var limit = _limiter.Limit;
        var counted = _limiter.Counted;
        if (_limiter.HalfOpen != halfOpen)
        {
            throw Fail(now, $"slots: the policy says {_limiter.HalfOpen} half-open, the world has {halfOpen} half-open");
        }

        if (_limiter.Waiting != _waiting)
        {
            throw Fail(now, $"queue: the policy says {_limiter.Waiting} waiting, the world has {_waiting}");
        }

        if (counted < 0 || (counted > halfOpen && !_promises.CountsAfterEnd))
        {
            throw Fail(now, $"slots: {counted} counted, but {halfOpen} half-open");
        }

        if (_promises.Limited)
        {
            _countedAllowed = Math.Max(limit, Math.Min(_countedAllowed, counted));
            if (counted > _countedAllowed)
            {
                throw Fail(now, $"limit: {counted} counted above the limit of {limit}");
            }
        }

        _excess = halfOpen <= limit ? 0 : Math.Min(_excess, halfOpen);
        if (_promises.UnknownPerSlot > 0 && _unknownHalfOpen > (_promises.UnknownPerSlot * limit) + _excess)
        {
            throw Fail(now, $"limit: {_unknownHalfOpen} half-open attempts to destinations not known to answer, above "
                + (_promises.UnknownPerSlot > 1 ? $"{_promises.UnknownPerSlot} x " : "") + $"the limit of {limit}");
        }

        if (_promises.BeyondPerSlot > 0)
        {
            var beyond = halfOpen - counted;
            var most = Math.Max(_promises.BeyondAtLeast, _promises.BeyondPerSlot * limit);
            if (beyond > most + _excess)
            {
                throw Fail(now, $"beyond: {beyond} half-open attempts without a slot, at most {most} may be");
            }
        }

        if (natEntries > _promises.NatBudget)
        {
            throw Fail(now, $"NAT: {natEntries} entries in the router, above the budget of {_promises.NatBudget}");
        }

        if (++_steps % SweepEvery == 0)
        {
            CheckAllWaits(now);
        }
    }

    /// <summary>The run is over: nobody may still be starving.</summary>
    public void Finish(long now) => CheckAllWaits(now);

    /// <summary>The failure itself, for the world to throw when it sees nonsense.</summary>
    public CheckFailedException Fail(long now, string what)
    {
        var at = Ticks.ToSeconds(now).ToString("0.#######", CultureInfo.InvariantCulture);
        return new CheckFailedException($"check failed at {at} s, {_title}, seed {_seed}: {what}", _log.Lines());
    }

    private static string NameOf(Outcome outcome) => outcome switch
    {
        Outcome.Established => "established",
        Outcome.Refused => "refused",
        Outcome.Reset => "reset",
        Outcome.TimedOut => "timed-out",
        Outcome.Unreachable => "unreachable",
        _ => "cancelled",
    };

    private void LeaveQueue(long now, int program)
    {
        _waiting--;
        var key = _keys[_keyOf[program]];
        key.Waiting--;
        BeginWait(now, key);
    }

    private void BeginWait(long now, KeyState key)
    {
        key.WaitingSince = now;
        key.StartsAtWait = _starts;
        key.WaitingAtWait = _waiting;
    }

    private void CheckAllWaits(long now)
    {
        foreach (var key in _keys)
        {
            CheckWait(now, key);
        }
    }

    private void CheckWait(long now, KeyState key)
    {
        if (_promises.BoundPerWaiting == 0 && _promises.BoundPerProgram == 0)
        {
            return;
        }

        var passed = _starts - key.StartsAtWait;
        var bound = ((long)_promises.BoundPerWaiting * (key.WaitingAtWait + 1)) + ((long)_promises.BoundPerProgram * _keys.Length);
        if (key.Waiting > 0 && passed > bound && now - key.WaitingSince > _longestHold)
        {
            throw Fail(now, $"wait: {key.Name} has {key.Waiting} waiting while {passed} attempts of others started; at most {bound} may");
        }
    }

    private sealed class KeyState
    {
        public required string Name { get; init; }

        public int Waiting { get; set; }

        public long LastStarted { get; set; }

        public long WaitingSince { get; set; }

        public long StartsAtWait { get; set; }

        public int WaitingAtWait { get; set; }
    }
}
