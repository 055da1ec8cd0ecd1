using HalfOpen.Core;

namespace HalfOpen.Cli.Replay;

internal enum ReplayEventKind
{
    Time,
    Submit,
    Adopt,
    Outcome,
    Close,
    Limit,
}

/// <summary>One line of a replay file.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="At">When, in ms; the file's own precision.</param>
/// <param name="Id">The attempt's number in the file; the new limit for <see cref="ReplayEventKind.Limit"/>.</param>
internal readonly record struct ReplayEvent(ReplayEventKind Kind, decimal At, long Id)
{
    /// <summary>0x... or decimal: the 32-bit process address. Null: <see cref="ProgramName"/> holds.</summary>
    public ulong? ProgramNumber { get; init; }

    public string? ProgramName { get; init; }

    public Destination Destination { get; init; }

    public Outcome Outcome { get; init; }

    public int Priority { get; init; }

    public decimal? Deadline { get; init; }
}

/// <summary>What is wrong with a line: one sentence that names what is allowed.</summary>
internal sealed class ReplayFormatException(string message) : Exception(message);
