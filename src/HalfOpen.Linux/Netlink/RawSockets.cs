using System.Globalization;

namespace HalfOpen.Linux.Netlink;

/// <summary>The raw sockets of the calling thread's network namespace, as /proc/net/raw and raw6 list them.</summary>
internal static class RawSockets
{
    /// <summary>Enough for a few thousand; a socket beyond is not seen.</summary>
    private const int MostLines = 4096;

    /// <summary>
    /// Whether one of them may send TCP: of protocol 6, or of 255, whose headers the program writes itself.
    /// </summary>
    public static bool MaySendTcp() => MaySendTcp("/proc/thread-self/net/raw") || MaySendTcp("/proc/thread-self/net/raw6");

    /// <summary>
    /// <c>   6: 00000000:0006 00000000:0000 07 ...</c>: behind the local address stands the protocol. Pure.
    /// </summary>
    internal static bool MaySendTcp(IEnumerable<string> lines) => lines.Take(MostLines).Any(line =>
    {
        var fields = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 1 && fields[1].LastIndexOf(':') is var colon and >= 0
            && ushort.TryParse(fields[1].AsSpan(colon + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var protocol)
            && protocol is 6 or 255;
    });

    private static bool MaySendTcp(string path)
    {
        try
        {
            return MaySendTcp(File.ReadLines(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // no IPv6
        }
    }
}
