namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Which list an attempt is in, beside its class's queue: the values of <see cref="Attempts.Attempt.List"/> under
/// <c>fair</c>.
/// </summary>
internal static class FairList
{
    public const int None = 0;

    /// <summary>Started, and may still answer.</summary>
    public const int Young = 1;

    /// <summary>Silent for longer than handshakes take, on a slot.</summary>
    public const int Late = 2;

    /// <summary>The same without one: it passed as known to answer, and waits for a slot to be charged to.</summary>
    public const int Overdue = 3;

    /// <summary>To be given up, when its program has credit for it.</summary>
    public const int Unpaid = 4;

    /// <summary>Queued, and nearly out of its program's patience.</summary>
    public const int Stale = 5;
}
