namespace HalfOpen.Simulation.Checking;

/// <summary>
/// A policy broke a promise. The message is one line that names the promise, the policy, the seed and the instant; the
/// trace is the last events before it, in the lines of <c>halfopen replay</c>.
/// </summary>
public sealed class CheckFailedException(string message, IReadOnlyList<string> trace) : Exception(message)
{
    /// <summary>The last events, oldest first.</summary>
    public IReadOnlyList<string> Trace { get; } = trace;
}
