using System.Runtime.CompilerServices;
using HalfOpen.Core.Attempts;
using HalfOpen.Core.Queueing;
using HalfOpen.Core.Statistics;

namespace HalfOpen.Core;

/// <summary>
/// What the engine and its policy share: the attempts, the counts, the decisions. Only these methods change the counts,
/// so that they always add up.
/// </summary>
internal sealed class EngineState
{
    private Decision[] _decisions = new Decision[64];
    private int _decisionCount;
    private CounterRow[] _rows = new CounterRow[16];
    private CounterRow _all;
    private RecentRate _starts;

    public EngineState(EngineOptions options)
    {
        Options = options;
        WholeLimit = options.Limit;
        Programs = new ProgramTable(options.MaxPrograms) { Recycled = Forget };
        Deadlines = new DeadlineHeap(Slab);
    }

    public EngineOptions Options { get; }

    public AttemptSlab Slab { get; } = new();

    public ProgramTable Programs { get; }

    public DeadlineHeap Deadlines { get; }

    public DurationHistogram Waits { get; } = new();

    public DurationHistogram Holds { get; } = new();

    public long Now { get; set; }

    /// <summary>Slots in all.</summary>
    public int WholeLimit { get; set; }

    /// <summary>Slots out on lease that no counted attempt stands for (<see cref="Engine.Leased"/>).</summary>
    public int Leased { get; set; }

    /// <summary>Slots that policies give out: what is on lease is not theirs to give.</summary>
    public int Limit => WholeLimit - Leased;

    public long Warnings { get; private set; }

    public long GivenUp { get; private set; }

    public ref readonly CounterRow All => ref _all;

    public ReadOnlySpan<Decision> Decisions => _decisions.AsSpan(0, _decisionCount);

    public void ClearDecisions() => _decisionCount = 0;

    public bool HasRow(int program) => program < _rows.Length;

    public ref CounterRow Row(int program) => ref _rows[program];

    /// <summary>A new attempt, in no list yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Create(in AttemptRequest request, int program)
    {
        if (program >= _rows.Length)
        {
            Array.Resize(ref _rows, Math.Max(_rows.Length * 2, program + 1));
        }

        var index = Slab.Rent();
        ref var attempt = ref Slab[index];
        attempt.Address = request.Destination.Address;
        attempt.Port = request.Destination.Port;
        attempt.Since = Now;
        attempt.Tag = request.Tag;
        attempt.Program = program;
        attempt.Class = -1;
        attempt.Heap = -1;
        attempt.Entry = -1;
        attempt.Flags = AttemptFlags.None;
        attempt.List = 0;
        attempt.State = AttemptState.Free;
        attempt.Priority = request.Priority;
        Programs.Pin(program);
        _rows[program].Submitted++;
        _all.Submitted++;
        return index;
    }

    /// <summary>Puts it among those that wait; the policy keeps the list.</summary>
    public void Enqueue(int index)
    {
        ref var attempt = ref Slab[index];
        attempt.State = AttemptState.Queued;
        _rows[attempt.Program].Waiting++;
        _all.Waiting++;
    }

    /// <summary>It leaves those that wait; the policy has unlinked it.</summary>
    public void Dequeue(int index)
    {
        ref var attempt = ref Slab[index];
        _rows[attempt.Program].Waiting--;
        _all.Waiting--;
        if (attempt.Heap >= 0)
        {
            Deadlines.Remove(index);
        }
    }

    public void Start(int index, bool counted)
    {
        ref var attempt = ref Slab[index];
        ref var row = ref _rows[attempt.Program];
        if (attempt.State is AttemptState.Queued or AttemptState.Parked)
        {
            Dequeue(index);
        }
        else if (attempt.Heap >= 0)
        {
            Deadlines.Remove(index); // it came from another policy's queue
        }

        var wait = Now - attempt.Since;
        Waits.Record(wait);
        _starts.Add(Now);
        row.WaitTicks += wait;
        row.MaxWaitTicks = Math.Max(row.MaxWaitTicks, wait);
        MarkStarted(ref attempt, ref row);
        if (counted)
        {
            Charge(index);
        }

        Emit(DecisionKind.Start, index);
    }

    /// <summary>Half-open when the host found it: no decision, no wait.</summary>
    public void StartAdopted(int index, bool counted)
    {
        ref var attempt = ref Slab[index];
        if (attempt.State != AttemptState.Started)
        {
            MarkStarted(ref attempt, ref _rows[attempt.Program]);
        }

        if (counted)
        {
            Charge(index);
        }
    }

