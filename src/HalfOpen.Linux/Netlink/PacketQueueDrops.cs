using System.Globalization;

namespace HalfOpen.Linux.Netlink;

/// <summary>
/// What the kernel dropped of a packet queue: because it was full, or because our socket's buffer was. Thread-safe: no
/// state.
/// </summary>
public static class PacketQueueDrops
{
    /// <summary>
    /// The queue's line of nfnetlink_queue: number, port id, waiting, copy mode, range, queue dropped, user dropped, id
    /// sequence, 1.
    /// </summary>
    internal static (long Queue, long User) Parse(IEnumerable<string> lines, ushort queue)
    {
        foreach (var line in lines)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length >= 7 && fields[0] == queue.ToString(CultureInfo.InvariantCulture) && long.TryParse(fields[5], out var dropped)
                && long.TryParse(fields[6], out var user))
            {
                return (dropped, user);
            }
        }

        return (0, 0);
    }

    public static (long Queue, long User) Read(ushort queue)
    {
        try
        {
            return Parse(File.ReadLines("/proc/thread-self/net/netfilter/nfnetlink_queue"), queue);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (0, 0);
        }
    }
}
