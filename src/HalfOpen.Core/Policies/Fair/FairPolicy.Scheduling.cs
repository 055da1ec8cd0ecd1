using System.Numerics;
using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>Who is next.</summary>
internal sealed partial class FairPolicy
{
    /// <summary>Who waits longer is served out of turn now and then, so that nobody waits for ever behind a stream of newcomers.</summary>
    private static readonly long AgeBound = TimeSpan.FromSeconds(10).Ticks;
    private const int AgedEvery = 16;
    private const int LargestFilter = 1 << 16;

    private readonly ProgramHeap _waiting = new();
    private readonly ProgramHeap _privileged = new();

    // How many queued attempts share a hash of class and address: zero says for certain that an address is not queued. Without a million entries for a million waiting.
    private readonly int[] _queuedHashes;
    private long _served;
    private int _firstInLine = -1;
    private int _lastInLine = -1;

    private bool HasNatRoom => _nat is null or { HasRoom: true };

    /// <summary>Nobody waits and more than half of the slots are free: several attempts to one destination may run, each with its own slot.</summary>
    private bool SlotsArePlenty => State.All.Counted < State.Limit / 2 && _waiting.Count == 0;

    /// <summary>An attempt to it runs on a slot, or others wait for one that will.</summary>
    private bool IsContested(int entry) => _known[entry].Counted > 0 || _known[entry].ParkedCount > 0 || _known[entry].Promoted;

    public override void Export(List<int> waiting)
    {
        // Within a program and destination: who was promoted, then who is parked, then who is queued. The caller's stable sort by time does the rest.
        List<int> queued = [], parked = [];
        for (var c = 0; c < _classCount; c++)
        {
            _classes[c].Stale.MoveTo(Slab, queued);
            for (var priority = 0; priority <= AttemptRequest.MaxPriority; priority++)
            {
                _classes[c].Queues[priority].MoveTo(Slab, queued);
            }
        }

        for (var index = 0; index < Slab.Used; index++)
        {
            if (Slab[index] is { State: AttemptState.Parked, Previous: < 0 })
            {
                _known[Slab[index].Entry].Parked.MoveTo(Slab, parked);
            }
        }

        waiting.AddRange(queued.Where(i => (Slab[i].Flags & AttemptFlags.Promoted) != AttemptFlags.None));
        waiting.AddRange(parked);
        waiting.AddRange(queued.Where(i => (Slab[i].Flags & AttemptFlags.Promoted) == AttemptFlags.None));
    }

    /// <summary>Nobody waits, no slot is short, and what is known of the class and its program is up to date: an attempt would go through the queue without a stop.</summary>
    private bool NothingIsShort(int c)
    {
        ref var row = ref _classes[c];
        ref var program = ref _programs[row.Program];
        return _waiting.Count == 0 && State.All.Counted < State.Limit && _longHeld < State.Limit - _maxHeadroom && _overdue.IsEmpty && (_nat is null or { HasRoomForAll: true })
            && IsBrief(program) == program.Brief && IsBrief(row, program) == row.Brief;
    }

    /// <summary>What the way through the queue comes to where <see cref="NothingIsShort"/>: the same books, at half the cost.</summary>
    private void StartWithoutQueue(int index)
    {
        ref var c = ref _classes[Slab[index].Class];
        ResizeHeadroom(wanted: State.All.Counted - _longHeld + (c.Brief && c.Held < Trial ? 1 : 0));
        c.Picks++;
        StartWithSlot(index, isNewAddress: true);
        c.LastServed = State.Now;
        ref var program = ref _programs[c.Program];
        program.Served = ++_served;
        program.ServedAt = State.Now;
    }

    private void Schedule()
    {
        while (true)
        {
            while (!_overdue.IsEmpty && State.All.Counted < State.Limit)
            {
                ChargeOverdue(_overdue.RemoveFirst(Slab));
            }

            if (_waiting.Count == 0 || State.All.Counted >= State.Limit || !_overdue.IsEmpty || !HasNatRoom)
            {
                return;
            }

            var restricted = (_longHeld >= State.Limit - _headroom && !MayLend()) || _nat is { HasRoomForAll: false };
            if (restricted && _privileged.Count == 0)
            {
                return;
            }

            var program = restricted ? _privileged.First : NextProgram();
            Serve(program, NextClass(program, restricted));
        }
    }

    private bool LendsSoon => _headroom > 0 && _headroom * 10 >= State.Limit && _options.LendBefore > TimeSpan.Zero && _silenceEnds.Value != 0;

