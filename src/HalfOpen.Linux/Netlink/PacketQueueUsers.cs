using System.Globalization;
using HalfOpen.Linux.Collecting;

namespace HalfOpen.Linux.Netlink;

/// <summary>Packet queues that some program serves. Thread-safe: no state.</summary>
public static class PacketQueueUsers
{
    /// <summary>Their numbers in this network namespace; null: only root may know.</summary>
    public static IReadOnlyList<int>? Numbers() => KernelFiles.OfNet("netfilter/nfnetlink_queue") is { } lines ? Parse(lines) : null;

    /// <summary>The first field of each line.</summary>
    internal static IReadOnlyList<int> Parse(IEnumerable<string> lines) =>
        [.. lines.Take(65_536).Select(l => l.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries)).Where(f => f.Length > 0)
            .Select(f => int.TryParse(f[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).Where(n
            => n >= 0)];
}
