namespace HalfOpen.Core;

/// <summary>What a host knows of an attempt when it is submitted.</summary>
public readonly record struct AttemptRequest
{
    /// <summary>Highest value of <see cref="Priority"/>.</summary>
    public const int MaxPriority = 3;

    /// <summary>Who asks; from <see cref="ProgramTable.Intern(string)"/> of the same engine.</summary>
    public ProgramId Program { get; init; }

    /// <summary>
    /// Where to. A name is resolved before it is submitted; see <see cref="Core.Destination.FromName"/> for hosts that
    /// cannot.
    /// </summary>
    public Destination Destination { get; init; }

    /// <summary>
    /// 0 (default) to 3; within one program higher goes first. Policy <c>fair</c> only; nobody needs to set it.
    /// </summary>
    public int Priority { get; init; }

    /// <summary>
    /// An attempt that has not started by then is rejected as <see cref="RejectReason.Expired"/>. Null (default): it
    /// waits as long as it takes.
    /// </summary>
    public Instant? Deadline { get; init; }

    /// <summary>The host's own word, echoed in every decision about this attempt.</summary>
    public ulong Tag { get; init; }
}
