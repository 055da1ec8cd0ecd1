using HalfOpen.Core.Attempts;
using HalfOpen.Core.Queueing;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// What takes a slot: an attempt to a destination not known to answer. Who gets one: the program that holds fewest
/// (<see cref="Turns"/>). What may be taken: everything but the <see cref="Headroom"/>, except by those who give it
/// back within a round trip. The reasons stand in docs/concepts/fair.md; the invariant is that slots held never exceed
/// the limit. This file: what happens, and what becomes of an attempt. FairPolicy.Waiting.cs: queued, or parked behind
/// another attempt to the same destination. FairPolicy.Turns.cs: what is there is given out. FairPolicy.Started.cs:
/// from the start of an attempt to its end. FairPolicy.Review.cs: what classes, programs and owners are taken for.
/// FairPolicy.Beyond.cs: out without a slot. FairPolicy.Excess.cs: half-open beyond the limit already.
/// FairPolicy.Trust.cs: silent, with a slot of the headroom.
/// </summary>
internal sealed partial class FairPolicy : Policy
{
    private readonly FairOptions _options;
    private readonly ClassTable _classes;
    private readonly Turns _turns = new();
    private readonly Headroom _headroom;
    private readonly BeyondSlots _beyond;
    private readonly KnownDestinations _known;
    private readonly AddressFilter _queued;
    private readonly HandshakeTimes _handshakes;
    private readonly Credit? _credit;
    private readonly NatLedger? _nat;

    // Started attempts by what is known of them, each in the order of their starts.
    private AttemptList _young;
    private AttemptList _late;
    private long _sixAnsweredAt = long.MinValue / 2;

    public FairPolicy(EngineState state, FairOptions options)
        : base(state)
    {
        _options = options;
        _classes = new ClassTable(options.PortClasses);
        _headroom = new Headroom(options, state.WholeLimit, state.Now);
        _beyond = new BeyondSlots(state.WholeLimit);
        _known = new KnownDestinations(options, state.Options.HashSeed);
        _queued = new AddressFilter(state.Options.MaxQueued);
        _handshakes = new HandshakeTimes(options);
        _credit = options is { GiveUp: true, Credit: true } ? new Credit(Slab, options.CreditPerSuccess) : null;
        _nat = options.NatBudget is { } budget ? new NatLedger(budget, options.NatSilentHold, options.NatClosedHold, state.Now) : null;
    }

    /// <summary>What becomes of an attempt.</summary>
    private enum Way
    {
        /// <summary>It starts without a slot: its destination answered lately.</summary>
        StartFree,

        /// <summary>It starts on a slot.</summary>
        StartOnSlot,

        /// <summary>It waits for the outcome of another attempt to the same destination.</summary>
        Park,

        /// <summary>It waits for its turn.</summary>
        Queue,
    }

    /// <summary>Classes of a program of which one is served.</summary>
    private enum Among
    {
        All,

        /// <summary>Those that may use the headroom.</summary>
        Privileged,

        /// <summary>All but those of IPv6 where it answers nobody.</summary>
        NotBrokenSix,
    }

    public override PolicyStatistics Statistics => new FairStatistics(
        _known.Count, _headroom.Size, _options.GiveUp ? new TimeSpan(_handshakes.GiveUpAfter) : null, _nat?.Entries ?? 0);

    public override long NextDue
    {
        get
        {
            var due = _young.IsEmpty ? long.MaxValue : Slab[_young.Head].Since + _handshakes.LateAfter;
            if (_options.GiveUp && !_late.IsEmpty)
            {
                due = Math.Min(due, Slab[_late.Head].Since + _handshakes.GiveUpAfter);
            }

            if (!_turns.IsEmpty)
            {
                due = Math.Min(due, _probationDue);
                due = Math.Min(due, _headroom.NextDue(_late.IsEmpty ? long.MaxValue : Slab[_late.Head].Since, State.Now));
            }

            if (_nat is { HasRoomForAll: false } && State.All.Waiting > 0)
            {
                due = Math.Min(due, _nat.NextDue);
            }

            return due;
        }
    }

    private bool HasNatRoom => _nat is null or { HasRoom: true };

    /// <summary>
    /// Nobody waits and more than half of the slots are free: several attempts to one destination may run, each on a
    /// slot of its own.
    /// </summary>
    private bool SlotsArePlenty => State.All.Counted < State.Limit / 2 && _turns.IsEmpty;

    /// <summary>Nobody waits and no slot is short: whoever comes may have one.</summary>
    private bool NothingIsShort =>
        _turns.IsEmpty && State.All.Counted < State.Limit && _headroom.IsFar && _nat is null or { HasRoomForAll: true };

