namespace HalfOpen.Wire.Sockets;

/// <summary>One socket as inet_diag shows it. Immutable.</summary>
/// <param name="Cookie">Unique for the life of the machine.</param>
/// <param name="CgroupId">Inode of its cgroup (v2), 0 when not told.</param>
/// <param name="Mark">SO_MARK; told to CAP_NET_ADMIN only.</param>
/// <param name="Interface">Index of the interface that it is bound to, 0: to none.</param>
public readonly record struct SocketInfo(
    Flow Flow, TcpState State, ulong Cookie, uint Uid, uint Inode, ulong CgroupId, uint Mark, uint Interface = 0);
