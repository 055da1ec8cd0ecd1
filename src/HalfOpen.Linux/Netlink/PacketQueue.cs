using System.Runtime.InteropServices;
using HalfOpen.Wire.Netlink;

namespace HalfOpen.Linux.Netlink;

/// <summary>
/// One NFQUEUE: packets come in batches, verdicts go out many to a send. Nothing is allocated per packet. Not
/// thread-safe; must be made by a thread in the namespace that is governed.
/// </summary>
public sealed unsafe class PacketQueue : IDisposable
{
    /// <summary>Datagrams read in one system call; the kernel puts one packet into each.</summary>
    public const int Batch = 64;

    /// <summary>Enough for the attributes (about 150 bytes) and <see cref="CopyBytes"/>.</summary>
    private const int Room = 768;

    /// <summary>
    /// A SYN with all options and a few IPv6 extension headers. A longer one is parsed as far as it goes.
    /// </summary>
    private const int CopyBytes = 384;

    private const int VerdictsPerSend = 512;
    private const int ReceiveBufferBytes = 64 << 20;

    private readonly NetlinkSocket _socket;
    private readonly ushort _queue;
    private readonly byte[] _room = GC.AllocateUninitializedArray<byte>(Batch * Room, pinned: true);
    private readonly byte[] _verdicts = GC.AllocateUninitializedArray<byte>(VerdictsPerSend * QueueRequests.VerdictLength, pinned: true);
    private readonly Native.MultiMessage[] _messages = GC.AllocateArray<Native.MultiMessage>(Batch, pinned: true);
    private readonly Native.IoVector[] _vectors = GC.AllocateArray<Native.IoVector>(Batch, pinned: true);
    private int _pendingVerdicts;

    /// <exception cref="LinuxException">The queue is taken, or we may not.</exception>
    public PacketQueue(ushort queue, int maxLength, bool failOpen)
    {
        _queue = queue;
        _socket = new NetlinkSocket(Native.NetlinkNetfilter, ReceiveBufferBytes);
        try
        {
            Span<byte> buffer = stackalloc byte[128];
            var writer = new NetlinkWriter(buffer);
            QueueRequests.Bind(ref writer, queue, 1);
            Check(_socket.Request(buffer[..writer.Length], 1));
            writer = new NetlinkWriter(buffer);
            QueueRequests.Configure(ref writer, queue, CopyBytes, maxLength, failOpen, 2);
            Check(_socket.Request(buffer[..writer.Length], 2));
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        for (var i = 0; i < Batch; i++)
        {
            _vectors[i] = new Native.IoVector { Base = Address(_room, i * Room), Length = Room };
            _messages[i].Header = new Native.MessageHeader { Vectors = (Native.IoVector*)Address(_vectors, i), VectorCount = 1 };
        }
    }

    public int Number => _socket.Number;

    /// <summary>
    /// How many datagrams came, at most <see cref="Batch"/>; 0 when there are none. Never waits. They are valid until
    /// the next call.
    /// </summary>
    public int Receive()
    {
        var count = Native.ReceiveMany(Number, (Native.MultiMessage*)Address(_messages, 0), Batch, Native.MessageDontWait, null);
        return Math.Max(0, count);
    }

    /// <summary>One of the datagrams read last.</summary>
    public ReadOnlySpan<byte> Datagram(int index) => _room.AsSpan(index * Room, (int)Math.Min(_messages[index].Length, Room));

    /// <summary>Notes a verdict; it leaves with <see cref="Flush"/>, or before that when many have gathered.</summary>
    /// <param name="sequence">
    /// Comes back in <see cref="QueueRequests.TryReadMissed"/>, among the datagrams, when the packet was there no more.
    /// </param>
    public void Verdict(uint packetId, bool accept, uint sequence = 0)
    {
        QueueRequests.Verdict(_verdicts.AsSpan(_pendingVerdicts * QueueRequests.VerdictLength), _queue, packetId,
            accept ? QueueRequests.Accept : QueueRequests.Drop, sequence);
        if (++_pendingVerdicts == VerdictsPerSend)
        {
            Flush();
        }
    }

    /// <summary>
    /// Sends the verdicts that wait. A verdict for a packet that the kernel does not hold any more (a link went down, a
    /// hook was deleted) is answered with an error, which comes as a datagram.
    /// </summary>
    public void Flush()
    {
        if (_pendingVerdicts == 0)
        {
            return;
        }

        var length = _pendingVerdicts * QueueRequests.VerdictLength;
        _pendingVerdicts = 0;
        var errno = _socket.Send(_verdicts.AsSpan(0, length));
        if (errno != 0)
        {
            throw Native.Failure("cannot send verdicts", errno);
        }
    }

    public void Dispose() => _socket.Dispose();

    private static T* Address<T>(T[] pinned, int index)
        where T : unmanaged => (T*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, index);

    private void Check(int errno)
    {
        if (errno != 0)
        {
            throw errno is 16 or 1 && _pendingVerdicts == 0
                ? new LinuxException(
                    $"packet queue {_queue} cannot be had (errno {errno}): another program has it, or root (CAP_NET_ADMIN) is needed")
                : Native.Failure($"cannot set up packet queue {_queue}", errno);
        }
    }
}
