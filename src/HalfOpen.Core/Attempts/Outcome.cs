namespace HalfOpen.Core;

/// <summary>How an attempt ended.</summary>
public enum Outcome
{
    /// <summary>
    /// The handshake was completed (SYN-ACK, RFC 9293 section 3.5). The connection is open until
    /// <see cref="Engine.ConnectionClosed"/>.
    /// </summary>
    Established,

    /// <summary>A reset answered the SYN: nobody listens there.</summary>
    Refused,

    /// <summary>Reset after an answer, before the connection was of use.</summary>
    Reset,

    /// <summary>Nobody answered and the stack gave up: a dead peer.</summary>
    TimedOut,

    /// <summary>The network said that there is no way (ICMP destination unreachable).</summary>
    Unreachable,

    /// <summary>The program, or the host on a <see cref="DecisionKind.GiveUp"/>, ended it.</summary>
    Cancelled,
}
