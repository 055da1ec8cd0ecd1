using HalfOpen.Core;
using System.Globalization;

namespace HalfOpen.Hosting.Replay;

/// <summary>What a line of a replay file says.</summary>
public enum ReplayEventKind
{
    /// <summary>Time passes, and nothing else happens.</summary>
    Time,

    /// <summary>A program wants to connect.</summary>
    Submit,

    /// <summary>An attempt was half-open already.</summary>
    Adopt,

    /// <summary>An attempt ended.</summary>
    Outcome,

    /// <summary>A connection ended.</summary>
    Close,

    /// <summary>The limit was changed.</summary>
    Limit,
}

/// <summary>One line of a replay file. Immutable, thread-safe.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="At">When, in ms; the file's own precision.</param>
/// <param name="Id">The attempt's number in the file; the new limit for <see cref="ReplayEventKind.Limit"/>.</param>
public readonly record struct ReplayEvent(ReplayEventKind Kind, decimal At, long Id)
{
    /// <summary>0x... or decimal: the 32-bit process address. Null: <see cref="ProgramName"/> holds.</summary>
    public ulong? ProgramNumber { get; init; }

    /// <summary>Any other program; null where a number names it, and in events of no program.</summary>
    public string? ProgramName { get; init; }

    /// <summary>The program as one text, the same for every way to write the same number.</summary>
    public string ProgramText => ProgramName ?? string.Create(CultureInfo.InvariantCulture, $"0x{ProgramNumber ?? 0:x8}");

    /// <summary>Whom the program belongs to; null: it is an owner by itself, as in files of older versions.</summary>
    public string? Owner { get; init; }

    /// <summary>Of <see cref="ReplayEventKind.Submit"/> and <see cref="ReplayEventKind.Adopt"/>.</summary>
    public Destination Destination { get; init; }

    /// <summary>Of <see cref="ReplayEventKind.Outcome"/>.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>0 to 3.</summary>
    public int Priority { get; init; }

    /// <summary>Not started by then, it is rejected; in ms.</summary>
    public decimal? Deadline { get; init; }

    /// <summary><see cref="At"/> as the engine is told it: to 100 ns, the file's epoch at 0.</summary>
    public Instant Now => ToInstant(At);

    /// <summary><see cref="Deadline"/> likewise.</summary>
    public Instant? DeadlineInstant => Deadline is { } deadline ? ToInstant(deadline) : null;

    private static Instant ToInstant(decimal ms) => new((long)(ms * TimeSpan.TicksPerMillisecond));
}

/// <summary>What is wrong with a line: one sentence that names what is allowed.</summary>
public sealed class ReplayFormatException(string message) : Exception(message);
