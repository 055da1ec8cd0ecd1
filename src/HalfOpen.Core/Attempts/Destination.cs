using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;

namespace HalfOpen.Core;

/// <summary>Where an attempt goes: an address and a TCP port. Immutable, thread-safe.</summary>
/// <param name="Address">The 128 bits of an IPv6 address, most significant first; IPv4 as ::ffff:a.b.c.d (RFC 4291,
/// section 2.5.5.2).</param>
/// <param name="Port">TCP port.</param>
public readonly record struct Destination(UInt128 Address, ushort Port)
{
    private static readonly UInt128 MappedPrefix = (UInt128)0xFFFF << 32;

    /// <summary>From the 32 bits of an IPv4 address, first byte most significant (10.0.0.1 is 0x0A000001).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Destination FromIPv4(uint address, ushort port) => new(MappedPrefix | address, port);

    /// <summary>From a framework address; an IPv6 scope is dropped.</summary>
    public static Destination From(IPAddress address, ushort port)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return written == 4
            ? FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes), port)
            : new Destination(BinaryPrimitives.ReadUInt128BigEndian(bytes), port);
    }

    /// <summary>
    /// For a host that hands a name on and never sees its addresses (a proxy's upstream, a client library that resolves
    /// inside its connect call): attempts to one name share a destination, which is never that of an address: 64 bits
    /// of the name in any case of letters (FNV-1a) below the discard-only prefix 0100::/64 (RFC 6666). A host that
    /// resolves does so first, and submits one attempt for each address that it then tries: a slot is for a SYN, and a
    /// name sends none.
    /// </summary>
    public static Destination FromName(ReadOnlySpan<char> name, ushort port)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var c in name)
        {
            hash = unchecked((hash ^ char.ToLowerInvariant(c)) * 0x100000001B3);
        }

        return new Destination(new UInt128(0x0100_0000_0000_0000, hash), port);
    }

    /// <summary>True for an address of the form ::ffff:a.b.c.d.</summary>
    public bool IsIPv4 => IsMapped(Address);

    /// <summary>The same of the address alone.</summary>
    internal static bool IsMapped(UInt128 address) => address >> 32 == 0xFFFF;

    /// <summary>The framework's form of the address; IPv4 where <see cref="IsIPv4"/>.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        return new IPAddress(IsIPv4 ? bytes[12..] : bytes);
    }

    /// <summary>"10.0.0.1:6881" or "[2001:db8::1]:443".</summary>
    public override string ToString() => IsIPv4
        ? $"{(byte)((Address >> 24) & 0xFF)}.{(byte)((Address >> 16) & 0xFF)}."
            + $"{(byte)((Address >> 8) & 0xFF)}.{(byte)(Address & 0xFF)}:{Port}"
        : $"[{ToIPAddress()}]:{Port}";

    /// <summary>
    /// Reads what <see cref="ToString"/> writes. Four decimal parts for IPv4, brackets for IPv6, a port 0 to 65535.
    /// </summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static Destination Parse(string text) =>
        TryParse(text, out var destination)
            ? destination : throw new FormatException($"'{text}' is not ADDRESS:PORT, such as 10.0.0.1:6881 or [2001:db8::1]:443");

    /// <summary>As <see cref="Parse"/>, without the exception.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Destination destination)
    {
        destination = default;
        if (AddressText.EndPoint(text) is not { } at)
        {
            return false;
        }

        destination = From(at.Address, (ushort)at.Port);
        return true;
    }
}
