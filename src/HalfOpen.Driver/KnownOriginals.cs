using System;
using System.Collections.Generic;

namespace HalfOpen.Driver;

/// <summary>
/// Builds whose hash is on record, for a friendlier name. Nothing is ever found through this table: a build that is not
/// in it is located just the same. Thread-safe.
/// </summary>
public static class KnownOriginals
{
    private static readonly Dictionary<string, string> Names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["013008e23f5f14e0c836c28524d1181759baf84530c6331163882a772217f398"] = "original of Windows XP SP3, 5.1.2600.5512",
        ["01b150bda82c126ca63ea0659539b3db1fc39cb19b4d7a8de6eb66bdc1dec638"] =
            "original of Windows XP x64 / Server 2003 x64 SP2, 5.2.3790.3959",
        ["211e0c3ea38e1f3441ab359ec5eb734c82f726101f676339889c80ee4d3a1f08"] = "Windows XP SP3, 5.1.2600.5512, set to 100",
        ["d79c790d1ae656152d1a67541f733a847eadc81855136ca011b2a5144a0e48eb"] =
            "Windows XP x64 / Server 2003 x64 SP2, 5.2.3790.3959, set to 100",
    };

    /// <summary>
    /// The name of a build, or null. <paramref name="sha256"/>: 64 hexadecimal digits in either case.
    /// </summary>
    public static string? NameOf(string sha256) => Names.TryGetValue(sha256, out var name) ? name : null;

    /// <summary>Whether this is the hash of an untouched file.</summary>
    public static bool IsOriginal(string sha256) => NameOf(sha256)?.StartsWith("original", StringComparison.Ordinal) == true;
}
