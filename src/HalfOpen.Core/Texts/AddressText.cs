using System.Net;
using System.Net.Sockets;

namespace HalfOpen.Core;

/// <summary>
/// The one way in which addresses that people type are read. The framework's own reading is that of inet_aton(3):
/// 1.2.3 is 1.2.0.3, 010.0.0.1 is 8.0.0.1, and 5 is 0.0.0.5; who exempts such an address exempts another than was
/// meant. Thread-safe: no state.
/// </summary>
public static class AddressText
{
    private const int IPv4Bits = 32;
    private const int IPv6Bits = 128;
    private const int MappedBits = IPv6Bits - IPv4Bits;
    private const int MaxNameLength = 253; // RFC 1035, section 2.3.4, without the root's dot

    /// <summary>What <see cref="Prefix"/> takes, in words for an error or a help text.</summary>
    public const string PrefixIs = "an IPv4 or IPv6 address or prefix, such as 192.168.0.0/16 or fd00::/8";

    /// <summary>
    /// Four decimal parts without leading zeros, or an IPv6 address (RFC 4291, section 2.2) without zone and brackets;
    /// null for everything else.
    /// </summary>
    public static IPAddress? Address(ReadOnlySpan<char> text) =>
        text.Contains(':') ? IPv6(text) : IPv4(text) is { } value ? Destination.FromIPv4(value, 0).ToIPAddress() : null;

    /// <summary>The 32 bits of four decimal parts, first part most significant; null for everything else.</summary>
    public static uint? IPv4(ReadOnlySpan<char> text)
    {
        Span<Range> parts = stackalloc Range[5];
        if (text.Split(parts, '.') != 4)
        {
            return null;
        }

        uint address = 0;
        for (var i = 0; i < 4; i++)
        {
            if (NumberText.Int(text[parts[i]], 0, byte.MaxValue) is not { } part)
            {
                return null;
            }

            address = (address << 8) | (uint)part;
        }

        return address;
    }

    /// <summary>
    /// ADDRESS or ADDRESS/BITS with zeros after the prefix; IPv4 written as ::ffff:a.b.c.d comes back as IPv4. Null for
    /// everything else.
    /// </summary>
    public static IPNetwork? Prefix(ReadOnlySpan<char> text)
    {
        var slash = text.IndexOf('/');
        if (Address(slash < 0 ? text : text[..slash]) is not { } address)
        {
            return null;
        }

        var most = address.AddressFamily == AddressFamily.InterNetwork ? IPv4Bits : IPv6Bits;
        if ((slash < 0 ? most : NumberText.Int(text[(slash + 1)..], 0, most)) is not { } bits)
        {
            return null;
        }

        (address, bits) = address.IsIPv4MappedToIPv6 && bits >= MappedBits ? (address.MapToIPv4(), bits - MappedBits) : (address, bits);
        return HasHostBits(address, bits) ? null : new IPNetwork(address, bits);
    }

    /// <summary>ADDRESS:PORT or [ADDRESS]:PORT, port 0 to 65535; null for everything else.</summary>
    public static IPEndPoint? EndPoint(ReadOnlySpan<char> text) =>
        TrySplit(text, out var host, out var port, out var isBracketed)
        && (isBracketed ? IPv6(host) : host.Contains(':') ? null : Address(host)) is { } address
            ? new IPEndPoint(address, port) : null;

    /// <summary>
    /// HOST:PORT where the host is an address (IPv6 in brackets) or a name, port 1 to 65535. A name whose last part is
    /// a number is an address that went wrong.
    /// </summary>
    public static (string Host, int Port)? HostAndPort(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TrySplit(text, out var host, out var port, out var isBracketed) && port > 0
            && (isBracketed ? IPv6(host) is not null : Address(host) is not null && !host.Contains(':') || IsName(host))
            ? (host.ToString(), port) : null;
    }

    private static bool TrySplit(ReadOnlySpan<char> text, out ReadOnlySpan<char> host, out int port, out bool isBracketed)
    {
        var colon = text.LastIndexOf(':');
        host = colon > 0 ? text[..colon] : default;
        port = NumberText.Int(text[(colon + 1)..], 0, ushort.MaxValue) ?? -1;
        isBracketed = host is ['[', .., ']'];
        host = isBracketed ? host[1..^1] : host;
        return colon > 0 && port >= 0 && host.Length > 0;
    }

    private static IPAddress? IPv6(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigit(c) && c is not (':' or '.'))
            {
                return null; // also zones, brackets and what the framework takes after a slash
            }
        }

        var tail = text[(text.LastIndexOf(':') + 1)..];
        return (!tail.Contains('.') || IPv4(tail) is not null) && IPAddress.TryParse(text, out var address)
            && address.AddressFamily == AddressFamily.InterNetworkV6 ? address : null;
    }

    private static bool IsName(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxNameLength || text[0] is '.' or '-')
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsLetterOrDigit(c) && c is not ('-' or '.' or '_'))
            {
                return false;
            }
        }

        var name = text.TrimEnd('.');
        var last = name[(name.LastIndexOf('.') + 1)..];
        return last.Length > 0 && !char.IsAsciiDigit(last[0]) && !text.Contains("..", StringComparison.Ordinal);
    }

    private static bool HasHostBits(IPAddress address, int bits)
    {
        Span<byte> bytes = stackalloc byte[IPv6Bits / 8];
        address.TryWriteBytes(bytes, out var length);
        for (var bit = bits; bit < length * 8; bit++)
        {
            if ((bytes[bit / 8] & (0x80 >> (bit % 8))) != 0)
            {
                return true;
            }
        }

        return false;
    }
}