    /// <summary>One more slot of the headroom may be lent: what is lent already and this one will have come back before a newcomer is expected, or soon enough.</summary>
    private bool MayLend()
    {
        var lent = _longHeld - (State.Limit - _headroom);
        if (_silenceEnds.Value == 0 || lent >= _headroom)
        {
            return false;
        }

        // The oldest silent attempts make good what is lent; no longer than the headroom, this walk is a few steps.
        var index = _late.Head;
        for (var i = 0; i < lent && index >= 0; i++)
        {
            index = Slab[index].Next;
        }

        if (index < 0)
        {
            return false;
        }

        var ends = EndsAt(index);
        return (_options.LendHeadroom && ends <= _pauses.QuietUntil(State.Now)) || (lent == 0 && LendsSoon && ends - _options.LendBefore.Ticks <= State.Now);
    }

    /// <summary>When the stack will give a silent attempt up.</summary>
    private long EndsAt(int index) => Slab[index].Since + _silenceEnds.Value;

    private int NextProgram()
    {
        if (_served % AgedEvery == 0 && State.Now - _programs[_firstInLine].ServedAt > AgeBound)
        {
            return _firstInLine;
        }

        return _waiting.First;
    }

    /// <summary>Brief before long, then who holds less, then who was served longest ago; who has waited too long first.</summary>
    private int NextClass(int program, bool restricted)
    {
        var best = -1;
        for (var c = _programs[program].FirstClass; c >= 0; c = _classes[c].NextOfProgram)
        {
            if (_classes[c].Waiting == 0 || (restricted && !_classes[c].Privileged))
            {
                continue;
            }

            if (best < 0 || IsBefore(_classes[c], _classes[best]))
            {
                best = c;
            }
        }

        return best;
    }

    private bool IsBefore(in FairClass a, in FairClass b)
    {
        var aged = State.Now - AgeBound;
        if (a.LastServed < aged != b.LastServed < aged)
        {
            return a.LastServed < aged;
        }

        return a.Brief != b.Brief ? a.Brief : a.Held != b.Held ? a.Held < b.Held : a.LastServed < b.LastServed;
    }

    /// <summary>Takes the head of the class's queue: starts it, with or without a slot, or parks it.</summary>
    private void Serve(int p, int c)
    {
        var index = Head(c);
        Dequeue(index);
        ref var attempt = ref Slab[index];
        var entry = _known.Find(attempt.Address);
        var promoted = (attempt.Flags & AttemptFlags.Promoted) != AttemptFlags.None;
        if (entry >= 0 && _known.IsKnown(entry, State.Now) && (promoted || !IsContested(entry)))
        {
            StartKnown(index); // first: an entry that is in use stays out of the list of those that are only memory
            if (promoted)
            {
                attempt.Flags &= ~AttemptFlags.Promoted;
                _known[entry].Promoted = false;
            }

            ReleaseParked(entry);
        }
        else if (entry >= 0 && (promoted ? _known[entry].Counted > 0 : IsContested(entry)) && !(SlotsArePlenty && _known[entry].ParkedCount == 0 && !_known[entry].Promoted))
        {
            Park(index, entry, first: promoted);
            return; // nothing was given out: it was not this program's turn
        }
        else
        {
            StartWithSlot(index);
        }

        _classes[c].LastServed = State.Now;
        ref var program = ref _programs[p];
        program.Served = ++_served;
        program.ServedAt = State.Now;
        if (program.InLine)
        {
            LeaveLine(p);
            EnterLine(p);
        }

        Rank(p);
    }

    /// <summary>The next attempt of a class that has one waiting; what is too old for its program's patience stands back.</summary>
    private int Head(int c)
    {
        ref var row = ref _classes[c];
        var patience = row.Patience.Value;
        var tooOld = patience == 0 ? long.MinValue : State.Now - (patience / 10 * 9);

        // Every eighth time the lowest priority that waits goes first, and what stood back for nothing: nobody may starve.
        var fromBelow = (++row.Picks & 7) == 0;
        if (fromBelow && !row.Stale.IsEmpty && Slab[row.Stale.Head].Since < State.Now - (2 * patience))
        {
            return row.Stale.Head;
        }

        for (var i = 0; i <= AttemptRequest.MaxPriority; i++)
        {
            ref var queue = ref row.Queues[fromBelow ? i : AttemptRequest.MaxPriority - i];
            while (!queue.IsEmpty)
            {
                var index = queue.Head;
                if (Slab[index].Since >= tooOld)
                {
                    return index;
                }

                queue.RemoveFirst(Slab);
                row.Stale.AddLast(Slab, index);
                Slab[index].List = StaleList;
            }
        }

        return row.Stale.Head;
    }

