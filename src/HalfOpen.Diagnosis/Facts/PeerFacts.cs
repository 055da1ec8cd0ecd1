namespace HalfOpen.Diagnosis.Facts;

/// <summary>What one program has to do with one address and port over TCP. Immutable.</summary>
/// <param name="Program">Index into <see cref="MachineFacts.Programs"/>.</param>
/// <param name="Address">As text; IPv6 without brackets.</param>
public sealed record PeerFacts(int Program, string Address, int Port)
{
    /// <value>Sockets in SYN-SENT at the last look.</value>
    public long HalfOpen { get; init; }

    /// <value>Of those, how many have repeated their SYN: about a second of silence or more. A text that does not
    /// tell repeats counts all.</value>
    public long Silent { get; init; }

    /// <value>SYNs that the sockets in SYN-SENT have sent, where it is told.</value>
    public long Syns { get; init; }

    /// <value>Seconds that the oldest of them has been silent, at least.</value>
    public double SilentSeconds { get; init; }

    /// <value>Attempts seen, those that were out at the first look included.</value>
    public long Tried { get; init; }

    /// <value>Of those, established.</value>
    public long Answered { get; init; }

    /// <value>Answered by a reset.</value>
    public long Refused { get; init; }

    /// <value>Ended by a router's word that there is no way.</value>
    public long Unreachable { get; init; }

    /// <value>Ended without any answer.</value>
    public long GaveUp { get; init; }

    /// <value>Established at the last look.</value>
    public long Open { get; init; }

    /// <value>Of those, how many repeat data that the other end does not acknowledge.</value>
    public long OpenSilent { get; init; }

    /// <value>In TIME-WAIT at the last look.</value>
    public long TimeWait { get; init; }

    /// <value>In any other state after an established connection.</value>
    public long Closing { get; init; }

    /// <value>Connections that the other end opened, in whatever state; in no other figure here.</value>
    public long Inbound { get; init; }

    /// <value>Milliseconds of the quickest handshake or round trip seen; null: none.</value>
    public double? HandshakeMs { get; init; }

    /// <summary>Was tried and never said anything, neither yes nor no.</summary>
    public bool IsDead => Answered == 0 && Refused == 0 && Open == 0 && TimeWait == 0 && Closing == 0 && (Silent > 0 || GaveUp > 0);

    /// <summary>Said something: yes or no.</summary>
    public bool HasAnswered => Answered > 0 || Refused > 0 || Open > 0 || TimeWait > 0 || Closing > 0;
}
