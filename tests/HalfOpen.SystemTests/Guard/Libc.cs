using System.Runtime.InteropServices;

namespace HalfOpen.SystemTests.Guard;

/// <summary>Sockets without .NET's event loop, so that the load generator costs less than what it measures.</summary>
internal static unsafe partial class Libc
{
    private const int TcpLevel = 6;
    private const int SynRetries = 7;
    private const int UserTimeout = 18;

    public const int EpollIn = 1;
    public const int EpollOut = 4;
    public const int EpollError = 8;
    public const int EpollHangUp = 16;
    public const int StreamNonBlocking = 1 | 0x800 | 0x80000;

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct EpollEvent
    {
        public uint Events;
        public long Data;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct AddressV4
    {
        public ushort Family;
        public ushort Port;
        public uint Address;
        public ulong Zero;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Linger
    {
        public int On;
        public int Seconds;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int socket, in AddressV4 address, int length);

    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    public static partial int SetOption(int socket, int level, int option, void* value, int length);

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    public static partial int EpollControl(int epoll, int operation, int descriptor, EpollEvent* what);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    public static partial int EpollWait(int epoll, EpollEvent* events, int most, int timeoutMs);

    /// <summary>A connection begun; the descriptor, or -1.</summary>
    public static int Begin(uint address, int port, int synRetries = 0, int userTimeoutMs = 0)
    {
        var socket = Socket(2, StreamNonBlocking, 0);
        if (synRetries > 0)
        {
            _ = SetOption(socket, TcpLevel, SynRetries, &synRetries, sizeof(int));
        }

        if (userTimeoutMs > 0)
        {
            _ = SetOption(socket, TcpLevel, UserTimeout, &userTimeoutMs, sizeof(int));
        }

        return Begin(socket, address, port);
    }

    private static int Begin(int socket, uint address, int port)
    {
        var linger = new Linger { On = 1 };
        _ = SetOption(socket, 1, 13, &linger, sizeof(Linger));
        var to = new AddressV4
        {
            Family = 2,
            Port = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ushort)port),
            Address = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(address),
        };
        _ = Connect(socket, to, sizeof(AddressV4));
        return socket;
    }

    /// <summary>The same through MPTCP; -1 where the kernel has none.</summary>
    public static int BeginMultipath(uint address, int port)
    {
        const int Mptcp = 262;
        var socket = Socket(2, StreamNonBlocking, Mptcp);
        return socket < 0 ? -1 : Begin(socket, address, port);
    }

    /// <summary>10.SECOND.x.y</summary>
    public static uint Address(int second, int host) => (10u << 24) | ((uint)second << 16) | (uint)(host & 0xffff);
}
