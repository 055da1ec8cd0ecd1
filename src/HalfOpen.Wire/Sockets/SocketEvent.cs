using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Sockets;

/// <summary>What happened to a socket.</summary>
public enum SocketEventKind : byte
{
    /// <summary>It is about to send its SYN.</summary>
    Connecting = 1,

    /// <summary>Its state changed.</summary>
    StateChanged = 2,
}

/// <summary>
/// One record of our own BPF program. Immutable.
/// <code>
/// byte 0 kind (1 connecting, 2 state changed)   1 old state   2 new state   3 family   4-7 socket error
///      8 process id   12 local port   16 remote port, network order in its first two bytes   20 IPv4 remote
///            24 IPv4 local
///      28-31 user id   32 nanoseconds since the machine started
///      40 cookie of the socket, where it began on a leased slot; 0: it did not
///      48 remote address (16)   64 local address (16): of IPv6 only, a record of IPv4 may end before
/// numbers in the machine's order, addresses in network order
/// </code>
/// </summary>
public readonly record struct SocketEvent(SocketEventKind Kind, TcpState Old, TcpState New, int Error, uint ProcessId, Flow Flow,
    long Nanoseconds, uint UserId = 0, ulong LeaseCookie = 0)
{
    /// <summary>Bytes of a record of IPv4, at least: each costs the program that connects.</summary>
    public const int LengthV4 = 48;
    public const int Length = 80;
    public const int KindOffset = 0;
    public const int OldOffset = 1;
    public const int NewOffset = 2;
    public const int FamilyOffset = 3;
    public const int ErrorOffset = 4;
    public const int ProcessOffset = 8;
    public const int LocalPortOffset = 12;
    public const int RemotePortOffset = 16;
    public const int RemoteV4Offset = 20;
    public const int LocalV4Offset = 24;
    public const int UserOffset = 28;
    public const int TimeOffset = 32;
    public const int CookieOffset = 40;
    public const int RemoteV6Offset = 48;
    public const int LocalV6Offset = 64;

    /// <summary>
    /// Records for those who only watch are longer: the program's short name (comm, 16 bytes, zero-terminated) follows.
    /// </summary>
    public const int NamedLength = Length + NameLength;
    public const int NameLength = 16;

    /// <summary>Reads a record; false when it is none of ours.</summary>
    public static bool TryParse(ReadOnlySpan<byte> record, out SocketEvent socketEvent)
    {
        socketEvent = default;
        if (record.Length < LengthV4 || record[KindOffset] is not (1 or 2) || record[FamilyOffset] is not (2 or 10))
        {
            return false;
        }

        var v4 = record[FamilyOffset] == 2;
        if (!v4 && record.Length < Length)
        {
            return false;
        }

        var flow = new Flow(
            v4 ? Flow.MapV4(ReadUInt32BigEndian(record[LocalV4Offset..])) : ReadUInt128BigEndian(record[LocalV6Offset..]),
            (ushort)(ReadUInt32LittleEndian(record[LocalPortOffset..]) & 0xffff),
            v4 ? Flow.MapV4(ReadUInt32BigEndian(record[RemoteV4Offset..])) : ReadUInt128BigEndian(record[RemoteV6Offset..]),
            (ushort)(ReadUInt32BigEndian(record[RemotePortOffset..]) & 0xffff));
        socketEvent = new SocketEvent(
            (SocketEventKind)record[KindOffset],
            (TcpState)record[OldOffset],
            (TcpState)record[NewOffset],
            ReadInt32LittleEndian(record[ErrorOffset..]),
            ReadUInt32LittleEndian(record[ProcessOffset..]),
            flow,
            ReadInt64LittleEndian(record[TimeOffset..]),
            ReadUInt32LittleEndian(record[UserOffset..]),
            ReadUInt64LittleEndian(record[CookieOffset..]));
        return true;
    }
}
