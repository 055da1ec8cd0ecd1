namespace HalfOpen.Core;

/// <summary>
/// Who asks: a small handle of one engine, from <see cref="ProgramTable.Intern(string)"/>. Interning costs one table
/// look-up; hosts intern at every submission rather than keep handles of programs that fell silent, whose place may be
/// used again. Thread-safe.
/// </summary>
public readonly record struct ProgramId
{
    internal ProgramId(int index, int generation)
    {
        Index = index;
        Generation = generation;
    }

    /// <summary>Dense from 0; may be used to index the host's own tables while the program lives.</summary>
    public int Index { get; }

    internal int Generation { get; }
}
