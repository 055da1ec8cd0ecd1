using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Linux;

/// <summary>
/// The size of iptables' own tables (not those of iptables on nftables) in the calling thread's network namespace, as
/// iptables itself asks for it (IPT_SO_GET_INFO). Needs CAP_NET_ADMIN.
/// </summary>
public static unsafe class LegacyTables
{
    private const int GetInfo = 64;
    private const int LevelV4 = 0;
    private const int LevelV6 = 41;
    private const int RawProtocol = 255;

    /// <summary>
    /// struct ipt_getinfo: name (32), hooks (4), entries (20), underflows (20), number of rules (4), bytes (4).
    /// </summary>
    private const int InfoLength = 84;

    /// <summary>Numbers of rules and bytes of raw and mangle, both families: differs when rules came or went.</summary>
    public static string Sign()
    {
        var text = new StringBuilder();
        Span<byte> info = stackalloc byte[InfoLength];
        foreach (var (family, level) in (ReadOnlySpan<(int, int)>)[(2, LevelV4), (10, LevelV6)])
        {
            using var socket = new Descriptor(Native.Socket(family, Native.SocketRaw | Native.CloseOnExec, RawProtocol));
            foreach (var table in (ReadOnlySpan<string>)["raw", "mangle"])
            {
                info.Clear();
                Encoding.ASCII.GetBytes(table, info);
                var length = InfoLength;
                fixed (byte* start = info)
                {
                    if (!socket.IsInvalid && Native.GetOption(socket.Number, level, GetInfo, start, &length) == 0)
                    {
                        text.Append($"{ReadUInt32LittleEndian(info[76..])}/{ReadUInt32LittleEndian(info[80..])} ");
                    }
                }
            }
        }

        return text.ToString();
    }
}
