using HalfOpen.Core;
using HalfOpen.Guard.Attribution;
using HalfOpen.Guard.Outcomes;
using HalfOpen.Hosting.Decisions;
using HalfOpen.Hosting.Replay;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Holding;

/// <summary>Takes verdicts.</summary>
internal interface IVerdicts
{
    /// <param name="index">Of the packet's entry, -1: none. Given back to <see cref="Holder.Missed"/>.</param>
    void Verdict(uint packetId, bool accept, int index);
}

/// <summary>
/// The heart of the guard, without a system call of its own: SYNs and outcomes in, the engine asked, verdicts out.
/// Every SYN gets exactly one verdict; every attempt the engine knows is one entry of the table, and the other way
/// round. Not thread-safe; told the time.
/// </summary>
internal sealed partial class Holder : IOutcomeSink, IDecisionSink
{
    private readonly Engine _engine;
    private readonly RecordingEngine _events;
    private readonly IVerdicts _verdicts;
    private readonly ISocketTable _sockets;
    private readonly IOrigins _origins;
    private readonly LocalAnswers _answers;
    private readonly AttemptTable _table;
    private readonly MultipathHolds _multipath;
    private readonly Tally _tally = new();
    private readonly DecisionLoop _loop;
    private GuardOptions _options;
    private ExemptionSet _exemptions;
    private Instant _now;

    // Whose the last attempt was: a program makes many in a row, and names are long.
    private AttemptOrigin? _lastOrigin;
    private ProgramId _lastProgram;
    private long _lastTallyKey;

    /// <param name="seed">For the table's hash, so that nobody outside can choose colliding flows.</param>
    public Holder(GuardOptions options, RecordingEngine events, IVerdicts verdicts, ISocketTable sockets, IOrigins origins, ulong seed,
        Instant now)
    {
        _options = options;
        _exemptions = new ExemptionSet(options.Exemptions, origins);
        _events = events;
        _engine = events.Engine;
        _verdicts = verdicts;
        _sockets = sockets;
        _origins = origins;
        _answers = new LocalAnswers(sockets, seed);
        _table = new AttemptTable(seed);
        _multipath = new MultipathHolds(_table);
        _loop = new DecisionLoop(this);
        _now = now;
    }

    /// <summary>The limit was reached while attempts wait; see <see cref="WarnEvery"/>.</summary>
    public event Action<GuardWarning>? LimitReached;

    public Counters Counters { get; } = new();

    public AttemptTable Table => _table;

    public Engine Engine => _engine;

    /// <summary>
    /// How long an MPTCP SYN may be held before the kernel draws conclusions (see <see cref="MultipathHolds"/>); null
    /// (default): it draws none.
    /// </summary>
    public TimeSpan? MultipathHold { get; init; }

    /// <summary>See <see cref="LocalAnswers.AtOnce"/>.</summary>
    public TimeSpan AtOnce
    {
        init => _answers.AtOnce = value;
    }

    /// <summary>See <see cref="LocalAnswers.LastLocalSyn"/>.</summary>
    public Func<ushort, long> LastLocalSyn
    {
        init => _answers.LastLocalSyn = value;
    }

    /// <summary>Set when events were lost: compare with the kernel soon.</summary>
    public bool MustReconcile { get; set; }

    public Instant Now => _now;

    /// <summary>
    /// Time passes, for everything that follows. It may let attempts start or end. Never backwards: two processors may
    /// tell of their events in another order than that in which they happened.
    /// </summary>
    public void AdvanceTo(Instant now)
    {
        _now = now > _now ? now : _now;
        EndOldLeases();
        _events.AdvanceTo(_now);
        Carry();
        EndOverdue();
    }

    /// <summary>Whether an attempt waits, so that outcomes are wished for at once.</summary>
    public bool Waits => _table.CountOf(Stage.Held) > 0;

    /// <inheritdoc/>
    public void Connecting(in Flow flow, uint processId)
    {
        if (flow.IsLoopback && !_options.GuardLoopback)
        {
            return;
        }

        var index = _table.Find(flow);
        if (index >= 0)
        {
            Forget(index, Outcome.Cancelled);
        }

        index = _table.Add(flow, Stage.Expected, _now.Ticks);
        ref var entry = ref _table[index];
        entry.ProcessId = processId;
        entry.IsLocal = true;
        Bound(Stage.Expected, MaxExpected);
    }