    private void Queue(int index, bool first)
    {
        ref var attempt = ref Slab[index];
        attempt.State = AttemptState.Queued;
        attempt.List = NoList;
        ref var c = ref _classes[attempt.Class];
        if (first)
        {
            c.Queues[attempt.Priority].AddFirst(Slab, index);
        }
        else
        {
            c.Queues[attempt.Priority].AddLast(Slab, index);
        }

        if (c.Waiting++ == 0)
        {
            c.LastServed = State.Now; // its wait begins
        }

        _queuedHashes[HashOf(attempt.Class, attempt.Address)]++;
        ref var program = ref _programs[attempt.Program];
        if (program.Queued++ == 0)
        {
            program.ServedAt = State.Now;
            EnterLine(attempt.Program);
            Rank(attempt.Program);
        }

        if (c.Waiting == 1)
        {
            Reclassify(attempt.Class);
        }
    }

    private void Dequeue(int index)
    {
        ref var attempt = ref Slab[index];
        ref var c = ref _classes[attempt.Class];
        if (attempt.List == StaleList)
        {
            c.Stale.Remove(Slab, index);
            attempt.List = NoList;
        }
        else
        {
            c.Queues[attempt.Priority].Remove(Slab, index);
        }

        c.Waiting--;
        _queuedHashes[HashOf(attempt.Class, attempt.Address)]--;
        ref var program = ref _programs[attempt.Program];
        if (--program.Queued == 0)
        {
            LeaveLine(attempt.Program);
            _waiting.Remove(attempt.Program);
        }

        if (c.Waiting == 0)
        {
            Reclassify(attempt.Class);
        }
    }

    private bool MayBeQueued(int c, UInt128 address) => _queuedHashes[HashOf(c, address)] != 0;

    /// <summary>A power of two: 65,536 for a backlog of a million, fewer where fewer may wait.</summary>
    private static int FilterSize(int maxQueued) => Math.Min(LargestFilter, (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(maxQueued, 256)));

    private int HashOf(int c, UInt128 address)
    {
        unchecked
        {
            var h = ((ulong)address ^ ((ulong)(address >> 64) * 31) ^ ((ulong)(uint)c << 40)) * 0x9E3779B97F4A7C15UL;
            return (int)(h >> 48) & (_queuedHashes.Length - 1);
        }
    }

    /// <summary>It waits for the outcome of another attempt to the same destination.</summary>
    private void Park(int index, int entry, bool first)
    {
        _known.Use(Slab[index].Address);
        ref var attempt = ref Slab[index];
        ref var destination = ref _known[entry];
        attempt.State = AttemptState.Parked;
        attempt.Entry = entry;
        if (first)
        {
            attempt.Flags &= ~AttemptFlags.Promoted;
            destination.Promoted = false;
            destination.Parked.AddFirst(Slab, index);
        }
        else
        {
            destination.Parked.AddLast(Slab, index);
        }

        destination.ParkedCount++;
        _classes[attempt.Class].Parked++;
    }

    private void Unpark(int index)
    {
        ref var destination = ref _known[Slab[index].Entry];
        destination.Parked.Remove(Slab, index);
        destination.ParkedCount--;
        _classes[Slab[index].Class].Parked--;
    }

    /// <summary>It answered: everybody who waited for that goes, at once and without a slot.</summary>
    private void ReleaseParked(int entry)
    {
        while (_known[entry].ParkedCount > 0 && HasNatRoom && _known.IsKnown(entry, State.Now))
        {
            var index = _known[entry].Parked.Head;
            Unpark(index);
            StartKnown(index);
        }

        if (_known[entry].ParkedCount > 0)
        {
            Promote(entry);
        }
    }

    /// <summary>It did not answer: the first of those who wait tries next, when a slot is there for it.</summary>
    private void Promote(int entry)
    {
        ref var destination = ref _known[entry];
        if (destination.ParkedCount == 0 || destination.Promoted || destination.Counted > 0)
        {
            return;
        }

        var index = destination.Parked.Head;
        Unpark(index);
        destination.Promoted = true;
        Slab[index].Flags |= AttemptFlags.Promoted;
        Queue(index, first: true);
    }

    private void EnterLine(int p)
    {
        ref var program = ref _programs[p];
        program.InLine = true;
        program.NextInLine = -1;
        program.PreviousInLine = _lastInLine;
        if (_lastInLine >= 0)
        {
            _programs[_lastInLine].NextInLine = p;
        }
        else
        {
            _firstInLine = p;
        }

        _lastInLine = p;
    }

    private void LeaveLine(int p)
    {
        ref var program = ref _programs[p];
        program.InLine = false;
        if (program.PreviousInLine >= 0)
        {
            _programs[program.PreviousInLine].NextInLine = program.NextInLine;
        }
        else
        {
            _firstInLine = program.NextInLine;
        }

        if (program.NextInLine >= 0)
        {
            _programs[program.NextInLine].PreviousInLine = program.PreviousInLine;
        }
        else
        {
            _lastInLine = program.PreviousInLine;
        }
    }
}
