namespace HalfOpen.Core.Policies.Fair;

/// <summary>What is expected of whom: classes, their silent share, and the headroom that follows from it.</summary>
internal sealed partial class FairPolicy
{
    /// <summary>Ports with a class of their own, in each program: so many below 1024 and so many above; the rest share one.</summary>
    private const int ClassesPerGroup = 8;
    private const int FirstHighPort = 1024;

    /// <summary>Memory of a silent share, in attempts.</summary>
    private const int Window = 32;

    /// <summary>In a program that is often silent, a class begins as if so many attempts had been silent already.</summary>
    private const int PriorWeight = 3;

    /// <summary>Below this share of silent attempts a class counts as brief.</summary>
    private const double BriefBelow = 0.25;
    private static readonly long IdleBeforeReuse = TimeSpan.FromSeconds(60).Ticks;
    private static readonly long HeadroomWindow = TimeSpan.FromMinutes(3).Ticks;

    private readonly Dictionary<long, int> _classOf = [];
    private FairClass[] _classes = new FairClass[16];
    private int _classCount;
    private int _freeClass = -1;
    private FairProgram[] _programs = new FairProgram[16];
    private int _longHeld;
    private int _headroom;
    private int _maxHeadroom;
    private int _peak;
    private int _lastPeak;
    private long _peakUntil;
    private Pauses _pauses = new();

    /// <summary>Slots a class may hold before it has shown what it is, and that it may take from the headroom.</summary>
    private int Trial => Math.Max(1, _maxHeadroom);

    public override WaitReason ReasonOf(int program)
    {
        if (!_programs[program].IsLive || _programs[program].Queued == 0)
        {
            return WaitReason.SameDestination;
        }

        if (State.All.Counted >= State.Limit || !_overdue.IsEmpty)
        {
            return _waiting.First == program ? WaitReason.SlotsTaken : WaitReason.Share;
        }

        return _nat is { HasRoomForAll: false } ? WaitReason.NatBudget : WaitReason.Headroom;
    }

    public override void Forget(int program)
    {
        if (program >= _programs.Length || !_programs[program].IsLive)
        {
            return;
        }

        for (var c = _programs[program].FirstClass; c >= 0;)
        {
            var next = _classes[c].NextOfProgram;
            _classOf.Remove(KeyOf(program, _classes[c].Port));
            FreeClass(c);
            c = next;
        }

        _programs[program] = default;
    }

    private static long KeyOf(int program, int port) => ((long)program << 17) | (long)port;

    private int ClassOf(int p, ushort port)
    {
        if (p >= _programs.Length)
        {
            Array.Resize(ref _programs, Math.Max(p + 1, _programs.Length * 2));
        }

        ref var program = ref _programs[p];
        if (!program.IsLive)
        {
            program = new FairProgram { IsLive = true, FirstClass = -1, Brief = true, NextInLine = -1, PreviousInLine = -1 };
            program.OtherClass = AddClass(p, 0);
        }

        if (!_options.PortClasses)
        {
            return program.OtherClass;
        }

        // A program of one port has no other class but that for everything else, and that one comes last.
        return _classes[program.FirstClass].Port == port && port != 0 ? program.FirstClass
            : _classOf.TryGetValue(KeyOf(p, port), out var c) ? c : NewClass(p, port);
    }

    /// <summary>
    /// A class of its own for a port, if there is room. Not while the common class has a backlog that may hold attempts to the same port: they would be overtaken.
    /// </summary>
    private int NewClass(int p, ushort port)
    {
        ref var program = ref _programs[p];
        var isService = port < FirstHighPort;
        var otherWaits = _classes[program.OtherClass].Waiting > 0;
        program.Overflowed &= otherWaits;
        if (otherWaits && (!isService || program.Overflowed))
        {
            return program.OtherClass;
        }

        if ((isService ? program.ServiceClasses : program.HighClasses) >= ClassesPerGroup && !ReuseClass(p, isService))
        {
            program.Overflowed |= isService;
            return program.OtherClass;
        }

        program.ServiceClasses += isService ? 1 : 0;
        program.HighClasses += isService ? 0 : 1;
        var c = AddClass(p, port);
        _classOf.Add(KeyOf(p, port), c);
        return c;
    }

    /// <summary>Forgets the port that has been idle longest, if any has for a minute.</summary>
    private bool ReuseClass(int p, bool isService)
    {
        ref var program = ref _programs[p];
        var best = -1;
        for (var c = program.FirstClass; c >= 0; c = _classes[c].NextOfProgram)
        {
            ref var candidate = ref _classes[c];
            if (c != program.OtherClass && candidate.Port < FirstHighPort == isService && candidate is { Waiting: 0, Held: 0, Pending: 0, Parked: 0 }
                && State.Now - candidate.LastServed > IdleBeforeReuse && (best < 0 || candidate.LastServed < _classes[best].LastServed))
            {
                best = c;
            }
        }

        if (best < 0)
        {
            return false;
        }

        _classOf.Remove(KeyOf(p, _classes[best].Port));
        var previous = program.FirstClass;
        if (previous == best)
        {
            program.FirstClass = _classes[best].NextOfProgram;
        }
        else
        {
            while (_classes[previous].NextOfProgram != best)
            {
                previous = _classes[previous].NextOfProgram;
            }

            _classes[previous].NextOfProgram = _classes[best].NextOfProgram;
        }

        program.ServiceClasses -= isService ? 1 : 0;
        program.HighClasses -= isService ? 0 : 1;
        FreeClass(best);
        return true;
    }

