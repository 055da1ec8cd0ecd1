using System.Net;
using HalfOpen.Linux;
using HalfOpen.Linux.Netlink;
using HalfOpen.Guard.Rules;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Metrics;

/// <summary>
/// Who may read the metrics: root, ourselves, and members of the group <see cref="GuardPaths.GroupName"/>. A TCP port
/// has no owner and no mode, but on loopback the kernel says whose the other end is. Thread-safe.
/// </summary>
public sealed class MetricsReaders
{
    private readonly Func<IPEndPoint, IPEndPoint, uint?> _ownerOf;
    private readonly Func<uint, bool> _isMember;
    private readonly uint _self;

    /// <param name="ownerOf">User id of the socket with this local and this remote address on this machine; null: there
    /// is none.</param>
    /// <param name="isMember">Whether a user is in the group.</param>
    /// <param name="self">Our own user id.</param>
    internal MetricsReaders(Func<IPEndPoint, IPEndPoint, uint?> ownerOf, Func<uint, bool> isMember, uint self) =>
        (_ownerOf, _isMember, _self) = (ownerOf, isMember, self);

    /// <summary>
    /// Asks this machine's kernel and its <c>/etc/passwd</c> and <c>/etc/group</c>, anew each time: membership changes
    /// count at once.
    /// </summary>
    public static MetricsReaders OfThisMachine
        { get; } = new(OwnerOf, user => Accounts.IsInGroup(user, GuardPaths.GroupName), Accounts.OwnUserId());

    /// <summary>
    /// Whether the client at <paramref name="client"/> that reached us at <paramref name="server"/> may read. From
    /// another machine: yes, since only metrics-anywhere lets it come here at all.
    /// </summary>
    public bool Allow(IPEndPoint client, IPEndPoint server)
    {
        if (!IPAddress.IsLoopback(server.Address) && !client.Address.Equals(server.Address))
        {
            return true;
        }

        return _ownerOf(client, server) is { } user && (user == 0 || user == _self || _isMember(user));
    }

    private static uint? OwnerOf(IPEndPoint local, IPEndPoint remote)
    {
        using var sockets = new SocketTable();
        var flow = new Flow(Flow.FromAddress(local.Address), (ushort)local.Port, Flow.FromAddress(remote.Address), (ushort)remote.Port);
        return sockets.TryFind(flow, 0, out var socket) ? socket.Uid : null;
    }
}
