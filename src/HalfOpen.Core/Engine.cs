using HalfOpen.Core.Attempts;
using HalfOpen.Core.Policies;

namespace HalfOpen.Core;

/// <summary>
/// The limiter: told what happened and when, it answers what to start now (<see cref="Decisions"/>) and when to wake it
/// next (<see cref="NextDeadline"/>). Deterministic: the same calls give the same decisions. No clock, no I/O, no
/// allocation per attempt once its tables have grown. Not thread-safe: the host serialises. Time never goes back: an
/// instant before the last one is taken as the last one.
/// </summary>
public sealed partial class Engine
{
    private readonly EngineState _state;
    private Policy _policy;
    private PolicyOptions _policyOptions;

    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Engine(EngineOptions options)
    {
        options.Validate();
        _state = new EngineState(options);
        _policyOptions = options.Policy;
        _policy = options.Policy.Create(_state);
        _state.Programs.Recycled += index => _policy.Forget(index);
        _state.Programs.OwnerRecycled += index => _policy.ForgetOwner(index);
    }

    /// <summary>The programs this engine knows.</summary>
    public ProgramTable Programs => _state.Programs;

    /// <summary>Slots.</summary>
    public int Limit => _state.WholeLimit;

    /// <summary>The rule in force.</summary>
    public PolicyOptions Policy => _policyOptions;

    /// <summary>
    /// Slots held. What takes a slot is the policy's choice; attempts that ended may keep theirs for a while under
    /// <c>windows-xp</c>.
    /// </summary>
    public int Counted => _state.All.Counted;

    /// <summary>Started attempts without an outcome yet, whether they hold a slot or not.</summary>
    public int HalfOpen => _state.All.HalfOpen;

    /// <summary>Attempts that wait.</summary>
    public int Waiting => _state.All.Waiting;

    /// <summary>The last instant the engine was told.</summary>
    public Instant Now => new(_state.Now);

    /// <summary>
    /// When <see cref="AdvanceTo"/> must be called again at the latest; null: nothing is due until something happens.
    /// Never before <see cref="Now"/>: what was learned from the last event may make something due at once.
    /// </summary>
    public Instant? NextDeadline
    {
        get
        {
            var due = NextDue();
            return due == long.MaxValue ? null : new Instant(Math.Max(due, _state.Now));
        }
    }

    /// <summary>
    /// What the calls since the last <see cref="ClearDecisions"/> caused, in order. Valid until the next call.
    /// </summary>
    public ReadOnlySpan<Decision> Decisions => _state.Decisions;

    /// <summary>Forgets the decisions the host has carried out.</summary>
    public void ClearDecisions() => _state.ClearDecisions();

    /// <summary>
    /// A program wants to connect. Whether the attempt starts, waits or is refused stands in <see cref="Decisions"/>.
    /// </summary>
    /// <returns>The attempt's id; stale already when it was rejected.</returns>
    /// <exception cref="ArgumentException">The program is not known; the priority is out of range.</exception>
    public AttemptId Submit(in AttemptRequest request, Instant now)
    {
        var program = Check(request);
        AdvanceTo(now);
        var index = _state.Create(request, program);
        var id = _state.Slab.IdOf(index);
        if (_state.Programs.IsDenied(program))
        {
            _state.Reject(index, RejectReason.Denied);
            return id;
        }

        if (request.Deadline is { } past && past.Ticks <= _state.Now)
        {
            _state.Reject(index, RejectReason.Expired);
            return id;
        }

        _policy.Submit(index);
        if (IsWaiting(index))
        {
            Wait(index, request.Deadline);
        }

        return id;
    }

    /// <summary>
    /// An attempt that was half-open already when the host found it. It is never queued. It counts, above the limit if
    /// need be; under fair what is above the limit holds no slot, and is owed by its program.
    /// </summary>
    /// <exception cref="ArgumentException">As <see cref="Submit"/>.</exception>
    public AttemptId Adopt(in AttemptRequest request, Instant now)
    {
        var program = Check(request);
        AdvanceTo(now);
        var index = _state.Create(request, program);
        _policy.Adopt(index);
        return _state.Slab.IdOf(index);
    }

    /// <summary>An attempt ended; of a waiting one whatever the outcome says, it only leaves the queue.</summary>
    /// <returns>False, and nothing happened, when the id is stale: hosts may learn of one end twice.</returns>
    public bool Complete(AttemptId attempt, Outcome outcome, Instant now)
    {
        if ((uint)outcome > (uint)Outcome.Cancelled)
        {
            throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "not an outcome");
        }

        AdvanceTo(now); // it may expire right now
        if (!_state.Slab.IsCurrent(attempt))
        {
            return false;
        }

