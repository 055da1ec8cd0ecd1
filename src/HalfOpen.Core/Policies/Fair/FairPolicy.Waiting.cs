using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Attempts that wait: queued for their turn, or parked behind another attempt to the same destination.
/// </summary>
internal sealed partial class FairPolicy
{
    public override void Unlink(int index)
    {
        ref var attempt = ref Slab[index];
        if (attempt.State == AttemptState.Parked)
        {
            Unpark(index);
            _known.Rest(attempt.Entry, State.Now);
            return;
        }

        Dequeue(index);
        if ((attempt.Flags & AttemptFlags.Promoted) != AttemptFlags.None)
        {
            var entry = attempt.Entry;
            attempt.Flags &= ~AttemptFlags.Promoted;
            _known[entry].Promoted = false;
            Promote(entry);
            _known.Rest(entry, State.Now);
        }
    }

    public override void Export(List<int> waiting)
    {
        // Within a program and destination: who was promoted, then who is parked, then who is queued. The caller's
        // stable sort by time does the rest.
        List<int> queued = [], parked = [];
        for (var c = 0; c < _classes.Count; c++)
        {
            _classes[c].Queue.MoveTo(Slab, queued);
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

    private void Queue(int index, bool first)
    {
        ref var attempt = ref Slab[index];
        attempt.State = AttemptState.Queued;
        ref var row = ref _classes[attempt.Class];
        if (first)
        {
            row.Queue.AddFirst(Slab, index);
        }
        else
        {
            row.Queue.AddLast(Slab, index);
        }

        _queued.Add(attempt.Class, attempt.Address);
        ref var program = ref _classes.ProgramOf(row);
        if (!program.WantsTurn)
        {
            _turns.Enter(attempt.Program, program.Owner, State.Now);
        }

        if (program.Queued++ == 0)
        {
            NoteCandidate(attempt.Program);
        }

        if (row.Queue.Count == 1)
        {
            row.LastServed = State.Now; // its wait begins
            Review(attempt.Class);
        }
    }

    private void Dequeue(int index)
    {
        ref var attempt = ref Slab[index];
        ref var row = ref _classes[attempt.Class];
        row.Queue.Remove(Slab, index);
        _queued.Remove(attempt.Class, attempt.Address);
        ref var program = ref _classes.ProgramOf(row);
        program.Queued--;
        if (!program.WantsTurn)
        {
            _turns.Leave(attempt.Program, program.Owner);
        }

        if (row.Queue.Count == 0)
        {
            Review(attempt.Class);
        }
    }

    /// <summary>It waits for the outcome of another attempt to the same destination.</summary>
    /// <param name="first">It was promoted and finds that somebody else tries already.</param>
    private void Park(int index, int entry, bool first)
    {
        _known.Use(entry);
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
        ref var row = ref _classes[attempt.Class];
        row.Parked++;
        _classes.ProgramOf(row).Parked++;
    }

    private void Unpark(int index)
    {
        ref var destination = ref _known[Slab[index].Entry];
        destination.Parked.Remove(Slab, index);
        destination.ParkedCount--;
        ref var row = ref _classes[Slab[index].Class];
        row.Parked--;
        _classes.ProgramOf(row).Parked--;
    }

    /// <summary>It answered: those who waited for that go without a slot, as many as may.</summary>
    private void ReleaseParked(int entry)
    {
        while (_known[entry].ParkedCount > 0 && HasNatRoom && _known.IsKnown(entry, State.Now)
            && MayGoBeyond(Slab[_known[entry].Parked.Head].Program, entry))
        {
            var index = _known[entry].Parked.Head;
            Unpark(index);
            Start(index, entry, onSlot: false);
        }

        Promote(entry);
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
}
