using System.Globalization;

namespace HalfOpen.Diagnosis.Texts;

/// <summary>
/// Counters of /proc/net/snmp and /proc/net/netstat: pairs of lines that begin with the same word, names first, then
/// numbers. Thread-safe: no state.
/// </summary>
public static class KernelCounters
{
    private const int MaxLines = 200;

    /// <summary>Those that findings speak of.</summary>
    private static readonly HashSet<string> Wanted = new(StringComparer.Ordinal)
    {
        "Tcp.ActiveOpens", "Tcp.PassiveOpens", "Tcp.AttemptFails", "Tcp.EstabResets", "Tcp.CurrEstab", "Tcp.RetransSegs", "Tcp.OutSegs",
        "Tcp.OutRsts",
        "TcpExt.TCPTimeouts", "TcpExt.TCPSynRetrans", "TcpExt.ListenOverflows", "TcpExt.ListenDrops", "TcpExt.TCPSpuriousRtxHostQueues",
        "TcpExt.TCPAbortOnTimeout", "TcpExt.TCPReqQFullDrop", "TcpExt.TCPReqQFullDoCookies", "Icmp.InDestUnreachs", "Udp.OutDatagrams",
        "Udp.InDatagrams",
    };

    /// <summary>Adds what the text has of them; what does not look as it should is passed over.</summary>
    public static void Read(IEnumerable<string> lines, IDictionary<string, long> into)
    {
        string? names = null;
        foreach (var line in lines.Take(MaxLines))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && names is not null && names.AsSpan().StartsWith(line.AsSpan(0, colon + 1)))
            {
                Pair(names.Split(' ', StringSplitOptions.RemoveEmptyEntries), line.Split(' ', StringSplitOptions.RemoveEmptyEntries), into);
                names = null;
            }
            else
            {
                names = line;
            }
        }
    }

    private static void Pair(string[] names, string[] values, IDictionary<string, long> into)
    {
        for (var i = 1; i < Math.Min(names.Length, values.Length); i++)
        {
            var name = names[0].TrimEnd(':') + "." + names[i];
            if (Wanted.Contains(name) && long.TryParse(values[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                out var value))
            {
                into[name] = Math.Clamp(value, 0, 1_000_000_000_000);
            }
        }
    }
}
