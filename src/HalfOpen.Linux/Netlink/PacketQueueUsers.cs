using System.Globalization;
using HalfOpen.Linux.Collecting;
using HalfOpen.Linux.Processes;

namespace HalfOpen.Linux.Netlink;

/// <summary>A packet queue and who serves it. Immutable.</summary>
/// <param name="Process">0: not known.</param>
/// <param name="Program">File name of its executable; empty: not known.</param>
/// <param name="Waiting">Packets that wait for a verdict.</param>
/// <param name="Dropped">Packets dropped for want of room in the queue or in its socket.</param>
public sealed record PacketQueueUser(int Number, uint Process, string Program, long Waiting, long Dropped);

/// <summary>Packet queues that some program serves. Thread-safe: no state.</summary>
public static class PacketQueueUsers
{
    private const int NumberColumn = 0;
    private const int PortColumn = 1;
    private const int WaitingColumn = 2;
    private const int QueueDropsColumn = 5;
    private const int SocketDropsColumn = 6;
    private const int MaxQueues = 65_536;

    /// <summary>Those of this network namespace; null: only root may know.</summary>
    public static IReadOnlyList<PacketQueueUser>? Look()
    {
        if (KernelFiles.OfNet("netfilter/nfnetlink_queue") is not { } lines)
        {
            return null;
        }

        return [.. Parse(lines).Select(q => q.Process > 0 && ProcessFacts.Read(q.Process) is { } facts
            ? q with { Program = Path.GetFileName(facts.Executable) } : q with { Process = 0 })];
    }

    /// <summary>
    /// Number, port id of the netlink socket (the kernel gives a process's first one its process id), packets that
    /// wait, mode, range, and packets dropped by the queue and by the socket.
    /// </summary>
    internal static IReadOnlyList<PacketQueueUser> Parse(IEnumerable<string> lines)
    {
        var users = new List<PacketQueueUser>();
        foreach (var line in lines.Take(MaxQueues))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (Field(fields, NumberColumn) is >= 0 and <= ushort.MaxValue and var number)
            {
                var port = Field(fields, PortColumn) ?? 0;
                users.Add(new PacketQueueUser((int)number, port <= int.MaxValue ? (uint)port : 0, "", Field(fields, WaitingColumn) ?? 0,
                    (Field(fields, QueueDropsColumn) ?? 0) + (Field(fields, SocketDropsColumn) ?? 0)));
            }
        }

        return users;
    }

    private static long? Field(string[] fields, int column) => column < fields.Length
        && uint.TryParse(fields[column], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
