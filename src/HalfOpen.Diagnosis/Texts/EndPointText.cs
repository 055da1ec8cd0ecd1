using System.Globalization;
using System.Net;

namespace HalfOpen.Diagnosis.Texts;

/// <summary>
/// Addresses with ports as <c>ss</c> and <c>netstat</c> of Linux, Windows and BSD write them: 1.2.3.4:80, [::1]:80,
/// ::1:80, 10.0.0.5%eth0:68, 1.2.3.4.80, *:*, 0.0.0.0:0, host.example:https. Thread-safe: no state.
/// </summary>
internal static class EndPointText
{
    private const int MaxLength = 300;

    /// <summary>Where numbers were not asked for (-n); others are port 0.</summary>
    private static readonly Dictionary<string, int> Services = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ftp"] = 21, ["ssh"] = 22, ["telnet"] = 23, ["smtp"] = 25, ["domain"] = 53, ["http"] = 80, ["www"] = 80, ["pop3"] = 110,
        ["imap"] = 143, ["imap2"] = 143, ["https"] = 443, ["imaps"] = 993, ["pop3s"] = 995, ["microsoft-ds"] = 445, ["netbios-ssn"] = 139,
    };

    /// <summary>False: no address with a port. A name becomes an address of 0/8 that stands for it: equal names are
    /// equal, and nobody has it.</summary>
    public static bool TryParse(string text, out IPAddress address, out int port)
    {
        (address, port) = (IPAddress.Any, 0);
        if (text.Length is < 3 or > MaxLength)
        {
            return false;
        }

        // BSD puts a dot before the port; an IPv6 address has colons all the same.
        var colon = text.LastIndexOf(':');
        var dot = text.LastIndexOf('.');
        var cut = colon < 0 || (dot > colon && text.IndexOf(':', StringComparison.Ordinal) != colon) ? dot : colon;

        if (cut <= 0 || !TryPort(text.AsSpan(cut + 1), out port))
        {
            return false;
        }

        var host = text[..cut].Trim('[', ']');
        var zone = host.IndexOf('%', StringComparison.Ordinal);
        host = zone >= 0 ? host[..zone] : host;
        if (host is "*" or "")
        {
            return true;
        }

        address = IPAddress.TryParse(host, out var parsed) ? parsed : Standing(host);
        return true;
    }

    private static bool TryPort(ReadOnlySpan<char> text, out int port)
    {
        port = 0;
        if (text is "*")
        {
            return true;
        }

        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            port = number;
            return true;
        }

        if (text.IsEmpty || !char.IsAsciiLetter(text[0]) || text.Length > 40)
        {
            return false;
        }

        port = Services.GetValueOrDefault(text.ToString());
        return true;
    }

    private static IPAddress Standing(string host)
    {
        var hash = 2166136261u; // FNV-1a
        foreach (var c in host)
        {
            hash = unchecked((hash ^ char.ToLowerInvariant(c)) * 16777619);
        }

        return new IPAddress([0, (byte)(hash >> 16 & 0xFF), (byte)(hash >> 8 & 0xFF), (byte)(hash & 0xFF)]);
    }
}
