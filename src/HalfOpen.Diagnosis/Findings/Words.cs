namespace HalfOpen.Diagnosis.Findings;

/// <summary>Numbers and names in sentences.</summary>
internal static class Words
{
    public static string Count(long number, string one, string? many = null) => number == 1 ? $"1 {one}"
        : $"{number:N0} {many ?? one + "s"}";

    public static string Percent(double share) => share is > 0 and < 0.01 ? $"{share * 100:0.0} %" : $"{share * 100:0} %";

    public static string Percent(long part, long whole) => whole <= 0 ? "0 %" : Percent((double)part / whole);

    public static string Seconds(double seconds) => seconds switch
    {
        >= 7200 => $"{seconds / 3600:0.#} hours",
        >= 120 => $"{seconds / 60:0} minutes",
        _ => $"{seconds:0.#} s",
    };

    /// <summary>A destination as it is written: IPv6 in brackets.</summary>
    public static string EndPoint(string address, int port) => address.Contains(':', StringComparison.Ordinal)
        ? $"[{address}]:{port}" : $"{address}:{port}";

    public static string List(IEnumerable<string> items, int most = 3)
    {
        string[] all = [.. items];
        return all.Length <= most
            ? string.Join(", ", all) : string.Join(", ", all.Take(most)) + $" and {all.Length - most:N0} more";
    }
}
