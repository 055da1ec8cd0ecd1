using System.Net;
using System.Net.Sockets;

namespace HalfOpen.Diagnosis.Facts;

/// <summary>What kind of address it is, and its neighbourhood. Thread-safe: no state.</summary>
public static class AddressClass
{
    /// <summary>
    /// RFC 1918, RFC 3927 (169.254/16), RFC 6598 (100.64/10), fc00::/7 and fe80::/10: nobody on the internet has them.
    /// </summary>
    public static bool IsPrivate(string text) => IPAddress.TryParse(text, out var address) && IsPrivate(address);

    /// <inheritdoc cref="IsPrivate(string)"/>
    public static bool IsPrivate(IPAddress address)
    {
        Span<byte> b = stackalloc byte[16];
        var a = Plain(address);
        a.TryWriteBytes(b, out var length);
        return length == 4
            ? b[0] == 10 || (b[0] == 172 && (b[1] & 0xF0) == 16) || (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254)
                || (b[0] == 100 && (b[1] & 0xC0) == 64)
            : (b[0] & 0xFE) == 0xFC || (b[0] == 0xFE && (b[1] & 0xC0) == 0x80);
    }

    /// <summary>100.64.0.0/10 (RFC 6598): the provider translates addresses.</summary>
    public static bool IsCarrierNat(IPAddress address)
    {
        Span<byte> b = stackalloc byte[16];
        Plain(address).TryWriteBytes(b, out var length);
        return length == 4 && b[0] == 100 && (b[1] & 0xC0) == 64;
    }

    public static bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(Plain(address));

    /// <summary>The /24 of IPv4 or the /48 of IPv6, as text; the text itself where it is no address.</summary>
    public static string Network(string text)
    {
        if (!IPAddress.TryParse(text, out var address))
        {
            return text;
        }

        Span<byte> b = stackalloc byte[16];
        Plain(address).TryWriteBytes(b, out var length);
        if (length == 4)
        {
            b[3] = 0;
            return new IPAddress(b[..4]) + "/24";
        }

        b[6..].Clear();
        return new IPAddress(b) + "/48";
    }

    /// <summary>An IPv4 address that is written as IPv6 (::ffff:a.b.c.d) as what it is.</summary>
    public static IPAddress Plain(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
