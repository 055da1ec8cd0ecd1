using System.Runtime.InteropServices;
using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;
using HalfOpen.Hosting.Leases;
using HalfOpen.Hosting.Replay;
using HalfOpen.Simulation.Randomness;

namespace HalfOpen.Simulation.Leases;

/// <summary>
/// An engine behind a kernel that holds leased slots, as the guard has it: what happens goes into a ring that is read
/// late; an attempt that finds a leased slot starts without asking; only the others, deadlines and, while something
/// waits, ends wake the host. Reading stops short of the newest events now and then: another processor is just writing
/// them. The checkers see it as any limiter. Not thread-safe.
/// </summary>
internal sealed class LeasingLimiter : ILimiter, ILeaseholder
{
    private const double ReadsUnasked = 0.02, StopsShort = 0.25;

    /// <summary>Who is out for longer leaves the lease, as in the guard.</summary>
    private static readonly TimeSpan LeastOut = TimeSpan.FromSeconds(1);

    private readonly Engine _engine;

    /// <summary>Hands out ids before the engine knows of an attempt; it decides nothing.</summary>
    private readonly Engine _ids = new(new EngineOptions { Policy = new UnlimitedOptions() });
    private readonly ProgramId _anybody;
    private readonly LeaseKeeper _keeper;
    private readonly Prng _random;
    private readonly Queue<Told> _ring = [];

    /// <summary>The oldest first.</summary>
    private readonly Queue<(LeasingRow Row, Instant Due)> _onLease = [];
    private readonly Dictionary<AttemptId, LeasingRow> _rows = [];
    private readonly Dictionary<ulong, LeasingRow> _bySerial = [];
    private readonly List<Decision> _decisions = [];
    private readonly int _overdraw;
    private ulong _serials;
    private int _free;
    private bool _open;
    private int _untoldStarts;
    private int _untoldEnds;

    /// <param name="overdraw">Slots that the kernel gives out without having them: a fault, for tests of the
    /// checkers.</param>
    public LeasingLimiter(EngineOptions options, ulong seed, int overdraw = 0)
    {
        _overdraw = overdraw;
        _engine = new Engine(options);
        _anybody = _ids.Programs.Intern("anybody");
        _keeper = new LeaseKeeper(_engine, this, int.MaxValue);
        _random = Prng.ForStream(seed, 0x1EA5E);
        Renew(Instant.Zero);
    }

    private enum ToldKind
    {
        Began,
        Ended,
        Closed,
    }

    /// <summary>Attempts that began on a leased slot.</summary>
    public long OnLease { get; private set; }

    /// <summary>Those of them that left the lease since they had been out for long.</summary>
    public long LeftLease { get; private set; }

    public int HalfOpen => _engine.HalfOpen + _untoldStarts - _untoldEnds;

    /// <summary>Slots in use, as nearly as anybody can tell: never fewer than there are.</summary>
    public int Counted => Math.Min(HalfOpen, _engine.Counted + _engine.Leased - _free);

    public int Waiting => _engine.Waiting;

    public int Limit => _engine.Limit;

    public long NextDeadline => Math.Min(_engine.NextDeadline?.Ticks ?? long.MaxValue,
        _engine.Waiting > 0 && _onLease.TryPeek(out var oldest) ? oldest.Due.Ticks : long.MaxValue);

    public ReadOnlySpan<Decision> Decisions => CollectionsMarshal.AsSpan(_decisions);

    bool ILeaseholder.IsOpen { set => _open = value; }

    public ProgramId Intern(string program, string? owner = null) =>
        owner is not null ? _engine.Programs.Intern(program, _engine.Programs.InternOwner(owner))
        : ReplayParser.TryProgramNumber(program, out var number) ? _engine.Programs.Intern(number)
        : _engine.Programs.Intern(program);

    public AttemptId Submit(in AttemptRequest request, Instant now)
    {
        var row = NewRow(request, now);
        if (_open && _free > -_overdraw)
        {
            _free--;
            OnLease++;
            row.IsLeased = row.IsStarted = true;
            Tell(new Told(ToldKind.Began, row, default, default, now));
            _decisions.Add(new Decision(DecisionKind.Start, row.Id, row.Request.Tag, RejectReason.None, TimeSpan.Zero));
            if (_random.NextChance(ReadsUnasked))
            {
                Read(now, 0);
                Renew(now);
            }

            return row.Id;
        }

        Read(now, _random.NextChance(StopsShort) ? _random.NextBelow(3) : 0);
        _keeper.Renew(now, kept: 2);
        Take();
        row.Engine = _engine.Submit(row.Request with { Tag = row.Serial }, now);
        ReadIfSomethingWaits(now);
        Renew(now);
        return row.Id;
    }

    public AttemptId Adopt(in AttemptRequest request, Instant now)
    {
        Read(now, 0);
        var row = NewRow(request, now);
        row.IsStarted = true;
        row.Engine = _engine.Adopt(request with { Tag = row.Serial }, now);
        Renew(now);
        return row.Id;
    }

    public void Complete(AttemptId attempt, Outcome outcome, Instant now)
    {
        if (!_rows.Remove(attempt, out var row))
        {
            return;
        }

        _ids.Complete(attempt, Outcome.Cancelled, now);
        _free += row.IsLeased ? 1 : 0;
        Tell(new Told(ToldKind.Ended, row, outcome, default, now));
        ReadIfSomethingWaits(now);
    }

