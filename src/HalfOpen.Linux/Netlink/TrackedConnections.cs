using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Linux.Netlink;

/// <summary>
/// Asks connection tracking of the calling thread's namespace who answers a connection: after a rule changed its
/// destination that is somebody else than its socket believes. Not thread-safe.
/// </summary>
internal sealed class TrackedConnections : IDisposable
{
    private const int ReceiveBufferBytes = 1 << 16;
    private const long LookAgainMilliseconds = 1_000;

    private readonly NetlinkSocket _socket = new(Native.NetlinkNetfilter, ReceiveBufferBytes);
    private readonly byte[] _request = new byte[160];
    private uint _sequence;
    private long _lookAgain;
    private bool _isTracking;

    /// <summary>False: nothing tracks this connection, so nothing changed its destination.</summary>
    public bool TryFindAnswerer(in Flow flow, out Flow answerer)
    {
        answerer = default;
        if (!IsTracking())
        {
            return false;
        }

        var writer = new NetlinkWriter(_request);
        TrackingMessages.Find(ref writer, flow, ++_sequence);
        if (_socket.Send(_request.AsSpan(0, writer.Length)) != 0)
        {
            return false;
        }

        while (true)
        {
            var reader = new NetlinkReader(_socket.Receive());
            while (reader.TryRead(out var message))
            {
                if (message.Sequence == _sequence)
                {
                    return TrackingMessages.TryParseAnswerer(message, out answerer);
                }
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Asking would load the kernel's module where nobody wants it.</summary>
    private bool IsTracking()
    {
        if (Environment.TickCount64 >= _lookAgain)
        {
            _lookAgain = Environment.TickCount64 + LookAgainMilliseconds;
            _isTracking = File.Exists("/proc/sys/net/netfilter/nf_conntrack_count");
        }

        return _isTracking;
    }
}
