using System.Globalization;
using System.Net;

namespace HalfOpen.Diagnosis.Texts;

/// <summary>One tracked connection. Immutable.</summary>
/// <param name="Protocol">tcp, udp, icmp, ...</param>
/// <param name="State">As the kernel names it; for protocols without states REPLIED or UNREPLIED.</param>
/// <param name="Source">Who began it, before any translation.</param>
/// <param name="SourcePort">0 where the protocol has none.</param>
public readonly record struct TrackedEntry(string Protocol, string State, IPAddress Source, int SourcePort, IPAddress Destination,
    int DestinationPort, bool IsReplied)
{
    /// <summary>TCP that nobody answered.</summary>
    public bool IsHalfOpen => Protocol == "tcp" && State is "SYN_SENT" or "SYN_SENT2";
}

/// <summary>
/// Lines of <c>conntrack -L</c> and /proc/net/nf_conntrack, which begin with the family as well:
/// <code>
/// [ipv4 2] tcp 6 118 SYN_SENT src=10.9.0.1 dst=198.18.0.3 sport=48016 dport=1014 [UNREPLIED] src=... [ASSURED] mark=0
/// use=1
/// [ipv4 2] udp 17 29 src=... dst=... sport=... dport=... [UNREPLIED] src=...
/// </code>
/// Thread-safe: no state.
/// </summary>
public static class ConntrackText
{
    private const int MaxLineLength = 1024;

    /// <summary>Those whose name is kept; all others are "other".</summary>
    private static readonly string[] Protocols = ["tcp", "udp", "icmp", "icmpv6", "udplite", "sctp", "dccp", "gre", "unknown"];

    private static readonly string[] States =
        ["SYN_SENT", "SYN_SENT2", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "LISTEN", "NONE"];

    /// <summary>Reads one line; false when it is none of a tracked connection.</summary>
    public static bool TryParse(ReadOnlySpan<char> line, out TrackedEntry entry)
    {
        entry = default;
        if (line.Length > MaxLineLength)
        {
            return false;
        }

        string? protocol = null, state = null;
        IPAddress? source = null, destination = null;
        int sourcePort = 0, destinationPort = 0, place = 0;
        var replied = true;
        foreach (var range in line.Split(' '))
        {
            var word = line[range].Trim();
            if (word.IsEmpty)
            {
                continue;
            }

            place++;
            if (place == 1 && word is "ipv4" or "ipv6")
            {
                place = -1; // its number follows, then the line is as that of conntrack -L
            }
            else if (place == 1)
            {
                protocol = Known(Protocols, word) ?? "other";
            }
            else if (word is "[UNREPLIED]")
            {
                replied = false;
            }
            else if (state is null && source is null && Known(States, word) is { } known)
            {
                state = known;
            }
            else if (Value(word, "src=") is { IsEmpty: false } src && source is null)
            {
                source = Address(src);
            }
            else if (Value(word, "dst=") is { IsEmpty: false } dst && destination is null)
            {
                destination = Address(dst);
            }
            else if (Value(word, "sport=") is { IsEmpty: false } sport && sourcePort == 0)
            {
                sourcePort = Port(sport);
            }
            else if (Value(word, "dport=") is { IsEmpty: false } dport && destinationPort == 0)
            {
                destinationPort = Port(dport);
            }
        }

        if (protocol is null || source is null || destination is null)
        {
            return false;
        }

        entry = new TrackedEntry(protocol, state ?? (replied ? "REPLIED" : "UNREPLIED"), source, sourcePort, destination, destinationPort,
            replied);
        return true;
    }

    private static string? Known(string[] names, ReadOnlySpan<char> word)
    {
        foreach (var name in names)
        {
            if (word.SequenceEqual(name))
            {
                return name;
            }
        }

        return null;
    }

    private static ReadOnlySpan<char> Value(ReadOnlySpan<char> word, string key) => word.StartsWith(key) ? word[key.Length..] : default;

    private static IPAddress? Address(ReadOnlySpan<char> text) => IPAddress.TryParse(text, out var address) ? address : null;

    private static int Port(ReadOnlySpan<char> text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0;
}
