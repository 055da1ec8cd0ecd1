using HalfOpen.Wire.Netlink;

namespace HalfOpen.Linux.Netlink;

/// <summary>
/// Copies of packets that a rule sends to one NFLOG group. Must be made by a thread in the namespace that is watched.
/// Not thread-safe.
/// </summary>
public sealed class PacketLog : IDisposable
{
    private const int ReceiveBufferBytes = 8 << 20;
    private readonly NetlinkSocket _socket;

    /// <param name="group">NFLOG group, as in the rules.</param>
    /// <param name="copyBytes">How much of each packet is wanted.</param>
    /// <exception cref="LinuxException">The group cannot be had.</exception>
    public PacketLog(ushort group, int copyBytes)
    {
        _socket = new NetlinkSocket(Native.NetlinkNetfilter, ReceiveBufferBytes);
        Span<byte> buffer = stackalloc byte[128];
        var writer = new NetlinkWriter(buffer);
        LogMessages.Bind(ref writer, group, 1);
        var errno = _socket.Request(buffer[..writer.Length], 1);
        if (errno == 0)
        {
            writer = new NetlinkWriter(buffer);
            LogMessages.Configure(ref writer, group, copyBytes, 2);
            errno = _socket.Request(buffer[..writer.Length], 2);
        }

        if (errno != 0)
        {
            _socket.Dispose();
            throw Native.Failure($"cannot set up NFLOG group {group}", errno);
        }
    }

    /// <summary>Readable when there is something to read.</summary>
    public int Number => _socket.Number;

    /// <summary>
    /// One datagram of netlink messages, valid until the next call; empty when there is none. Never waits.
    /// </summary>
    public ReadOnlySpan<byte> TryReceive() => _socket.TryReceive();

    public void Dispose() => _socket.Dispose();
}
