namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Who waits among equals: by how little they hold, the privileged of them apart, and by how long they wait. For a
/// <see cref="TurnTable"/> to keep. Mutable struct: never copy.
/// </summary>
internal struct TurnLists
{
    public RankList Waiting;
    public RankList Privileged;
    public Line Line;

    /// <summary>Turns given here.</summary>
    public uint Turns;
}

/// <summary>
/// When members had their turns, and where they stand. A member is in one <see cref="TurnLists"/> at most.
/// </summary>
internal sealed class TurnTable
{
    private readonly RankTable _places = new();
    private readonly RankTable _privilegedPlaces = new();
    private readonly LineTable _links = new();
    private Turn[] _rows = new Turn[16];

    private struct Turn
    {
        /// <summary>Number of the start it was served by; who has the lowest waits longest.</summary>
        public long Served;

        /// <summary>When that was, or when it began to wait.</summary>
        public long ServedAt;
    }

    /// <summary>Somebody stands in any list of the privileged.</summary>
    public bool AnyPrivileged => _privilegedPlaces.Count > 0;

    public long ServedAt(int member) => _rows[member].ServedAt;

    /// <summary>It begins to wait; <see cref="Rank"/> follows.</summary>
    public void Enter(ref TurnLists lists, int member, long now)
    {
        RowOf(member).ServedAt = now;
        _links.MoveToEnd(ref lists.Line, member);
    }

    /// <summary>It waits no longer.</summary>
    public void Leave(ref TurnLists lists, int member)
    {
        _links.Leave(ref lists.Line, member);
        _places.Remove(ref lists.Waiting, member);
        _privilegedPlaces.Remove(ref lists.Privileged, member);
    }

    /// <summary>What it holds, or what it may use, has changed.</summary>
    public void Rank(ref TurnLists lists, int member, long key, bool isPrivileged)
    {
        var served = RowOf(member).Served;
        _places.Set(ref lists.Waiting, member, key, served);
        if (isPrivileged)
        {
            _privilegedPlaces.Set(ref lists.Privileged, member, key, served);
        }
        else
        {
            EndPrivilege(ref lists, member);
        }
    }

    /// <summary>It may not use the headroom any more.</summary>
    public void EndPrivilege(ref TurnLists lists, int member) => _privilegedPlaces.Remove(ref lists.Privileged, member);

    /// <summary>It had its turn, the one of that number. One that still waits must be ranked anew.</summary>
    public void Take(ref TurnLists lists, int member, long number, long now)
    {
        ref var row = ref RowOf(member);
        row.Served = number;
        row.ServedAt = now;
        lists.Turns = unchecked(lists.Turns + 1);
        if (_links.Contains(member))
        {
            _links.MoveToEnd(ref lists.Line, member);
        }
    }

    /// <summary>It is forgotten; another takes its index.</summary>
    public void Forget(int member)
    {
        if (member < _rows.Length)
        {
            _rows[member] = default;
        }
    }

    private ref Turn RowOf(int member)
    {
        if (member >= _rows.Length)
        {
            Array.Resize(ref _rows, Math.Max(member + 1, _rows.Length * 2));
        }

        return ref _rows[member];
    }
}
