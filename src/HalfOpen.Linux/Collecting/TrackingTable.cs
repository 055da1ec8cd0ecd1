using System.Globalization;
using System.Net;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Gathering;
using HalfOpen.Diagnosis.Texts;

namespace HalfOpen.Linux.Collecting;

/// <summary>The table of tracked connections of the calling thread's namespace.</summary>
internal static class TrackingTable
{
    private const int MaxEntries = 500_000;

    /// <summary>
    /// What happened for want of room since the machine started: connections dropped, and entries thrown out early so
    /// that a new one fits; null: no tracking here.
    /// </summary>
    /// <remarks>Columns of /proc/net/stat/nf_conntrack, one line a processor, hexadecimal.</remarks>
    public static (long Drops, long Early)? Losses() => KernelFiles.OfNet("stat/nf_conntrack") is { Count: > 1 } lines
        ? (Sum(lines, "drop"), Sum(lines, "early_drop")) : null;

    internal static long Sum(IReadOnlyList<string> lines, string name)
    {
        var column = Array.IndexOf(lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), name);
        var sum = 0L;
        foreach (var line in lines.Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (column >= 0 && column < fields.Length
                && uint.TryParse(fields[column], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var count))
            {
                sum += count;
            }
        }

        return sum;
    }

    /// <summary>Null: nothing is tracked here.</summary>
    /// <param name="before">As <see cref="Losses"/> gave it at the first look.</param>
    /// <param name="ports">Programs by protocol and local port.</param>
    /// <param name="own">Addresses of this machine.</param>
    /// <param name="everywhere">The kernel's log, which is of all namespaces, is asked too.</param>
    public static TrackingFacts? Read((long Drops, long Early)? before, IReadOnlyDictionary<(byte Protocol, int Port), int> ports,
        IReadOnlySet<IPAddress> own, bool everywhere, List<string> notes)
    {
        if (KernelFiles.Number("/proc/sys/net/netfilter/nf_conntrack_count") is not { } count || count == 0)
        {
            return null;
        }

        var losses = Losses();
        var facts = new TrackingFacts
        {
            Count = count,
            Max = KernelFiles.Number("/proc/sys/net/netfilter/nf_conntrack_max"),
            Drops = losses?.Drops - before?.Drops,
            DropsEver = losses?.Drops,
            EarlyDrops = losses?.Early - before?.Early,
            FullInLog = everywhere ? KernelLog.SaysTableFull() : null,
        };
        var builder = new TrackingBuilder();
        try
        {
            foreach (var line in File.ReadLines("/proc/thread-self/net/nf_conntrack").Take(MaxEntries))
            {
                if (ConntrackText.TryParse(line, out var entry))
                {
                    builder.Add(entry, Owner(entry, ports, own));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            notes.Add(Environment.IsPrivilegedProcess
                ? "this kernel does not list tracked connections in /proc: save 'conntrack -L' and give doctor the file"
                : "what fills the table of tracked connections only root may read");
            return facts;
        }

        if (builder.Count >= MaxEntries)
        {
            notes.Add($"of the tracked connections only {MaxEntries:N0} were read");
        }

        return builder.Build(facts);
    }

    private static int Owner(in TrackedEntry entry, IReadOnlyDictionary<(byte Protocol, int Port), int> ports, IReadOnlySet<IPAddress> own)
    {
        var protocol = entry.Protocol switch { "tcp" => (byte)6, "udp" => (byte)17, _ => (byte)0 };
        return own.Contains(entry.Source) && ports.TryGetValue((protocol, entry.SourcePort), out var program) ? program
            : own.Contains(entry.Destination) && ports.TryGetValue((protocol, entry.DestinationPort), out program) ? program
            : -1;
    }
}
