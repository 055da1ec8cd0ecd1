using System.Runtime.InteropServices;
using HalfOpen.Wire.Netlink;

namespace HalfOpen.Linux.Netlink;

/// <summary>A netlink socket in the namespace of the thread that made it. Not thread-safe.</summary>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    private readonly Descriptor _descriptor;
    private readonly byte[] _answer = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);

    /// <param name="groups">Multicast groups, bit n-1 for group n.</param>
    public NetlinkSocket(int protocol, int receiveBufferBytes, uint groups = 0)
    {
        var number = Native.Socket(Native.AddressFamilyNetlink, Native.SocketRaw | Native.CloseOnExec, protocol);
        if (number < 0)
        {
            throw Native.Failure("cannot open a netlink socket");
        }

        _descriptor = new Descriptor(number);
        if (Native.Bind(number, new Native.NetlinkAddress { Family = Native.AddressFamilyNetlink, Groups = groups },
            sizeof(Native.NetlinkAddress)) != 0)
        {
            throw Native.Failure("cannot bind a netlink socket");
        }

        // Beyond rmem_max; needs CAP_NET_ADMIN. Where it is refused the default stays and the kernel's drop counters
        // tell.
        _ = Native.SetOption(number, Native.SolSocket, Native.ReceiveBufferForce, &receiveBufferBytes, sizeof(int));
        var one = 1;
        _ = Native.SetOption(number, Native.SolNetlink, Native.NetlinkNoEnobufs, &one, sizeof(int));
    }

    public int Number => _descriptor.Number;

    /// <summary>
    /// Lets <see cref="Send"/> take as much as this in one call. Needs CAP_NET_ADMIN beyond wmem_max.
    /// </summary>
    public void AllowSending(int bytes) => _ = Native.SetOption(Number, Native.SolSocket, Native.SendBufferForce, &bytes, sizeof(int));

    /// <summary>Sends everything in one call; the errno, or 0.</summary>
    public int Send(ReadOnlySpan<byte> messages)
    {
        fixed (byte* start = messages)
        {
            while (Native.Send(Number, start, (nuint)messages.Length, 0) < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno != Native.Interrupted)
                {
                    return errno;
                }
            }
        }

        return 0;
    }

    /// <summary>Waits for one datagram and gives it; valid until the next call.</summary>
    public ReadOnlySpan<byte> Receive()
    {
        while (true)
        {
            fixed (byte* start = _answer)
            {
                var count = Native.Receive(Number, start, (nuint)_answer.Length, 0);
                if (count >= 0)
                {
                    return _answer.AsSpan(0, (int)count);
                }
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno != Native.Interrupted)
            {
                throw Native.Failure("cannot read from a netlink socket", errno);
            }
        }
    }

    /// <summary>One datagram if there is one, else empty.</summary>
    public ReadOnlySpan<byte> TryReceive()
    {
        fixed (byte* start = _answer)
        {
            var count = Native.Receive(Number, start, (nuint)_answer.Length, Native.MessageDontWait);
            return count > 0 ? _answer.AsSpan(0, (int)count) : default;
        }
    }

    /// <summary>Sends one request and waits for its acknowledgement: the errno, 0 for done.</summary>
    public int Request(ReadOnlySpan<byte> message, uint sequence)
    {
        var errno = Send(message);
        while (errno == 0)
        {
            var reader = new NetlinkReader(Receive());
            while (reader.TryRead(out var answer))
            {
                if (answer.Sequence == sequence && answer.TryReadError(out errno))
                {
                    return errno;
                }
            }
        }

        return errno;
    }

    public void Dispose() => _descriptor.Dispose();
}
