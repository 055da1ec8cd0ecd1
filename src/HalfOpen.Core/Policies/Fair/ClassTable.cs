using HalfOpen.Core.Attempts;
using HalfOpen.Core.Queueing;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// The attempts of one program to one destination port, or to all its ports that have no class of their own: what is
/// expected to behave alike.
/// </summary>
internal struct FairClass
{
    public int Program;
    public int NextOfProgram; // -1: last
    public int Port; // and the family: see ClassTable.PortOf
    public bool IsLive;

    /// <summary>Its silent share is small: it gives a slot back within a round trip.</summary>
    public bool IsBrief;

    /// <summary>Waits, and may use the headroom.</summary>
    public bool IsPrivileged;

    /// <summary>Slots held.</summary>
    public int Held;

    /// <summary>Of these, how many are not late yet.</summary>
    public int Pending;

    /// <summary>Slots held by attempts that are late.</summary>
    public int LateHeld;

    /// <summary>
    /// What it adds to the slots held for long: all it holds, or only what is late while it is brief.
    /// </summary>
    public int LongPart;

    /// <summary>Attempts that wait for the outcome of another one to the same destination.</summary>
    public int Parked;

    /// <summary>When it had its last turn, or began to wait.</summary>
    public long LastServed;
    public SilentShare Silence;
    public ClassQueue Queue;
}

/// <summary>A program's classes, and what is known of it over all of them.</summary>
internal struct FairProgram
{
    public bool IsLive;
    public int Owner; // -1: none

    /// <summary>Links of its owner's newcomers; + 1, 0: none.</summary>
    public int NextNewcomer;
    public int PreviousNewcomer;
    public int FirstClass;
    public int OtherClass;
    public int ServiceClasses;
    public int HighClasses;

    /// <summary>A service that had no room for a class of its own waits in the common one.</summary>
    public bool Overflowed;

    /// <summary>Attempts in the queues of its classes; parked ones are not.</summary>
    public int Queued;

    /// <summary>Classes that may use the headroom.</summary>
    public int Privileged;

    /// <summary>
    /// Its silent share over all ports is small; what its classes are taken for until they have shown more.
    /// </summary>
    public bool IsBrief;
    public int Pending;
    public SilentShare Silence;

    /// <summary>Its half-open attempts that hold no slot: their destinations answered lately.</summary>
    public int Beyond;

    /// <summary>
    /// Of these, how many stayed silent for longer than handshakes take. It owes a slot for each: they count as held
    /// when turns are given, and its turn pays the oldest before anything of its own starts.
    /// </summary>
    public int Owed;
    public AttemptList Overdue;

    /// <summary>Attempts that wait for the outcome of another one to the same destination.</summary>
    public int Parked;

    /// <summary>It has a turn to wait for.</summary>
    public readonly bool WantsTurn => Queued > 0 || Owed > 0;
}

/// <summary>
/// Which class an attempt belongs to. Bounded for each program: so many ports below 1024, so many above, and one class
/// for the rest. References that it gives are valid until <see cref="Find"/> is called again.
/// </summary>
/// <param name="portClasses">Tell ports apart; false: one class a program.</param>
internal sealed class ClassTable(bool portClasses)
{
    private const int ClassesPerGroup = 8;
    private const int FirstHighPort = 1024;
    private const int SixBit = 1 << 16;
    private static readonly long IdleBeforeReuse = TimeSpan.FromSeconds(60).Ticks;

    private readonly Dictionary<long, int> _classOf = [];
    private FairClass[] _classes = new FairClass[16];
    private FairProgram[] _programs = new FairProgram[16];
    private FairOwner[] _owners = new FairOwner[16];
    private int _free = -1;

    /// <summary>Indexes are below it; not all are live.</summary>
    public int Count { get; private set; }

    public ref FairClass this[int c] => ref _classes[c];

    public ref FairProgram ProgramOf(in FairClass row) => ref _programs[row.Program];

    public ref FairProgram Program(int program) => ref _programs[program];

    public ref FairOwner Owner(int owner) => ref _owners[owner];

    /// <summary>Only of a program that has one.</summary>
    public ref FairOwner OwnerOf(in FairProgram program) => ref _owners[program.Owner];

    /// <summary>
    /// Ports of the two families are told apart: a machine's IPv6 may be broken while its IPv4 works.
    /// </summary>
    public static int PortOf(in Attempt attempt) => attempt.Port | (Destination.IsMapped(attempt.Address) ? 0 : SixBit);

    public static bool IsSix(in FairClass row) => (row.Port & SixBit) != 0;

    /// <summary>It has been seen, and not been forgotten since.</summary>
    public bool Knows(int program) => program < _programs.Length && _programs[program].IsLive;

