using System.Runtime.CompilerServices;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Whose turn it is, on two levels: the owner that holds fewest slots, and of its programs the one that holds fewest
/// for its weight; among equals the one served longest ago. Who waits for longer than ten seconds is served out of turn
/// now and then, on both levels, so that nobody waits for ever behind a stream of newcomers. A program without an owner
/// (-1) stands beside the owners.
/// </summary>
internal sealed class Turns
{
    private const int AgedEvery = 16;

    /// <summary>Resolution of held slots over weight: weights are 1 to 1,000.</summary>
    private const long KeyPerSlot = 1000;

    private readonly TurnTable _programs = new();
    private readonly TurnTable _owners = new();
    private TurnLists _alone;
    private TurnLists _ownerLists;
    private TurnLists[] _listsOf = new TurnLists[16];
    private long _served;

    // An event changes what an owner holds several times; where he stands is of interest only once, before the next
    // turn is given. Owners to be ranked, each once.
    private OwnerTurn[] _ownerTurns = new OwnerTurn[16];
    private int[] _unranked = new int[16];
    private int _unrankedCount;
    private int _ownersWaiting;

    private struct OwnerTurn
    {
        public int Held;
        public bool IsUnranked;
    }

    /// <summary>Who has waited for longer is old.</summary>
    public static long AgeBound { get; } = TimeSpan.FromSeconds(10).Ticks;

    /// <summary>Nobody waits.</summary>
    public bool IsEmpty => _alone.Waiting.Count == 0 && _ownersWaiting == 0;

    /// <summary>Somebody waits who may use the headroom.</summary>
    public bool AnyPrivileged => _programs.AnyPrivileged;

    /// <summary>Who holds fewest; only while somebody waits.</summary>
    public int First
    {
        get
        {
            RankOwners();
            return IsAlonesTurn(_alone.Waiting, _ownerLists.Waiting)
                ? _alone.Waiting.First : _listsOf[_ownerLists.Waiting.First].Waiting.First;
        }
    }

    /// <summary>Of those who may use the headroom; only while there is one.</summary>
    public int FirstPrivileged
    {
        get
        {
            RankOwners();
            return IsAlonesTurn(_alone.Privileged, _ownerLists.Privileged)
                ? _alone.Privileged.First : _listsOf[_ownerLists.Privileged.First].Privileged.First;
        }
    }

    /// <summary>Owners that wait, at most so many: the first, and those near him.</summary>
    public ReadOnlySpan<Standing> Owners(int most)
    {
        RankOwners();
        var all = _ownerLists.Waiting.All;
        return all[..Math.Min(most, all.Length)];
    }

    /// <summary>Programs of an owner that wait, at most so many: the first, and those near it.</summary>
    public ReadOnlySpan<Standing> ProgramsOf(int owner, int most)
    {
        var all = ListsOf(owner).Waiting.All;
        return all[..Math.Min(most, all.Length)];
    }

    /// <summary>Whose turn it is; only while somebody waits.</summary>
    public int Next(long now)
    {
        RankOwners();
        var aged = now - AgeBound;
        if (_served % AgedEvery == 0)
        {
            var (program, owner) = (_alone.Line.First, _ownerLists.Line.First);
            var programSince = program < 0 ? long.MaxValue : _programs.ServedAt(program);
            var ownerSince = owner < 0 ? long.MaxValue : _owners.ServedAt(owner);
            if (Math.Min(programSince, ownerSince) < aged)
            {
                return programSince <= ownerSince ? program : NextOf(owner, aged);
            }
        }

        return IsAlonesTurn(_alone.Waiting, _ownerLists.Waiting) ? _alone.Waiting.First : NextOf(_ownerLists.Waiting.First, aged);
    }

