namespace HalfOpen.Lab.World;

/// <summary>How a host of the lab's internet treats a connection attempt.</summary>
public enum HostKind
{
    /// <summary>Answers after its round trip.</summary>
    Alive,

    /// <summary>Answers with RST after its round trip.</summary>
    Refusing,

    /// <summary>Never answers: a dead peer.</summary>
    Silent,
}

/// <summary>One host: what it does, and how far away it is. Immutable.</summary>
/// <param name="RoundTrip">From a packet's leaving to the answer's coming.</param>
public readonly record struct Host(HostKind Kind, TimeSpan RoundTrip);
