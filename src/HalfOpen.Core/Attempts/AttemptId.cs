namespace HalfOpen.Core;

/// <summary>
/// Names an attempt inside one engine, from <see cref="Engine.Submit"/> until its outcome was reported, it was rejected
/// or it expired. After that the engine knows the id to be stale, even when the place is used again. <c>default</c>
/// names nothing. Thread-safe.
/// </summary>
public readonly record struct AttemptId
{
    internal AttemptId(int index, int generation)
    {
        Index = index;
        Generation = generation;
    }

    internal int Index { get; }

    /// <summary>Starts at 1, so that default(AttemptId) is never valid.</summary>
    internal int Generation { get; }

    /// <summary>True for <c>default</c>.</summary>
    public bool IsNone => Generation == 0;

    /// <summary>One number for logs and tables of the host.</summary>
    public ulong Value => ((ulong)(uint)Generation << 32) | (uint)Index;

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "none" : $"{Index}.{Generation}";
}