        var index = attempt.Index;
        if (IsWaiting(index))
        {
            _policy.Withdrawn(index);
            _policy.Unlink(index);
            _state.Dequeue(index);
            _state.RecordOutcome(index, outcome);
            _state.Slab.Retire(index);
            _state.Release(index);
            _policy.Unlinked();
            return true;
        }

        _state.RecordOutcome(index, outcome);
        _state.Slab.Retire(index);
        _policy.Ended(index, outcome);
        if (_state.Slab[index].State != AttemptState.Cooling)
        {
            _state.Release(index);
        }

        return true;
    }

    /// <summary>An established connection ended. Connections the engine never saw are ignored.</summary>
    public void ConnectionClosed(in Destination destination, Instant now)
    {
        AdvanceTo(now);
        _policy.ConnectionClosed(destination);
    }

    /// <summary>
    /// Time passes: all internal deadlines up to and including <paramref name="now"/> are processed in their order.
    /// </summary>
    public void AdvanceTo(Instant now)
    {
        while (true)
        {
            var due = NextDue();
            if (due > now.Ticks)
            {
                break;
            }

            _state.Now = Math.Max(_state.Now, due);
            if (_state.Deadlines.NextDue <= _state.Now)
            {
                Expire(_state.Deadlines.First);
            }
            else
            {
                _policy.Advance();
            }
        }

        _state.Now = Math.Max(_state.Now, now.Ticks);
    }

    /// <summary>
    /// The limit changes while running. Nothing is lost; after a reduction nothing starts until it fits.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside 1 to 1,000,000.</exception>
    public void SetLimit(int limit, Instant now)
    {
        EngineOptions.CheckLimit(limit);
        AdvanceTo(now);
        _state.WholeLimit = limit;
        _policy.LimitChanged();
    }

    /// <summary>
    /// Another rule takes over: half-open attempts stay so, waiting ones keep their order within their program. What
    /// the old policy had learned is forgotten.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An option of it is out of range.</exception>
    public void SetPolicy(PolicyOptions policy, Instant now)
    {
        EngineOptions.CheckPolicy(policy);
        AdvanceTo(now);
        var next = policy.Create(_state);
        PolicyChange.Carry(_state, _policy, next);
        _policy = next;
        _policyOptions = policy;
    }

    /// <summary>A snapshot; allocates.</summary>
    public EngineStatistics GetStatistics()
    {
        var programs = new List<ProgramStatistics>();
        for (var index = 0; index < _state.Programs.Count; index++)
        {
            if (!_state.HasRow(index) || !_state.Programs.IsLive(index))
            {
                continue;
            }

            ref var row = ref _state.Row(index);
            programs.Add(new ProgramStatistics(
                _state.Programs.IdOf(index),
                _state.Programs.Name(index),
                _state.Programs.OwnerName(index),
                row.Counted,
                row.HalfOpen,
                row.Waiting,
                row.Waiting == 0 ? WaitReason.None : _policy.ReasonOf(index),
                row.Totals,
                row.Started == 0 ? TimeSpan.Zero : new TimeSpan(row.WaitTicks / row.Started),
                new TimeSpan(row.MaxWaitTicks)));
        }

        return new EngineStatistics(
            Limit,
            Counted,
            HalfOpen,
            Waiting,
            _policy.Statistics,
            _state.Warnings,
            _state.GivenUp,
            _state.All.Totals,
            _state.Waits.Copy(),
            _state.Holds.Copy(),
            programs);
    }

    private int Check(in AttemptRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(request.Priority);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.Priority, AttemptRequest.MaxPriority);
        return _state.Programs.Check(request.Program);
    }

    private long NextDue() => Math.Min(_state.Deadlines.NextDue, _policy.NextDue);

    private bool IsWaiting(int index) => _state.Slab[index].State is AttemptState.Queued or AttemptState.Parked;

    private void Expire(int index)
    {
        _policy.Unlink(index);
        _state.Dequeue(index);
        _state.Reject(index, RejectReason.Expired);
        _policy.Unlinked();
    }

    /// <summary>A full queue refuses what would wait, not what may start at once: the policy was asked first.</summary>
    private void Wait(int index, Instant? deadline)
    {
        if (_state.All.Waiting > _state.Options.MaxQueued)
        {
            _policy.Unlink(index);
            _state.Dequeue(index);
            _state.Reject(index, RejectReason.QueueFull);
            _policy.Unlinked();
            return;
        }

        if (deadline is { } due)
        {
            _state.Deadlines.Add(index, due.Ticks);
        }

        _state.Emit(DecisionKind.Queued, index);
        _policy.Queued(index);
    }
}