    /// <summary>A program begins to wait; <see cref="Rank"/> follows.</summary>
    public void Enter(int program, int owner, long now)
    {
        if (owner < 0)
        {
            _programs.Enter(ref _alone, program, now);
            return;
        }

        ref var lists = ref ListsOf(owner);
        _programs.Enter(ref lists, program, now);
        if (lists.Waiting.Count == 0)
        {
            _owners.Enter(ref _ownerLists, owner, now);
            _ownersWaiting++;
        }
    }

    /// <summary>It waits no longer.</summary>
    public void Leave(int program, int owner)
    {
        if (owner < 0)
        {
            _programs.Leave(ref _alone, program);
            return;
        }

        ref var lists = ref ListsOf(owner);
        _programs.Leave(ref lists, program);
        if (lists.Waiting.Count == 0)
        {
            _owners.Leave(ref _ownerLists, owner);
            _ownersWaiting--;
        }
        else if (lists.Privileged.Count == 0)
        {
            _owners.EndPrivilege(ref _ownerLists, owner);
        }
    }

    /// <summary>
    /// What a program that waits holds, or what it may use, has changed; <see cref="RankOwner"/> follows if it has one.
    /// </summary>
    public void Rank(int program, int owner, int held, int weight, bool isPrivileged) =>
        _programs.Rank(ref owner < 0 ? ref _alone : ref ListsOf(owner), program, KeyOf(held, weight), isPrivileged);

    /// <summary>What an owner holds has changed, or what its programs hold or may use.</summary>
    public void RankOwner(int owner, int held)
    {
        if (owner >= _ownerTurns.Length)
        {
            Array.Resize(ref _ownerTurns, Math.Max(owner + 1, _ownerTurns.Length * 2));
        }

        ref var turn = ref _ownerTurns[owner];
        turn.Held = held;
        if (turn.IsUnranked)
        {
            return;
        }

        turn.IsUnranked = true;
        if (_unrankedCount == _unranked.Length)
        {
            Array.Resize(ref _unranked, _unranked.Length * 2);
        }

        _unranked[_unrankedCount++] = owner;
    }

    /// <summary>It had its turn. One that still waits must be ranked anew, and its owner.</summary>
    public void Take(int program, int owner, long now)
    {
        _served++;
        if (owner < 0)
        {
            _programs.Take(ref _alone, program, _served, now);
            return;
        }

        _programs.Take(ref ListsOf(owner), program, _served, now);
        _owners.Take(ref _ownerLists, owner, _served, now);
    }

    /// <summary>The program is forgotten; another takes its index.</summary>
    public void Forget(int program) => _programs.Forget(program);

    /// <summary>The owner is forgotten; another takes its index. None of its programs waits.</summary>
    public void ForgetOwner(int owner) => _owners.Forget(owner);

    private void RankOwners()
    {
        while (_unrankedCount > 0)
        {
            RankLastOwner();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // Next has registers for nothing else then
    private void RankLastOwner()
    {
        var owner = _unranked[--_unrankedCount];
        ref var turn = ref _ownerTurns[owner];
        turn.IsUnranked = false;
        ref var lists = ref ListsOf(owner);
        if (lists.Waiting.Count > 0)
        {
            _owners.Rank(ref _ownerLists, owner, KeyOf(turn.Held, weight: 1), lists.Privileged.Count > 0);
        }
    }

    private static long KeyOf(int held, int weight) => weight == 1 ? held * KeyPerSlot : held * KeyPerSlot / weight;

    private static bool IsAlonesTurn(in RankList alone, in RankList owners) =>
        owners.Count == 0 || (alone.Count > 0 && alone.Best.IsBeforeOther(owners.Best));

    private int NextOf(int owner, long aged)
    {
        ref var lists = ref _listsOf[owner];
        return lists.Turns % AgedEvery == 0 && _programs.ServedAt(lists.Line.First) < aged ? lists.Line.First : lists.Waiting.First;
    }

    private ref TurnLists ListsOf(int owner)
    {
        if (owner >= _listsOf.Length)
        {
            Array.Resize(ref _listsOf, Math.Max(owner + 1, _listsOf.Length * 2));
        }

        return ref _listsOf[owner];
    }
}