    /// <inheritdoc/>
    public void Ended(in Flow flow, uint? sequence, Outcome outcome)
    {
        var index = _table.Find(flow);
        if (index < 0)
        {
            return;
        }

        ref var entry = ref _table[index];
        if (sequence is { } answered && entry.SequenceKnown && entry.Sequence != answered)
        {
            return;
        }

        switch (entry.Stage)
        {
            case Stage.Expected when outcome != Outcome.Established:
                _table.Move(index, Stage.Closed, _now.Ticks);
                Bound(Stage.Closed, MaxExpected);
                break;
            case Stage.Held or Stage.Out:
                End(index, outcome);
                break;
            case Stage.Expected or Stage.Exempt:
                _table.Remove(index);
                break;
        }
    }

    /// <inheritdoc/>
    public void ConnectionClosed(in Flow flow)
    {
        var index = _table.Find(flow);
        if (index >= 0 && _table[index].Stage == Stage.Established)
        {
            Forget(index, Outcome.Cancelled);
        }
    }

    /// <inheritdoc/>
    public void EventsLost(long count)
    {
        Counters.EventsLost += count;
        MustReconcile = true;
    }

    /// <summary>
    /// A socket that was connecting already when the guard came: it counts, and its retransmissions pass.
    /// </summary>
    public void Adopt(in SocketInfo socket)
    {
        if (IsExempt(socket) || _table.Find(socket.Flow) >= 0)
        {
            return;
        }

        var index = _table.Add(socket.Flow, Stage.Out, _now.Ticks);
        ref var entry = ref _table[index];
        entry.IsLocal = true;
        entry.Interface = socket.Interface;
        entry.UserId = socket.Uid;
        var origin = _origins.OfSocket(socket.Inode, socket.CgroupId, socket.Uid, _now.Ticks);
        if (_exemptions.CoversOrigin(origin))
        {
            _table.Move(index, Stage.Exempt, _now.Ticks);
            return;
        }

        Belongs(ref entry, origin);
        entry.Attempt = _events.Adopt(RequestOf(index), _now, out entry.Number);
        Counters.Adopted++;
        Carry();
    }

    /// <summary>Whether rules let it pass: loopback, our mark, an exempt user, port or destination.</summary>
    public bool IsExempt(in SocketInfo socket) => (socket.Flow.IsLoopback && !_options.GuardLoopback)
        || (socket.Mark != 0 && socket.Mark == _options.Mark) || _exemptions.CoversFlow(socket.Flow) || _exemptions.CoversUser(socket.Uid);

    /// <summary>New options while running: nothing that waits is lost.</summary>
    public void Reload(GuardOptions options, PolicyOptions? policy)
    {
        _options = options;
        _lastOrigin = null;
        _exemptions = new ExemptionSet(options.Exemptions, _origins);
        if (options.Limit != _engine.Limit)
        {
            _events.SetLimit(options.Limit, _now);
        }

        if (policy is not null)
        {
            _engine.SetPolicy(policy, _now);
        }

        Carry();
    }

    /// <summary>The clean end: everything that is held goes out.</summary>
    public void AcceptAll()
    {
        while (_table.First(Stage.Held) is var index and >= 0)
        {
            _verdicts.Verdict(_table[index].PacketId, accept: true, -1);
            LeaveQueue(ref _table[index]);
            _table.Remove(index);
        }
    }

    /// <summary>
    /// Whose it is to the engine: on two levels or on one. What was begun before a reload stays what it was.
    /// </summary>
    private void Belongs(ref GuardedAttempt entry, AttemptOrigin origin)
    {
        if (ReferenceEquals(origin, _lastOrigin) && _engine.Programs.TryUse(_lastProgram))
        {
            (entry.Program, entry.TallyKey) = (_lastProgram, _lastTallyKey);
            return;
        }

        Find(ref entry, origin);
        (_lastOrigin, _lastProgram, _lastTallyKey) = (origin, entry.Program, entry.TallyKey);
    }

    private void Find(ref GuardedAttempt entry, AttemptOrigin origin)
    {
        if (_options.ShareBy == ShareBy.Program || origin.Owner.Length == 0)
        {
            entry.Program = _engine.Programs.Intern(origin.FlatName);
            entry.TallyKey = Tally.KeyOf(entry.IsLocal ? entry.UserId : null);
            return;
        }

        var id = _engine.Programs.InternOwner(origin.Owner);
        entry.Program = _engine.Programs.Intern(origin.FullName, id);
        entry.TallyKey = Tally.KeyOf(id);
    }

    private AttemptRequest RequestOf(int index)
    {
        ref var entry = ref _table[index];
        return new AttemptRequest
        {
            Program = entry.Program,
            Destination = new Destination(entry.Flow.Remote, entry.Flow.RemotePort),
            Tag = _table.TagOf(index),
        };
    }
}
