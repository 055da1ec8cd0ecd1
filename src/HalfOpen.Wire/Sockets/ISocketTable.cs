namespace HalfOpen.Wire.Sockets;

/// <summary>
/// What <see cref="ISocketTable.Dump"/> calls for each socket; a static method and its state, so that nothing is
/// allocated.
/// </summary>
public delegate void SocketVisitor<TState>(TState state, in SocketInfo socket);

/// <summary>The kernel's TCP sockets, the truth that everything else is compared with.</summary>
public interface ISocketTable
{
    /// <summary>Visits all sockets in the given states (bit n: state n).</summary>
    void Dump<TState>(uint states, TState state, SocketVisitor<TState> visit);

    /// <summary>The socket with these addresses, in whatever state.</summary>
    /// <param name="output">
    /// Index of the interface that its packets leave by, 0: not known. Without it a socket that is bound to a device,
    /// or has a link-local address, is not found.
    /// </param>
    bool TryFind(in Flow flow, uint output, out SocketInfo socket);

    /// <summary>
    /// Aborts the socket in SYN-SENT with these addresses; false when there is none or the kernel cannot.
    /// </summary>
    /// <param name="output">As in <see cref="TryFind"/>.</param>
    bool Destroy(in Flow flow, uint output);

    /// <summary>
    /// Whether a socket of this machine answered a connection that this machine began to another: a transparent proxy
    /// (a destination that nat OUTPUT changed, or TPROXY). Then the answer says nothing about the destination. A proxy
    /// in another namespace is a host like any other.
    /// </summary>
    /// <param name="output">As in <see cref="TryFind"/>.</param>
    bool IsAnsweredHere(in Flow flow, uint output);

    /// <summary>Whether there is a raw socket that may send TCP: such a packet belongs to no TCP socket.</summary>
    bool HasRawSenders();
}
