namespace HalfOpen.Guard.Control;

/// <summary>What the control socket may do to a running guard. Implementations are thread-safe.</summary>
public interface IGuardControl
{
    GuardStatus Snapshot();

    /// <exception cref="GuardException">Out of range; the message is for the user.</exception>
    void SetLimit(int limit);

    /// <summary>
    /// Reads the configuration again. Lines for the user: what needs a restart; empty when all is in force.
    /// </summary>
    /// <exception cref="GuardException">It is wrong; the old one stays.</exception>
    IReadOnlyList<string> Reload();
}
