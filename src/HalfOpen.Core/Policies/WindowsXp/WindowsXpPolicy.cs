using HalfOpen.Core.Attempts;
using HalfOpen.Core.Queueing;

namespace HalfOpen.Core.Policies.WindowsXp;

/// <summary>
/// Count C, threshold T, pending P, 128 lists, a cursor. In our words: C is the slots held, T the limit, P the backlog.
/// The numbers are the driver's.
/// </summary>
internal sealed class WindowsXpPolicy(EngineState state) : Policy(state)
{
    private const int Lists = 128;
    private const int StartsPerDrain = 20;
    private const long TickTicks = TimeSpan.TicksPerMillisecond * 100;

    // The driver's ring of aborted attempts: 20 entries, one passed every 5 ticks.
    private const long RingStepTicks = TickTicks * 5;
    private const long PenaltyTicks = RingStepTicks * 20;

    // Event 4226: the silence after each event is twice the one before it. The driver begins with 4,096 and doubles at
    // the first event too, so the first silence is one of 8,192 ticks (819.2 s).
    private const long InitialSilence = 4096;
    private const long LongestSilence = 1L << 28;

    private readonly AttemptList[] _lists = new AttemptList[Lists];
    private readonly DestinationTable _routes = new(state.Options.HashSeed);
    private UInt128 _nonEmpty; // bit i: list i has somebody
    private int _cursor;
    private AttemptList _cooling;
    private long _silentUntil = long.MinValue; // in ticks
    private long _silence = InitialSilence;

    private int Count => State.All.Counted;

    private int Pending => State.All.Waiting;

    private long CurrentTick => State.Now / TickTicks;

    public override PolicyStatistics Statistics => new WindowsXpStatistics(_routes.Count);

    /// <summary>Ticks at which nothing can change are not visited: idle time costs nothing.</summary>
    public override long NextDue
    {
        get
        {
            var due = _cooling.IsEmpty ? long.MaxValue : Slab[_cooling.Head].Since;
            return Pending != 0 && Count < State.Limit ? Math.Min(due, (CurrentTick + 1) * TickTicks) : due;
        }
    }

    public override void Submit(int index)
    {
        if (Count < State.Limit && Pending == 0)
        {
            Start(index, adopted: false);
            return;
        }

        State.Enqueue(index);
        ref var attempt = ref Slab[index];
        var list = ListOf(State.Programs.Key(attempt.Program));
        _lists[list].AddLast(Slab, index);
        _nonEmpty |= UInt128.One << list;
    }

    /// <summary>Event 4226 is considered at each attempt that is queued, and backs off for ever.</summary>
    public override void Queued(int index)
    {
        if (CurrentTick < _silentUntil)
        {
            return;
        }

        _silence = Math.Min(_silence * 2, LongestSilence);
        _silentUntil = CurrentTick + _silence;
        State.Emit(DecisionKind.LimitWarning, index);
    }

    public override void Adopt(int index) => Start(index, adopted: true);

    public override void Ended(int index, Outcome outcome)
    {
        ref var attempt = ref Slab[index];
        var entry = attempt.Entry;
        if (outcome == Outcome.Established)
        {
            _routes[entry].Open++;
        }

        _routes[entry].HalfOpen--;
        if (!attempt.IsCounted)
        {
            ForgetIfUnused(entry);
            return;
        }

        if (outcome == Outcome.Cancelled)
        {
            // The slot, and the destination's being counted, last until the ring comes round.
            attempt.State = AttemptState.Cooling;
            attempt.Since = (State.Now + PenaltyTicks + RingStepTicks - 1) / RingStepTicks * RingStepTicks;
            _cooling.AddLast(Slab, index);
            return;
        }

        Decrement(index);
    }

    public override void Unlink(int index)
    {
        var list = ListOf(State.Programs.Key(Slab[index].Program));
        _lists[list].Remove(Slab, index);
        ClearIfEmpty(list);
    }

    public override void ConnectionClosed(in Destination destination)
    {
        var entry = _routes.Find(destination.Address);
        if (entry >= 0 && _routes[entry].Open > 0)
        {
            _routes[entry].Open--;
            ForgetIfUnused(entry);
        }
    }

    public override void Advance()
    {
        while (!_cooling.IsEmpty && Slab[_cooling.Head].Since <= State.Now)
        {
            var index = _cooling.RemoveFirst(Slab);
            Decrement(index);
            State.Release(index);
        }

        Drain();
    }

    /// <summary>The driver does not look at its queue when the limit is written: the next tick does.</summary>
    public override void LimitChanged()
    {
    }

    public override void Export(List<int> waiting)
    {
        for (var list = 0; list < Lists; list++)
        {
            _lists[list].MoveTo(Slab, waiting);
        }

        _nonEmpty = UInt128.Zero;
    }

    public override void Detach()
    {
        while (!_cooling.IsEmpty)
        {
            var index = _cooling.RemoveFirst(Slab);
            State.Discharge(index);
            State.Release(index);
        }
    }

    public override WaitReason ReasonOf(int program) => Count >= State.Limit ? WaitReason.SlotsTaken : WaitReason.Turn;

    internal static int ListOf(uint processKey) => (int)((processKey ^ (processKey >> 8) ^ (processKey >> 16) ^ (processKey >> 24)) & 0x7F);

    /// <summary>
    /// Takes a slot unless the destination is known good (a connection to it is open) or another attempt to it is
    /// counted already.
    /// </summary>
    private void Start(int index, bool adopted)
    {
        var entry = _routes.FindOrAdd(Slab[index].Address);
        Slab[index].Entry = entry;
        ref var route = ref _routes[entry];
        var counted = route.Open == 0 && route.Counted == 0;
        route.HalfOpen++;
        if (counted)
        {
            route.Counted++;
        }

        if (adopted)
        {
            State.StartAdopted(index, counted);
        }
        else
        {
            State.Start(index, counted);
        }
    }

    private void Decrement(int index)
    {
        var entry = Slab[index].Entry;
        State.Discharge(index);
        _routes[entry].Counted--;
        ForgetIfUnused(entry);
        Drain();
    }

    private void Drain()
    {
        for (var starts = 0; starts < StartsPerDrain && Pending != 0 && Count < State.Limit; starts++)
        {
            _cursor = NextNonEmpty((_cursor + 1) & (Lists - 1));
            var index = _lists[_cursor].RemoveFirst(Slab);
            ClearIfEmpty(_cursor);
            Start(index, adopted: false);
        }
    }

    private int NextNonEmpty(int from)
    {
        var turned = UInt128.RotateRight(_nonEmpty, from);
        return (from + (int)UInt128.TrailingZeroCount(turned)) & (Lists - 1);
    }

    private void ClearIfEmpty(int list)
    {
        if (_lists[list].IsEmpty)
        {
            _nonEmpty &= ~(UInt128.One << list);
        }
    }

    private void ForgetIfUnused(int entry)
    {
        ref var route = ref _routes[entry];
        if (route.Open == 0 && route.Counted == 0 && route.HalfOpen == 0)
        {
            _routes.Remove(entry);
        }
    }
}
