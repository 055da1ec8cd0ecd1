using System.Buffers.Binary;
using System.Net.Sockets;
using HalfOpen.Linux;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// What reaches the internet of a <see cref="TestNetwork"/>: every IPv4 SYN for one of its addresses, with what other
/// tools' rules may have written into it.
/// </summary>
internal sealed class SynWatch : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _packet = new byte[2048];

    public SynWatch(NetworkNamespace where) => _socket = where.Run(() =>
        new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Tcp) { ReceiveTimeout = 5000 });

    /// <summary>
    /// The SYNs up to one for the last port, as "port mss N dscp N", sorted; copies count once. Throws when that one
    /// does not come within five seconds.
    /// </summary>
    public string[] Until(int lastPort)
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var packet = _packet.AsSpan(0, _socket.Receive(_packet));
            var tcp = packet[((packet[0] & 15) * 4)..];
            if ((tcp[13] & 0x17) != 2)
            {
                continue;
            }

            var port = BinaryPrimitives.ReadUInt16BigEndian(tcp[2..]);
            if (port == lastPort)
            {
                return [.. seen];
            }

            seen.Add($"{port} mss {SegmentSize(tcp)} dscp {packet[1] >> 2}");
        }
    }

    public void Dispose() => _socket.Dispose();

    private static int SegmentSize(ReadOnlySpan<byte> tcp)
    {
        var options = tcp[20..((tcp[12] >> 4) * 4)];
        while (options.Length > 1 && options[0] != 0)
        {
            if (options[0] == 2)
            {
                return BinaryPrimitives.ReadUInt16BigEndian(options[2..]);
            }

            options = options[(options[0] == 1 ? 1 : options[1])..];
        }

        return 0;
    }
}
