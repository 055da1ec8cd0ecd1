namespace HalfOpen.Guard;

/// <summary>What the packet filter has to send to the guard beside the SYNs themselves.</summary>
/// <param name="LocalAnswers">NFLOG inbound SYN-ACK, RST and ICMP errors for this machine: there is no BPF.</param>
/// <param name="ForwardedAnswers">NFLOG the same in FORWARD.</param>
/// <param name="LeasedPass">Let SYNs pass whose sockets hold a leased slot, where the rules can tell.</param>
public readonly record struct RuleNeeds(bool LocalAnswers, bool ForwardedAnswers, bool LeasedPass = false);

/// <summary>
/// Puts the guard's rules into the packet filter and takes them out again. Called from the guard's own thread, which is
/// in the network namespace that is governed: a child process started there sees that namespace.
/// </summary>
public interface IGuardRules
{
    /// <summary>
    /// Sets up all rules. Called once, after the queue is bound, so that no packet meets a queue without a reader.
    /// Throws <see cref="GuardException"/> with a line for the user when it cannot, leaving nothing behind.
    /// </summary>
    void Install(GuardOptions options, RuleNeeds needs);

    /// <summary>
    /// Changes what differs (exemptions, loopback, fail-closed), without a moment in which SYNs are lost. Never throws:
    /// where it cannot, the old rules stay.
    /// </summary>
    void Update(GuardOptions options, RuleNeeds needs);

    /// <summary>
    /// Readable when somebody changed something in the packet filter; -1 (default): nobody tells, look now and then.
    /// </summary>
    int ChangeDescriptor => -1;

    /// <summary>Makes <see cref="ChangeDescriptor"/> silent until the next change. Never throws.</summary>
    void Hush()
    {
    }

    /// <summary>Where the rules stand, for a user; empty while there are none.</summary>
    string Where => "";

    /// <summary>Why the rules are not where they would best be, for a user; empty: they are.</summary>
    string Lacking => "";

    /// <summary>Whether they let leased SYNs pass. Default no: nothing is leased then.</summary>
    bool LeasedPass => false;

    /// <summary>
    /// Whether the rules are as they were put in. Never throws; costs little where nobody changed anything.
    /// </summary>
    bool AreIntact() => true;

    /// <summary>Puts the rules in again, whatever is left of them. Never throws.</summary>
    /// <returns>Why it could not, for a user; null: done.</returns>
    string? PutBack() => null;

    /// <summary>
    /// Lets everything pass from now on, without losing what is held. Never throws; called before it is let go.
    /// </summary>
    void Release() => Remove();

    /// <summary>Takes everything out. Never throws; called at the end, after held packets were let go.</summary>
    void Remove();
}

/// <summary>Something the user can act upon: one line that says what. No stack trace is shown.</summary>
public sealed class GuardException : Exception
{
    public GuardException(string message)
        : base(message)
    {
    }

    public GuardException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
