using HalfOpen.Guard.Kernel;
using HalfOpen.Wire.Netlink;

namespace HalfOpen.Lab.Kernel;

/// <summary>
/// The kernel's own list of IPv4 sockets in SYN-SENT, in the network namespace of the thread that made this object: the truth about which attempts still run, whatever programs or the guard believe. About 0.25 ms
/// and 0.6 us a socket. Not thread-safe.
/// </summary>
internal sealed class HalfOpenSockets : IDisposable
{
    private readonly NetlinkSocket _netlink = new(Native.NetlinkSocketDiagnosis, 1 << 20);
    private readonly byte[] _request = new byte[128];
    private uint _sequence;

    /// <summary>Fills <paramref name="flows"/> with the keys (<see cref="Link.FlowKey"/>) of all sockets in SYN-SENT.</summary>
    public void Dump(HashSet<ulong> flows)
    {
        flows.Clear();
        _sequence = unchecked(_sequence + 1);
        var writer = new NetlinkWriter(_request);
        SocketDiagnosis.Dump(ref writer, SocketDiagnosis.FamilyV4, 1u << (int)TcpState.SynSent, _sequence);
        if (_netlink.Send(_request.AsSpan(0, writer.Length)) is var errno and not 0)
        {
            throw Native.Failure("cannot ask for sockets", errno);
        }

        while (true)
        {
            var reader = new NetlinkReader(_netlink.Receive());
            while (reader.TryRead(out var message))
            {
                if (message.Sequence != _sequence)
                {
                    continue;
                }

                if (message.Type is NetlinkConstants.Done or NetlinkConstants.Error)
                {
                    return;
                }

                if (SocketDiagnosis.TryParse(message, out var socket) && socket.State == TcpState.SynSent)
                {
                    flows.Add(Link.FlowKey.Of(socket.Flow));
                }
            }
        }
    }

    public void Dispose() => _netlink.Dispose();
}