    private int AddClass(int p, ushort port)
    {
        var c = _freeClass;
        if (c >= 0)
        {
            _freeClass = _classes[c].NextOfProgram;
        }
        else
        {
            if (_classCount == _classes.Length)
            {
                Array.Resize(ref _classes, _classCount * 2);
            }

            c = _classCount++;
        }

        _classes[c] = new FairClass { Program = p, Port = port, IsLive = true, Brief = true, NextOfProgram = _programs[p].FirstClass, LastServed = State.Now };
        _programs[p].FirstClass = c;
        return c;
    }

    private void FreeClass(int c)
    {
        _classes[c].IsLive = false;
        _classes[c].NextOfProgram = _freeClass;
        _freeClass = c;
    }

    private void Learn(int c, bool late)
    {
        ref var row = ref _classes[c];
        row.Samples++;
        row.LateShare += ((late ? 1 : 0) - row.LateShare) / Math.Min(row.Samples, Window);
        row.Samples = Math.Min(row.Samples, Window);
        ref var program = ref _programs[row.Program];
        program.Samples++;
        program.LateShare += ((late ? 1 : 0) - program.LateShare) / Math.Min(program.Samples, Window);
        program.Samples = Math.Min(program.Samples, Window);
    }

    /// <summary>
    /// Brings everything that follows from a class's numbers up to date. Attempts that are pending count against it as silent, beyond a few on trial: answers come
    /// early and silence late, so that an average over ends alone would call every swarm brief for its first second.
    /// </summary>
    private void Reclassify(int c)
    {
        ref var program = ref _programs[_classes[c].Program];
        var brief = IsBrief(program);
        if (brief == program.Brief)
        {
            ReclassifyOne(c);
            return;
        }

        program.Brief = brief;
        for (var each = program.FirstClass; each >= 0; each = _classes[each].NextOfProgram)
        {
            ReclassifyOne(each);
        }
    }

    private bool IsBrief(in FairProgram program) => IsBrief(program.LateShare, program.Samples, program.Pending, prior: 0);

    private bool IsBrief(in FairClass row, in FairProgram program) => IsBrief(row.LateShare, row.Samples, row.Pending, program.Brief || row.Samples == Window ? 0 : PriorWeight);

    private bool IsBrief(double lateShare, int samples, int pending, int prior) =>
        (lateShare * samples) + Math.Max(0, pending - Trial) + prior <= BriefBelow * (samples + pending + prior);

    private void ReclassifyOne(int c)
    {
        ref var row = ref _classes[c];
        ref var program = ref _programs[row.Program];
        row.Brief = IsBrief(row, program);

        // A brief class that holds more than a trial counts whole: one silent peer in twenty is brief, and still fills the headroom for good, one by one.
        var longPart = row.Brief && row.Held <= Trial ? row.LateHeld : row.Held;
        _longHeld += longPart - row.LongPart;
        row.LongPart = longPart;

        var privileged = row.Waiting > 0 && row.Brief && row.Held < Trial;
        if (privileged != row.Privileged)
        {
            row.Privileged = privileged;
            program.Privileged += privileged ? 1 : -1;
        }

        ResizeHeadroom(wanted: State.All.Counted - _longHeld + (privileged ? 1 : 0));
        Rank(row.Program);
    }

    private void Rank(int p)
    {
        ref var program = ref _programs[p];
        if (program.Queued == 0 && program.Privileged == 0)
        {
            _privileged.Remove(p);
            return;
        }

        var key = (long)State.Row(p).Counted * 1000 / State.Programs.Weight(p);
        if (program.Queued > 0)
        {
            _waiting.Set(p, key, program.Served);
        }

        if (program.Privileged > 0)
        {
            _privileged.Set(p, key, program.Served);
        }
        else
        {
            _privileged.Remove(p);
        }
    }

    private void SizeHeadroom()
    {
        var most = State.Limit - 1;
        _maxHeadroom = Math.Min(_options.MaxHeadroom ?? (State.Limit + 19) / 20, most);
        _headroom = _lastPeak = _peak = _maxHeadroom;
        _peakUntil = State.Now + HeadroomWindow;
    }

    /// <summary>The most that brief handshakes held at once in this window of time and the one before, at least one slot.</summary>
    private void ResizeHeadroom(int wanted)
    {
        if (State.Now >= _peakUntil)
        {
            _lastPeak = _peak;
            _peak = 0;
            _pauses.NextWindow();
            _peakUntil = State.Now + HeadroomWindow;
        }

        _peak = Math.Max(_peak, wanted);
        _headroom = !_options.LearnHeadroom ? _maxHeadroom : Math.Min(_maxHeadroom, Math.Max(1, Math.Max(_peak, _lastPeak)));
    }
}
