using System.Globalization;

namespace HalfOpen.Linux.Collecting;

/// <summary>
/// Files of /proc of the calling thread's network namespace; what is missing or forbidden is null. Thread-safe: no
/// state.
/// </summary>
internal static class KernelFiles
{
    private const string Net = "/proc/thread-self/net/";
    private const int MaxLines = 500_000;

    /// <summary>The first line, without its end.</summary>
    public static string? Line(string path) => Lines(path, 1)?.FirstOrDefault();

    public static long? Number(string path) =>
        long.TryParse(Line(path), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>A setting by its name with dots: net.ipv4.tcp_syn_retries.</summary>
    public static string? Setting(string name) => Line("/proc/sys/" + name.Replace('.', '/'))?.Replace('\t', ' ').Trim();

    /// <summary>A file of /proc/net.</summary>
    public static IReadOnlyList<string>? OfNet(string name) => Lines(Net + name, MaxLines);

    private static List<string>? Lines(string path, int most)
    {
        try
        {
            return [.. File.ReadLines(path).Take(most)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