    public void ConnectionClosed(in Destination destination, Instant now)
    {
        Tell(new Told(ToldKind.Closed, null, default, destination, now));
        ReadIfSomethingWaits(now);
    }

    public void AdvanceTo(Instant now)
    {
        Read(now, 0);
        _engine.AdvanceTo(now);
        Renew(now);
    }

    public void SetLimit(int limit, Instant now)
    {
        Read(now, _random.NextChance(StopsShort) ? _random.NextBelow(3) : 0);
        _engine.SetLimit(limit, now);
        Renew(now);
    }

    public void ClearDecisions() => _decisions.Clear();

    void ILeaseholder.Add(int slots) => _free += slots;

    int ILeaseholder.TakeBack(int most)
    {
        var slots = Math.Clamp(_free, 0, most);
        _free -= slots;
        return slots;
    }

    private LeasingRow NewRow(in AttemptRequest request, Instant now)
    {
        var id = _ids.Submit(new AttemptRequest { Program = _anybody }, now);
        var row = new LeasingRow { Id = id, Serial = ++_serials, Request = request };
        _ids.ClearDecisions();
        _rows.Add(row.Id, row);
        _bySerial.Add(row.Serial, row);
        return row;
    }

    private void Tell(in Told told)
    {
        _ring.Enqueue(told);
        _untoldStarts += told.Kind == ToldKind.Began ? 1 : 0;
        _untoldEnds += told.Kind == ToldKind.Ended && told.Row!.IsStarted ? 1 : 0;
    }

    private void ReadIfSomethingWaits(Instant now)
    {
        if (_engine.Waiting > 0)
        {
            Read(now, 0);
            Renew(now);
        }
    }

    private void Renew(Instant now)
    {
        Take();
        _keeper.Renew(now);
        Take();
    }

    /// <param name="butFor">So many of the newest events are not in the ring yet.</param>
    private void Read(Instant now, int butFor)
    {
        _keeper.Close();
        while (_ring.Count > butFor)
        {
            var told = _ring.Dequeue();
            EndOldLeases(told.At);
            Learn(told);
        }

        EndOldLeases(now);
        _keeper.TakeBack(now);
        Take();
    }

    /// <summary>
    /// Before the engine knows that it is so late. One that has ended has returned its slot, though we may not have
    /// read of it.
    /// </summary>
    private void EndOldLeases(Instant now)
    {
        while (_onLease.TryPeek(out var oldest) && oldest.Due <= now)
        {
            _onLease.Dequeue();
            if (oldest.Row.IsLeased && _rows.ContainsKey(oldest.Row.Id))
            {
                oldest.Row.IsLeased = false;
                LeftLease++;
                _engine.Unlease(oldest.Row.Engine, _engine.Now);
            }
        }
    }

    private void Learn(in Told told)
    {
        switch (told.Kind)
        {
            case ToldKind.Began:
                _untoldStarts--;
                told.Row!.Engine = _engine.AdoptLeased(told.Row.Request with { Tag = told.Row.Serial }, told.At);
                if (told.Row.IsLeased && _rows.ContainsKey(told.Row.Id) && !_engine.NeedsSlot(told.Row.Engine))
                {
                    told.Row.IsLeased = false; // it has not given it back yet: we take it out
                    _engine.Unlease(told.Row.Engine, told.At);
                }
                else
                {
                    _onLease.Enqueue((told.Row, told.At + LeastOut));
                }

                break;
            case ToldKind.Ended:
                _untoldEnds -= told.Row!.IsStarted ? 1 : 0;
                _engine.Complete(told.Row.Engine, told.Outcome, told.At);
                _bySerial.Remove(told.Row.Serial);
                break;
            default:
                _engine.ConnectionClosed(told.Destination, told.At);
                break;
        }
    }

    /// <summary>The engine's decisions, in the world's words.</summary>
    private void Take()
    {
        foreach (var decision in _engine.Decisions)
        {
            if (!_bySerial.TryGetValue(decision.Tag, out var row) || !_rows.ContainsKey(row.Id))
            {
                continue; // it ended, and the engine does not know yet
            }

            row.IsStarted |= decision.Kind == DecisionKind.Start;
            if (decision.Kind == DecisionKind.Rejected)
            {
                _ids.Complete(row.Id, Outcome.Cancelled, _engine.Now);
                _rows.Remove(row.Id);
                _bySerial.Remove(row.Serial);
            }

            _decisions.Add(new Decision(decision.Kind, row.Id, row.Request.Tag, decision.Reason, decision.RetryAfter));
        }

        _engine.ClearDecisions();
    }

    private readonly record struct Told(ToldKind Kind, LeasingRow? Row, Outcome Outcome, Destination Destination, Instant At);

    private sealed class LeasingRow
    {
        public required AttemptId Id { get; init; }

        public required ulong Serial { get; init; }

        public required AttemptRequest Request { get; init; }

        public AttemptId Engine { get; set; }

        public bool IsLeased { get; set; }

        public bool IsStarted { get; set; }
    }
}
