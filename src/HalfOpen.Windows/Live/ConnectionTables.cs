using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace HalfOpen.Windows.Live;

/// <summary>
/// The sockets of this Windows with their processes: GetExtendedTcpTable and GetExtendedUdpTable of the IP Helper. No
/// administrator is needed. Thread-safe: nothing is kept.
/// </summary>
[SupportedOSPlatform("windows")]
public static partial class ConnectionTables
{
    private const uint V4 = 2; // AF_INET
    private const uint V6 = 23; // AF_INET6
    private const uint TcpWithProcess = 5; // TCP_TABLE_OWNER_PID_ALL
    private const uint UdpWithProcess = 1; // UDP_TABLE_OWNER_PID
    private const uint InsufficientBuffer = 122;
    private const uint LargestTable = 64 << 20;
    private const uint Slack = 16 * 1024;
    private const int Tries = 8;

    private delegate uint Call(Span<byte> table, ref uint size, uint family);

    /// <summary>TCP, IPv4 and IPv6, listeners included.</summary>
    /// <exception cref="Win32Exception">Windows refuses.</exception>
    public static List<OwnedSocket> Tcp() =>
        Both(isTcp: true, (Span<byte> table, ref uint size, uint family) => GetExtendedTcpTable(table, ref size, 0, family,
            TcpWithProcess, 0));

    /// <summary>UDP, IPv4 and IPv6: what they talk to is not told.</summary>
    /// <exception cref="Win32Exception">Windows refuses.</exception>
    public static List<OwnedSocket> Udp() =>
        Both(isTcp: false, (Span<byte> table, ref uint size, uint family) => GetExtendedUdpTable(table, ref size, 0, family,
            UdpWithProcess, 0));

    private static List<OwnedSocket> Both(bool isTcp, Call call)
    {
        var rows = OwnerTable.Parse(Read(call, V4), isTcp, isV6: false);
        try
        {
            rows.AddRange(OwnerTable.Parse(Read(call, V6), isTcp, isV6: true));
        }
        catch (Win32Exception)
        {
            // A Windows without IPv6.
        }

        return rows;
    }

    /// <summary>The table grows between two calls, so it is tried with ever more room.</summary>
    private static byte[] Read(Call call, uint family)
    {
        byte[] table = [];
        for (var i = 0; i < Tries; i++)
        {
            var size = (uint)table.Length;
            var error = call(table, ref size, family);
            if (error == 0)
            {
                return table;
            }

            if (error != InsufficientBuffer || size > LargestTable)
            {
                throw new Win32Exception((int)error);
            }

            table = new byte[size + Slack];
        }

        throw new Win32Exception((int)InsufficientBuffer);
    }

    [LibraryImport("iphlpapi")]
    private static partial uint GetExtendedTcpTable(Span<byte> table, ref uint size, int order, uint family, uint kind, uint reserved);

    [LibraryImport("iphlpapi")]
    private static partial uint GetExtendedUdpTable(Span<byte> table, ref uint size, int order, uint family, uint kind, uint reserved);
}
