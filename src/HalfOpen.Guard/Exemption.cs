using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace HalfOpen.Guard;

/// <summary>By what an attempt is exempt.</summary>
public enum ExemptionKind
{
    /// <summary>Numeric user id of the socket's owner.</summary>
    User,

    /// <summary>
    /// Path of a cgroup (v2), relative to the root, with all below it: <c>system.slice/sshd.service</c>.
    /// </summary>
    Cgroup,

    /// <summary>Full path of the executable.</summary>
    Executable,

    /// <summary>An address or a prefix: <c>192.168.0.0/16</c>, <c>fd00::/8</c>.</summary>
    Destination,

    /// <summary>A destination port, 1 to 65535.</summary>
    Port,
}

/// <summary>
/// One thing that the guard leaves alone. Written <c>user:1000</c>, <c>cgroup:PATH</c>, <c>exe:PATH</c>,
/// <c>to:ADDRESS[/BITS]</c>, <c>port:22</c>. Immutable.
/// </summary>
public sealed record Exemption(ExemptionKind Kind, string Value)
{
    private static readonly (string Word, ExemptionKind Kind)[] Words =
        [("user", ExemptionKind.User), ("cgroup", ExemptionKind.Cgroup), ("exe", ExemptionKind.Executable),
            ("to", ExemptionKind.Destination), ("port", ExemptionKind.Port)];

    /// <summary>Reads one exemption. Never throws; <paramref name="problem"/> is a line for a user.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Exemption? exemption, out string problem)
    {
        exemption = null;
        problem = $"'{text}' is no exemption: write user:ID, cgroup:PATH, exe:PATH, to:ADDRESS[/BITS] or port:NUMBER";
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || colon == text.Length - 1)
        {
            return false;
        }

        var value = text[(colon + 1)..];
        foreach (var (word, kind) in Words)
        {
            if (!text.AsSpan(0, colon).Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            problem = Check(kind, ref value);
            exemption = problem.Length == 0 ? new Exemption(kind, value) : null;
            return exemption is not null;
        }

        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => Array.Find(Words, w => w.Kind == Kind).Word + ":" + Value;

    private static string Check(ExemptionKind kind, ref string value)
    {
        switch (kind)
        {
            case ExemptionKind.User:
                return uint.TryParse(value, NumberStyles.None, null, out _) ? "" : $"'{value}' is no numeric user id (see id -u NAME)";
            case ExemptionKind.Port:
                return ushort.TryParse(value, NumberStyles.None, null, out var port) && port > 0
                    ? "" : $"'{value}' is no port: give 1 to 65535";
            case ExemptionKind.Destination:
                if (IPAddress.TryParse(value, out var address))
                {
                    value = new IPNetwork(address, address.GetAddressBytes().Length * 8).ToString();
                    return "";
                }

                return IPNetwork.TryParse(value, out _) ? "" : $"'{value}' is no address and no prefix (host bits must be zero)";
            case ExemptionKind.Executable:
                return value[0] == '/' ? "" : $"'{value}' is no full path of an executable";
            default:
                value = value.Trim('/');
                return value.Length > 0 ? "" : "the root cgroup would exempt everything";
        }
    }
}
