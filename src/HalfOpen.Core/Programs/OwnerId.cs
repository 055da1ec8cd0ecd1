namespace HalfOpen.Core;

/// <summary>
/// Whom programs belong to (a user, a container, a LAN host behind a router): a small handle of one engine, from
/// <see cref="ProgramTable.InternOwner(ReadOnlySpan{char})"/>. Lives as long as a program of that owner is known, and
/// until its first program comes. Thread-safe.
/// </summary>
public readonly record struct OwnerId
{
    internal OwnerId(int index, int generation)
    {
        Index = index;
        Generation = generation;
    }

    /// <summary>Dense from 0; may be used to index the host's own tables while the owner lives.</summary>
    public int Index { get; }

    internal int Generation { get; }
}