    public override void Submit(int index)
    {
        _nat?.AdvanceTo(State.Now);
        ref var attempt = ref Slab[index];
        attempt.Class = _classes.Find(attempt, State.Programs, State.Now);
        switch (Decide(index, isHead: false, out var entry))
        {
            case Way.StartFree:
                Start(index, entry, onSlot: false);
                break;
            case Way.StartOnSlot:
                StartAtOnce(index, entry);
                break;
            case Way.Park:
                State.Enqueue(index);
                Park(index, entry, first: false);
                break;
            default:
                State.Enqueue(index);
                Queue(index, first: false);
                Schedule();
                break;
        }
    }

    public override void Ended(int index, Outcome outcome)
    {
        End(index, outcome);
        Schedule();
    }

    public override void Withdrawn(int index)
    {
        if (_options.LearnPatience)
        {
            _classes[Slab[index].Class].Queue.Withdrawn(State.Now - Slab[index].Since);
        }
    }

    public override void Unlinked() => Schedule();

    public override void ConnectionClosed(in Destination destination)
    {
        _known.Closed(destination.Address, State.Now);
        if (_nat is null)
        {
            return;
        }

        var entries = _nat.Entries;
        _nat.CloseConnection(State.Now);
        if (_nat.Entries < entries)
        {
            Schedule(); // it left nothing behind: there is room
        }
    }

    public override void Advance()
    {
        _nat?.AdvanceTo(State.Now);
        BecomeSilent();
        EndProbationPause();
        Schedule();
    }

    public override void LimitChanged()
    {
        _headroom.SetLimit(State.WholeLimit, State.Now);
        _beyond.SetLimit(State.WholeLimit);
        if (State.All.Counted > State.WholeLimit)
        {
            OweExcess();
        }

        for (var c = 0; c < _classes.Count; c++)
        {
            if (_classes[c].IsLive)
            {
                Review(c);
            }
        }

        Schedule();
    }

    public override void Forget(int program)
    {
        _credit?.Forget(program, State.Programs.Owner(program));
        _classes.Forget(program);
        _turns.Forget(program);
    }

    public override void ForgetOwner(int owner)
    {
        _classes.ForgetOwner(owner);
        _turns.ForgetOwner(owner);
    }

    public override WaitReason ReasonOf(int program)
    {
        if (!_classes.Knows(program) || _classes.Program(program).Queued == 0)
        {
            return WaitReason.SameDestination;
        }

        if (State.All.Counted >= State.Limit)
        {
            return _turns.First == program ? WaitReason.SlotsTaken : WaitReason.Share;
        }

        return _nat is { HasRoomForAll: false } ? WaitReason.NatBudget : WaitReason.Headroom;
    }

    /// <summary>
    /// Known, contested, queued or on a slot? Asked when an attempt is submitted, and again when it is the head of its
    /// queue and a slot is there for it.
    /// </summary>
    /// <param name="entry">Its destination's entry; -1: there is none.</param>
    private Way Decide(int index, bool isHead, out int entry)
    {
        ref var attempt = ref Slab[index];
        if (!isHead && _classes[attempt.Class].Queue.Count > 0 && _queued.MayContain(attempt.Class, attempt.Address))
        {
            entry = -1;
            return Way.Queue; // behind those of its class that go to the same destination
        }

        entry = _known.Find(attempt.Address);
        if (entry >= 0)
        {
            ref var destination = ref _known[entry];
            var triesForOthers = (attempt.Flags & AttemptFlags.Promoted) != AttemptFlags.None;
            var othersWait = destination.ParkedCount > 0 || destination.Promoted;
            var isContested = destination.Counted > 0 || (othersWait && !triesForOthers);
            if (_known.IsKnown(entry, State.Now))
            {
                return DecideKnown(attempt, entry, isHead, triesForOthers, othersWait);
            }

            if (isContested && (othersWait || !SlotsArePlenty))
            {
                return Way.Park;
            }
        }

        return isHead || NothingIsShort ? Way.StartOnSlot : Way.Queue;
    }

    /// <summary>Without a slot, as many as may; beyond that as if it were not known, behind its own.</summary>
    private Way DecideKnown(in Attempt attempt, int entry, bool isHead, bool triesForOthers, bool othersWait)
    {
        ref var program = ref _classes.Program(attempt.Program);
        if (MayGoBeyond(attempt.Program, entry) && (triesForOthers || !othersWait || program is { Parked: 0, Queued: 0 }))
        {
            return isHead || HasNatRoom ? Way.StartFree : Way.Queue;
        }

        // Its window is full, of this program's attempts or of those of others: it stands in line behind its own only.
        var beyond = _known[entry].Beyond;
        var isOwn = beyond > 0 && program.Beyond * 2 >= beyond;
        if (!isHead && ((othersWait && program.Parked > 0) || (isOwn && (othersWait || !SlotsArePlenty))))
        {
            return Way.Park;
        }

        return isHead || NothingIsShort ? Way.StartOnSlot : Way.Queue;
    }
}
