using System.Runtime.InteropServices;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Network;

/// <summary>
/// Asks Windows for its TCP connections with their processes: GetExtendedTcpTable from XP SP2 and Server 2003 SP1 on,
/// and before that AllocateAndGetTcpExTableFromStack, which the Windows SDK documents for XP alone.
/// </summary>
internal static class IpHelper
{
    private const uint InsufficientBuffer = 122;
    private const int IPv4 = 2;
    private const int IPv6 = 23;

    /// <summary>TCP_TABLE_OWNER_PID_ALL.</summary>
    private const int WithProcess = 5;

    /// <summary>Bytes: a million connections.</summary>
    private const int MaxTable = 64 * 1024 * 1024;

    public static SocketList Read(ProcessNames names)
    {
        try
        {
            var sockets = TcpTable.Read(ReadExtended(IPv4));
            sockets.AddRange(ReadIPv6());
            return SocketList.Of(sockets, names);
        }
        catch (EntryPointNotFoundException)
        {
            return ReadOfXpRtm(names);
        }
        catch (Exception e) when (e is DllNotFoundException or IOException)
        {
            return SocketList.Unreadable(new Phrase(TextKey.SocketsUnreadable, e.Message));
        }
    }

    /// <summary>Without IPv6 installed there is no table, and that is no failure.</summary>
    private static List<HalfOpenSocket> ReadIPv6()
    {
        try
        {
            return TcpTable.Read6(ReadExtended(IPv6));
        }
        catch (IOException)
        {
            return new List<HalfOpenSocket>();
        }
    }

    private static byte[] ReadExtended(int family)
    {
        var size = 0;
        var table = IntPtr.Zero;
        try
        {
            // Connections may appear between the two calls.
            for (var attempt = 0; attempt < 8; attempt++)
            {
                var result = IpHelperCalls.GetExtendedTcpTable(table, ref size, 0, family, WithProcess, 0);
                if (result == 0 && table != IntPtr.Zero)
                {
                    return Copy(table, size);
                }

                if ((result != 0 && result != InsufficientBuffer) || size is <= 0 or > MaxTable)
                {
                    throw new IOException("GetExtendedTcpTable " + result);
                }

                Marshal.FreeHGlobal(table);
                table = IntPtr.Zero;
                size += 4096;
                table = Marshal.AllocHGlobal(size);
            }

            throw new IOException("GetExtendedTcpTable " + InsufficientBuffer);
        }
        finally
        {
            Marshal.FreeHGlobal(table);
        }
    }

    private static SocketList ReadOfXpRtm(ProcessNames names)
    {
        try
        {
            var heap = IpHelperCalls.GetProcessHeap();
            var result = IpHelperCalls.AllocateAndGetTcpExTableFromStack(out var table, 0, heap, 0, IPv4);
            if (result != 0 || table == IntPtr.Zero)
            {
                return SocketList.Unreadable(new Phrase(TextKey.SocketsUnreadable, "AllocateAndGetTcpExTableFromStack " + result));
            }

            try
            {
                var size = IpHelperCalls.HeapSize(heap, 0, table).ToInt64();
                return SocketList.Of(TcpTable.Read(Copy(table, (int)Math.Max(0, Math.Min(size, MaxTable)))), names);
            }
            finally
            {
                IpHelperCalls.HeapFree(heap, 0, table);
            }
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return SocketList.Unreadable(new Phrase(TextKey.SocketsUnreadable, e.Message));
        }
    }

    private static byte[] Copy(IntPtr table, int size)
    {
        var bytes = new byte[size];
        Marshal.Copy(table, bytes, 0, size);
        return bytes;
    }

    private static class IpHelperCalls
    {
        [DllImport("iphlpapi.dll", ExactSpelling = true)]
        public static extern uint GetExtendedTcpTable(IntPtr table, ref int size, int order, int family, int kind, int reserved);

        [DllImport("iphlpapi.dll", ExactSpelling = true)]
        public static extern uint AllocateAndGetTcpExTableFromStack(out IntPtr table, int order, IntPtr heap, int flags, int family);

        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern IntPtr GetProcessHeap();

        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern IntPtr HeapSize(IntPtr heap, int flags, IntPtr memory);

        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern int HeapFree(IntPtr heap, int flags, IntPtr memory);
    }
}
