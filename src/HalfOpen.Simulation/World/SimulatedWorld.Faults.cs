using HalfOpen.Core;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;

namespace HalfOpen.Simulation.World;

/// <summary>What goes wrong, at the instants that the scenario names.</summary>
internal sealed partial class SimulatedWorld
{
    private void ScheduleFaults()
    {
        for (var i = 0; i < _scenario.Faults.Count; i++)
        {
            var fault = _scenario.Faults[i];
            _events.Add(Ticks.FromSeconds(fault.At), new WorldEvent(EventKind.FaultBegins, i, 0));
            if (fault.Kind is FaultKind.Loss or FaultKind.Outage || (fault.Kind == FaultKind.Silence && fault.Seconds > 0))
            {
                _events.Add(Ticks.FromSeconds(fault.At + fault.Seconds), new WorldEvent(EventKind.FaultEnds, i, 0));
            }
        }
    }

    private void BeginFault(FaultSpec fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.Limit:
                _recording?.Events?.LimitChanged(new Instant(Now), fault.Limit);
                Checks.LimitChanged(Now, fault.Limit);
                _limiter.SetLimit(fault.Limit, new Instant(Now));
                break;
            case FaultKind.Loss:
                _loss = fault.Loss;
                break;
            case FaultKind.Silence:
                SetFate(fault.Program, Fate.Silent);
                break;
            case FaultKind.Outage:
                _outages++;
                CloseAllConnections();
                break;
            default:
                Restart();
                break;
        }
    }

    private void EndFault(FaultSpec fault)
    {
        if (fault.Kind == FaultKind.Silence)
        {
            SetFate(fault.Program, Fate.Alive);
        }
        else if (fault.Kind == FaultKind.Loss)
        {
            _loss = _scenario.Loss;
        }
        else
        {
            _outages--;
        }
    }

    /// <summary>Answers that are under way still come; the next SYN finds the host as it is now.</summary>
    private void SetFate(string program, Fate fate)
    {
        foreach (var behaviour in _behaviours.Where(b => b.Spec.Name == program))
        {
            foreach (var host in behaviour.Pool)
            {
                Hosts[host].Fate = fate;
            }
        }
    }

    private void CloseAllConnections()
    {
        var used = _usedAttempts; // what the programs open in answer is not closed again
        for (var i = 0; i < used; i++)
        {
            if (_attempts[i].State == SimulatedState.Open)
            {
                CloseConnection(i);
            }
        }
    }

    /// <summary>
    /// The machine goes down and comes back at once: nothing it knew is left, only the router remembers.
    /// </summary>
    private void Restart()
    {
        Unrecordable ??= "a restart";
        for (var i = 0; i < _usedAttempts; i++)
        {
            ref var attempt = ref _attempts[i];
            if (attempt.State == SimulatedState.Free)
            {
                continue;
            }

            if (attempt.State == SimulatedState.HalfOpen)
            {
                _behaviours[attempt.Program].Statistics.HalfOpenTicks += Now - attempt.Started;
                Hosts[attempt.Host].HalfOpen--;
            }

            _behaviours[attempt.Program].Statistics.Cancelled += attempt.State == SimulatedState.Open ? 0 : 1;
            LeaveNat(ref attempt, attempt.State == SimulatedState.Open);
            FreeAttempt(i);
        }

        HalfOpen = 0;
        KeepOutsideEventsOnly();
        var limit = _limiter.Limit; // a limit set while running is configuration, and survives
        _limiter = _newLimiter();
        InternKeys();
        Checks.Restarted(_limiter);
        if (_limiter.Limit != limit)
        {
            _limiter.SetLimit(limit, new Instant(Now));
        }

        for (var i = 0; i < _behaviours.Length; i++)
        {
            _events.Add(Math.Max(Now, Ticks.FromSeconds(_behaviours[i].Spec.StartSeconds)), new WorldEvent(EventKind.Wake, i, -1));
        }
    }

    /// <summary>The router's clock and the faults to come do not stop with the machine.</summary>
    private void KeepOutsideEventsOnly()
    {
        var kept = new List<(long Time, WorldEvent What)>();
        while (_events.Count > 0)
        {
            var what = _events.Take(out var time);
            if (what.Kind is EventKind.NatExpire or EventKind.FaultBegins or EventKind.FaultEnds)
            {
                kept.Add((time, what));
            }
        }

        foreach (var (time, what) in kept)
        {
            _events.Add(time, what);
        }
    }
}
