using System.Buffers.Binary;
using System.Net;

namespace HalfOpen.Windows.Live;

/// <summary>State of a TCP connection as Windows numbers it (MIB_TCP_STATE).</summary>
public enum ConnectionState
{
    Closed = 1,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAcknowledgement,
    TimeWait,
    DeleteTcb,
}

/// <summary>A socket and its process. Immutable.</summary>
/// <param name="State">Null: UDP.</param>
/// <param name="Process">0: nobody's any more.</param>
public readonly record struct OwnedSocket(ConnectionState? State, IPAddress Local, int LocalPort, IPAddress Remote, int RemotePort,
    uint Process);

/// <summary>
/// Tables of sockets with their processes, as Windows hands them out: a count, then rows of numbers. Thread-safe: no
/// state.
/// </summary>
/// <remarks>
/// MIB_TCPROW_OWNER_PID, MIB_TCP6ROW_OWNER_PID, MIB_UDPROW_OWNER_PID and MIB_UDP6ROW_OWNER_PID of Microsoft's
/// documentation; ports stand in network order in the lower half of their number.
/// <code>
/// TCP 4   0 state · 4 local · 8 port · 12 remote · 16 port · 20 process
/// TCP 6   0 local · 16 scope · 20 port · 24 remote · 40 scope · 44 port · 48 state · 52 process
/// UDP 4   0 local · 4 port · 8 process            UDP 6   0 local · 16 scope · 20 port · 24 process
/// </code>
/// </remarks>
public static class OwnerTable
{
    private const int Header = 4;
    private const int MaxRows = 1_000_000;

    /// <summary>The rows that are whole, at most 1,000,000. Never throws, whatever the bytes.</summary>
    public static List<OwnedSocket> Parse(ReadOnlySpan<byte> table, bool isTcp, bool isV6)
    {
        var rows = new List<OwnedSocket>();
        if (table.Length < Header)
        {
            return rows;
        }

        var length = (isTcp, isV6) switch { (true, false) => 24, (true, true) => 56, (false, false) => 12, _ => 28 };
        var count = Math.Min(U32(table, 0), MaxRows);
        for (var at = Header; rows.Count < count && at + length <= table.Length; at += length)
        {
            var row = table.Slice(at, length);
            rows.Add((isTcp, isV6) switch
            {
                (true, false) => new OwnedSocket(State(row, 0), new IPAddress(row.Slice(4, 4)), Port(row, 8),
                    new IPAddress(row.Slice(12, 4)), Port(row, 16), U32(row, 20)),
                (true, true) => new OwnedSocket(State(row, 48), new IPAddress(row[..16]), Port(row, 20), new IPAddress(row.Slice(24, 16)),
                    Port(row, 44), U32(row, 52)),
                (false, false) => new OwnedSocket(null, new IPAddress(row[..4]), Port(row, 4), IPAddress.Any, 0, U32(row, 8)),
                _ => new OwnedSocket(null, new IPAddress(row[..16]), Port(row, 20), IPAddress.IPv6Any, 0, U32(row, 24)),
            });
        }

        return rows;
    }

    /// <summary>What is no state counts as closed.</summary>
    private static ConnectionState State(ReadOnlySpan<byte> row, int at) =>
        U32(row, at) is >= (uint)ConnectionState.Closed and <= (uint)ConnectionState.DeleteTcb and var state
            ? (ConnectionState)state : ConnectionState.Closed;

    private static int Port(ReadOnlySpan<byte> row, int at) => BinaryPrimitives.ReadUInt16BigEndian(row[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