    /// <summary>Another policy will take it over: it holds nothing and is in no list.</summary>
    public void TakeOut(int index)
    {
        ref var attempt = ref Slab[index];
        if (attempt.State is AttemptState.Queued or AttemptState.Parked)
        {
            _rows[attempt.Program].Waiting--;
            _all.Waiting--;
            attempt.State = AttemptState.Free;
        }
        else if (attempt.IsCounted)
        {
            _rows[attempt.Program].Counted--;
            _all.Counted--;
            Leased += attempt.IsLeased ? 1 : 0;
        }

        attempt.Flags &= AttemptFlags.Leased;
        attempt.List = 0;
        attempt.Entry = -1;
        attempt.Class = -1;
    }

    /// <summary>It takes a slot; one that is leased has its own.</summary>
    public void Charge(int index)
    {
        ref var attempt = ref Slab[index];
        attempt.Flags |= AttemptFlags.Counted;
        Leased -= attempt.IsLeased ? 1 : 0;
        _rows[attempt.Program].Counted++;
        _all.Counted++;
    }

    /// <summary>Its slot is free, or back among those on lease.</summary>
    public void Discharge(int index)
    {
        ref var attempt = ref Slab[index];
        attempt.Flags &= ~AttemptFlags.Counted;
        Leased += attempt.IsLeased ? 1 : 0;
        _rows[attempt.Program].Counted--;
        _all.Counted--;
        if (Options.ReportFreed && !attempt.IsLeased)
        {
            Emit(DecisionKind.Freed, index);
        }
    }

    /// <summary>Its outcome is known: it is no longer half-open. Slots are the policy's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RecordOutcome(int index, Outcome outcome)
    {
        ref var attempt = ref Slab[index];
        ref var row = ref _rows[attempt.Program];
        row.Outcomes[(int)outcome]++;
        _all.Outcomes[(int)outcome]++;
        if (attempt.State == AttemptState.Started)
        {
            row.HalfOpen--;
            _all.HalfOpen--;
            Holds.Record(Now - attempt.Since);
        }
    }

    /// <summary>Refuses or expires it; it must be in no list. Its id is stale after this.</summary>
    public void Reject(int index, RejectReason reason)
    {
        ref var attempt = ref Slab[index];
        _rows[attempt.Program].Rejected++;
        _all.Rejected++;
        Append(new Decision(DecisionKind.Rejected, Slab.IdOf(index), attempt.Tag, reason, RetryAfter()));
        Slab.Retire(index);
        Release(index);
    }

    /// <summary>The place is free for another attempt.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release(int index)
    {
        Programs.Unpin(Slab[index].Program);
        Slab.Return(index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Emit(DecisionKind kind, int index)
    {
        if (kind == DecisionKind.LimitWarning)
        {
            Warnings++;
        }
        else if (kind == DecisionKind.GiveUp)
        {
            GivenUp++;
        }

        Append(new Decision(kind, Slab.IdOf(index), Slab[index].Tag, RejectReason.None, TimeSpan.Zero));
    }

    /// <summary>A program is forgotten; one that never had an attempt may have no row.</summary>
    private void Forget(int program)
    {
        if (HasRow(program))
        {
            _rows[program] = default;
        }
    }

    private void MarkStarted(ref Attempt attempt, ref CounterRow row)
    {
        attempt.State = AttemptState.Started;
        attempt.Since = Now;
        row.Started++;
        row.HalfOpen++;
        _all.Started++;
        _all.HalfOpen++;
    }

    /// <summary>
    /// The time in which what waits now would start at the rate of the last ten or twenty seconds. Only a hint.
    /// </summary>
    private TimeSpan RetryAfter()
    {
        var perSecond = _starts.PerSecond(Now);
        var seconds = perSecond > 0 ? _all.Waiting / perSecond : _all.Started == 0 ? 1 : 60;
        return TimeSpan.FromMilliseconds(Math.Round(Math.Clamp(seconds, 1, 60) * 1000));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Append(in Decision decision)
    {
        if (_decisionCount == _decisions.Length)
        {
            Array.Resize(ref _decisions, _decisionCount * 2);
        }

        _decisions[_decisionCount++] = decision;
    }
}
