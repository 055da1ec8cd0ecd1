using System.Net;

namespace HalfOpen.Xp.Network;

/// <summary>A socket in SYN-SENT. Immutable.</summary>
internal sealed class HalfOpenSocket
{
    public HalfOpenSocket(int processId, IPAddress remote, int port)
    {
        ProcessId = processId;
        Remote = remote;
        Port = port;
    }

    public int ProcessId { get; }

    public IPAddress Remote { get; }

    public int Port { get; }
}

/// <summary>
/// Reads the tables of TCP connections that Windows gives out, as documented in the Windows SDK (iphlpapi.h, tcpmib.h).
/// All numbers little-endian but ports and addresses, which stand as on the wire.
/// </summary>
/// <remarks>
/// <code>
///   MIB_TCPTABLE_OWNER_PID, and the table of AllocateAndGetTcpExTableFromStack
///   +0   rows
///   +4   24 bytes a row: state, local address, local port, remote address, remote port, process
///   MIB_TCP6TABLE_OWNER_PID
///   +0   rows
///   +4   56 bytes a row: local address (16), scope, port, remote address (16), scope, port, state, process
/// </code>
/// </remarks>
internal static class TcpTable
{
    /// <summary>MIB_TCP_STATE_SYN_SENT.</summary>
    private const uint SynSent = 3;

    private const int RowSize = 24;
    private const int RowSize6 = 56;

    /// <summary>
    /// The sockets in SYN-SENT of a table for IPv4. What the table promises and the bytes do not hold is left out;
    /// never throws.
    /// </summary>
    public static List<HalfOpenSocket> Read(byte[] table)
    {
        var found = new List<HalfOpenSocket>();
        for (var row = 4; row + RowSize <= table.Length && (row - 4) / RowSize < CountOf(table); row += RowSize)
        {
            if (U32(table, row) == SynSent)
            {
                found.Add(new HalfOpenSocket(unchecked((int)U32(table, row + 20)), AddressAt(table, row + 12, 4), PortAt(table, row + 16)));
            }
        }

        return found;
    }

    /// <summary>The same for IPv6.</summary>
    public static List<HalfOpenSocket> Read6(byte[] table)
    {
        var found = new List<HalfOpenSocket>();
        for (var row = 4; row + RowSize6 <= table.Length && (row - 4) / RowSize6 < CountOf(table); row += RowSize6)
        {
            if (U32(table, row + 48) == SynSent)
            {
                var process = unchecked((int)U32(table, row + 52));
                found.Add(new HalfOpenSocket(process, AddressAt(table, row + 24, 16), PortAt(table, row + 44)));
            }
        }

        return found;
    }

    private static uint CountOf(byte[] table) => table.Length < 4 ? 0 : U32(table, 0);

    private static uint U32(byte[] bytes, int at) =>
        unchecked((uint)(bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)));

    private static int PortAt(byte[] bytes, int at) => (bytes[at] << 8) | bytes[at + 1];

    private static IPAddress AddressAt(byte[] bytes, int at, int length)
    {
        var address = new byte[length];
        Array.Copy(bytes, at, address, 0, length);
        return new IPAddress(address);
    }
}
