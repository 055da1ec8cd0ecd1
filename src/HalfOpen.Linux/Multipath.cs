using System.Globalization;

namespace HalfOpen.Linux;

/// <summary>
/// What the kernel of the calling thread's network namespace thinks of MPTCP SYNs that nobody answers.
/// </summary>
public static class Multipath
{
    private const string Settings = "/proc/sys/net/mptcp/";

    /// <summary>
    /// How many of its own retries of an MPTCP SYN the kernel makes before it gives MPTCP up for that connection
    /// (<c>net.mptcp.syn_retrans_before_tcp_fallback</c>, 2 where there is no such setting) and, when that one then
    /// succeeds, for all (<c>net.mptcp.blackhole_timeout</c>, Linux 6.12). Null: it does no such thing.
    /// </summary>
    public static int? RetriesBeforeGivingUp() =>
        Read("blackhole_timeout") is > 0 && Read("enabled") is > 0 ? Read("syn_retrans_before_tcp_fallback") ?? 2 : null;

    private static int? Read(string name)
    {
        try
        {
            return int.TryParse(File.ReadAllText(Settings + name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value)
                ? value : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