    /// <summary>The class of attempts of a program to a port; a new one where there is room for it.</summary>
    public int Find(in Attempt attempt, ProgramTable programs, long now)
    {
        var p = attempt.Program;
        var port = PortOf(attempt);
        if (!Knows(p))
        {
            AddProgram(p, programs, now);
        }

        ref var program = ref _programs[p];
        if (!portClasses)
        {
            return program.OtherClass;
        }

        // A program of one port has no other class but that for everything else, and that one comes last.
        return _classes[program.FirstClass].Port == port && port != 0 ? program.FirstClass
            : _classOf.TryGetValue(KeyOf(p, port), out var c) ? c
            : NewClass(p, port, now);
    }

    /// <summary>The program is forgotten; another takes its index.</summary>
    public void Forget(int p)
    {
        if (!Knows(p))
        {
            return;
        }

        for (var c = _programs[p].FirstClass; c >= 0;)
        {
            var next = _classes[c].NextOfProgram;
            _classOf.Remove(KeyOf(p, _classes[c].Port));
            Free(c);
            c = next;
        }

        _programs[p] = default;
    }

    private static long KeyOf(int program, int port) => ((long)program << 17) | (long)port;

    private static bool IsServicePort(int port) => (port & ~SixBit) < FirstHighPort;

    /// <summary>The owner is forgotten with its last program; another takes its index.</summary>
    public void ForgetOwner(int owner)
    {
        if (owner < _owners.Length)
        {
            _owners[owner] = default;
        }
    }

    private void AddProgram(int p, ProgramTable programs, long now)
    {
        if (p >= _programs.Length)
        {
            Array.Resize(ref _programs, Math.Max(p + 1, _programs.Length * 2));
        }

        var owner = programs.OwnerName(p) is null ? -1 : programs.Owner(p);
        if (owner >= _owners.Length)
        {
            Array.Resize(ref _owners, Math.Max(owner + 1, _owners.Length * 2));
        }

        _programs[p] = new FairProgram { IsLive = true, Owner = owner, FirstClass = -1, IsBrief = true };
        _programs[p].OtherClass = Add(p, 0, now);
    }

    /// <summary>
    /// A class of its own for a port, if there is room. Not while the common class has a backlog that may hold attempts
    /// to the same port: they would be overtaken.
    /// </summary>
    private int NewClass(int p, int port, long now)
    {
        ref var program = ref _programs[p];
        var isService = IsServicePort(port);
        var otherWaits = _classes[program.OtherClass].Queue.Count > 0;
        program.Overflowed &= otherWaits;
        if (otherWaits && (!isService || program.Overflowed))
        {
            return program.OtherClass;
        }

        if ((isService ? program.ServiceClasses : program.HighClasses) >= ClassesPerGroup && !FreeOne(p, isService, now))
        {
            program.Overflowed |= isService;
            return program.OtherClass;
        }

        program.ServiceClasses += isService ? 1 : 0;
        program.HighClasses += isService ? 0 : 1;
        var c = Add(p, port, now);
        _classOf.Add(KeyOf(p, port), c);
        return c;
    }

    /// <summary>Forgets the port that has been idle longest, if any has for a minute.</summary>
    private bool FreeOne(int p, bool isService, long now)
    {
        ref var program = ref _programs[p];
        var best = -1;
        for (var c = program.FirstClass; c >= 0; c = _classes[c].NextOfProgram)
        {
            ref var candidate = ref _classes[c];
            if (c != program.OtherClass && IsServicePort(candidate.Port) == isService
                && candidate is { Queue.Count: 0, Held: 0, Pending: 0, Parked: 0 }
                && now - candidate.LastServed > IdleBeforeReuse && (best < 0 || candidate.LastServed < _classes[best].LastServed))
            {
                best = c;
            }
        }

        if (best < 0)
        {
            return false;
        }

        Unlink(ref program, best);
        _classOf.Remove(KeyOf(p, _classes[best].Port));
        program.ServiceClasses -= isService ? 1 : 0;
        program.HighClasses -= isService ? 0 : 1;
        Free(best);
        return true;
    }

    private void Unlink(ref FairProgram program, int c)
    {
        if (program.FirstClass == c)
        {
            program.FirstClass = _classes[c].NextOfProgram;
            return;
        }

        var previous = program.FirstClass;
        while (_classes[previous].NextOfProgram != c)
        {
            previous = _classes[previous].NextOfProgram;
        }

        _classes[previous].NextOfProgram = _classes[c].NextOfProgram;
    }

    /// <summary>Until it has shown more, a class is taken for what its program is.</summary>
    private int Add(int p, int port, long now)
    {
        var c = _free;
        if (c >= 0)
        {
            _free = _classes[c].NextOfProgram;
        }
        else
        {
            if (Count == _classes.Length)
            {
                Array.Resize(ref _classes, Count * 2);
            }

            c = Count++;
        }

        ref var program = ref _programs[p];
        _classes[c] = new FairClass
            { Program = p, Port = port, IsLive = true, IsBrief = program.IsBrief, NextOfProgram = program.FirstClass, LastServed = now };
        program.FirstClass = c;
        return c;
    }

    private void Free(int c)
    {
        _classes[c].IsLive = false;
        _classes[c].NextOfProgram = _free;
        _free = c;
    }
}
