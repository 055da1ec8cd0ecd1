namespace HalfOpen.Linux.Collecting;

/// <summary>Numbers of the calling thread's network namespace: connections that the kernel tracks. Immutable.</summary>
/// <param name="Max">As many may be; null: not told.</param>
public sealed record NetworkCounts(long Count, long? Max)
{
    private const int DefaultRetries = 6;

    /// <summary>How often the kernel repeats a SYN before it gives up (tcp_syn_retries; 6 where it does not
    /// say).</summary>
    public static int SynRetries() =>
        KernelFiles.Number("/proc/sys/net/ipv4/tcp_syn_retries") is { } retries and >= 0 and < 256 ? (int)retries : DefaultRetries;

    /// <summary>Two small files; null: nothing is tracked here.</summary>
    public static NetworkCounts? Read() =>
        File.Exists("/proc/sys/net/netfilter/nf_conntrack_count") // asked once a second, and an exception costs more than that
        && KernelFiles.Number("/proc/sys/net/netfilter/nf_conntrack_count") is { } count and > 0
            ? new NetworkCounts(count, KernelFiles.Number("/proc/sys/net/netfilter/nf_conntrack_max")) : null;
}
