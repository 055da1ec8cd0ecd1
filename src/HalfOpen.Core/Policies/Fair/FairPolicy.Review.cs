namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// What classes, programs and the newcomers of owners are taken for: who may use the headroom, and what is held for
/// long.
/// </summary>
internal sealed partial class FairPolicy
{
    /// <summary>
    /// In a program that is often silent, a class begins as if so many attempts had been silent already.
    /// </summary>
    private const int PriorWeight = 3;

    /// <summary>Brings everything that follows from a class's numbers up to date.</summary>
    private void Review(int c)
    {
        ref var row = ref _classes[c];
        ref var program = ref _classes.ProgramOf(row);
        var isTrusted = program.Owner < 0 || !program.Silence.IsEmpty || _classes.OwnerOf(program).TrustsNewcomers;
        var isBrief = MayOverstay(program)
            && program.Silence.IsBrief(program.Pending, _headroom.Trial, isTrusted ? 0 : PriorWeight);
        if (isBrief == program.IsBrief)
        {
            Review(ref row, ref program);
            return;
        }

        program.IsBrief = isBrief;
        for (var each = program.FirstClass; each >= 0; each = _classes[each].NextOfProgram)
        {
            Review(ref _classes[each], ref program);
        }
    }

    private void Review(ref FairClass row, ref FairProgram program)
    {
        var trial = _headroom.Trial;
        row.IsBrief = MayOverstay(program)
            && row.Silence.IsBrief(row.Pending, trial, prior: program.IsBrief || row.Silence.IsSettled ? 0 : PriorWeight);

        // A brief class that holds more than a trial counts whole: one silent peer in twenty is brief, and still fills
        // the headroom for good, one by one.
        var longPart = row.IsBrief && row.Held <= trial ? row.LateHeld : row.Held;
        _headroom.LongHeld += longPart - row.LongPart;
        row.LongPart = longPart;

        var isPrivileged = row.Queue.Count > 0 && row.IsBrief && row.Held < trial && program.Owed <= trial && MayBeBrief(row);
        program.Privileged += (isPrivileged ? 1 : 0) - (row.IsPrivileged ? 1 : 0);
        row.IsPrivileged = isPrivileged;
        NeedHeadroom(wanted: isPrivileged);
        if (program.WantsTurn)
        {
            Rank(row.Program, program);
        }
        else if (program.Owner >= 0)
        {
            RankOwner(program);
        }
    }

    /// <summary>
    /// While IPv6 has not answered anybody lately, an attempt to it waits for a slot of its own and leaves the headroom
    /// to the one that follows over IPv4 (RFC 8305): where it is broken, the first would keep the second from starting.
    /// </summary>
    private bool MayBeBrief(in FairClass row) => !ClassTable.IsSix(row) || State.Now - _sixAnsweredAt <= _options.KnownFor.Ticks;

    /// <param name="wanted">Somebody who would give it back soon waits for a slot.</param>
    private void NeedHeadroom(bool wanted) => _headroom.Need(State.All.Counted - _headroom.LongHeld + (wanted ? 1 : 0), State.Now);

    private void BeginOfOwner(int p, ref FairProgram program)
    {
        ref var owner = ref _classes.OwnerOf(program);
        owner.Held++;
        if (program.Pending > 1 || !program.Silence.IsEmpty)
        {
            return;
        }

        program.PreviousNewcomer = 0;
        program.NextNewcomer = owner.FirstNewcomer;
        if (owner.FirstNewcomer > 0)
        {
            _classes.Program(owner.FirstNewcomer - 1).PreviousNewcomer = p + 1;
        }

        owner.FirstNewcomer = p + 1;
        if (owner.NewcomerStarted(_headroom.Trial, State.Now))
        {
            ReviewNewcomers(owner.FirstNewcomer);
        }
    }

    /// <param name="held">How long its attempt was out.</param>
    private void NewcomerEnded(ref FairProgram program, bool? silent, long held)
    {
        ref var owner = ref _classes.OwnerOf(program);
        if (program.PreviousNewcomer > 0)
        {
            _classes.Program(program.PreviousNewcomer - 1).NextNewcomer = program.NextNewcomer;
        }
        else
        {
            owner.FirstNewcomer = program.NextNewcomer;
        }

        if (program.NextNewcomer > 0)
        {
            _classes.Program(program.NextNewcomer - 1).PreviousNewcomer = program.PreviousNewcomer;
        }

        // One that was ended before it could be late, and had no answer, is no better than a silent one.
        silent ??= held > _handshakes.LateAfter / 4 ? true : null;
        if (owner.NewcomerEnded(silent, _headroom.Trial, State.Now))
        {
            ReviewNewcomers(owner.FirstNewcomer);
        }
    }

    /// <summary>What they hold was taken for what comes back soon. A few: trust ends when more are out.</summary>
    private void ReviewNewcomers(int first)
    {
        for (var p = first; p > 0; p = _classes.Program(p - 1).NextNewcomer)
        {
            Review(_classes.Program(p - 1).FirstClass);
        }
    }
}
