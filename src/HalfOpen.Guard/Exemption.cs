using System.Diagnostics.CodeAnalysis;
using System.Net;
using HalfOpen.Core;

namespace HalfOpen.Guard;

/// <summary>By what an attempt is exempt.</summary>
public enum ExemptionKind
{
    /// <summary>
    /// Numeric user id of the socket's owner. A name stands here only where nobody is called so: it exempts nobody.
    /// </summary>
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
    private const int MaxUserName = 64;

    private static readonly (string Word, ExemptionKind Kind)[] Words =
        [("user", ExemptionKind.User), ("cgroup", ExemptionKind.Cgroup), ("exe", ExemptionKind.Executable),
            ("to", ExemptionKind.Destination), ("port", ExemptionKind.Port)];

    /// <summary>How each kind begins: "user:", "cgroup:", ...</summary>
    internal static IEnumerable<string> Kinds => Words.Select(w => w.Word + ":");

    /// <summary>Reads one exemption. Never throws; <paramref name="problem"/> is a line for a user.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Exemption? exemption, out string problem)
    {
        exemption = null;
        problem = "give user:NAME-OR-ID, cgroup:PATH, exe:PATH, to:ADDRESS[/BITS] or port:NUMBER";
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

    /// <summary>Of <see cref="ExemptionKind.User"/>; null: nobody on this machine is called so.</summary>
    internal uint? User => Kind == ExemptionKind.User ? (uint?)NumberText.Whole(Value, 0, uint.MaxValue) : null;

    /// <summary>Of <see cref="ExemptionKind.Port"/>.</summary>
    internal ushort? Port => Kind == ExemptionKind.Port ? (ushort?)NumberText.Int(Value, 1, ushort.MaxValue) : null;

    /// <summary>Of <see cref="ExemptionKind.Destination"/>.</summary>
    internal IPNetwork? Network => Kind == ExemptionKind.Destination ? AddressText.Prefix(Value) : null;

    /// <inheritdoc/>
    public override string ToString() => Array.Find(Words, w => w.Kind == Kind).Word + ":" + Value;

    private static string Check(ExemptionKind kind, ref string value)
    {
        switch (kind)
        {
            case ExemptionKind.User:
                return NumberText.Whole(value, 0, uint.MaxValue) is not null || IsUserName(value)
                    ? "" : $"'{value}' is no user: give a name or its number (id -u NAME)";
            case ExemptionKind.Port:
                return NumberText.Int(value, 1, ushort.MaxValue) is not null ? "" : $"'{value}' is no port: give 1 to 65535";
            case ExemptionKind.Destination:
                if (AddressText.Prefix(value) is { } network)
                {
                    value = network.ToString();
                    return "";
                }

                return $"'{value}' is not {AddressText.PrefixIs} (with zeros after the prefix)";
            case ExemptionKind.Executable:
                return value[0] == '/' ? "" : $"'{value}' is no full path of an executable: begin with /";
            default:
                value = value.Trim('/');
                return value.Length > 0 ? "" : "the root cgroup would exempt everything";
        }
    }

    /// <summary>As useradd(8) takes them, and what directory servers add.</summary>
    private static bool IsUserName(string text) =>
        text.Length <= MaxUserName && (char.IsAsciiLetter(text[0]) || text[0] == '_')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || "_.-@\\$".Contains(c, StringComparison.Ordinal));
}
