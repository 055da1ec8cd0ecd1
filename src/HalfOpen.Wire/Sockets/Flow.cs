using System.Net;

namespace HalfOpen.Wire.Sockets;

/// <summary>
/// A TCP connection as one end names it. IPv4 addresses are written as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), as the
/// kernel does for dual-stack sockets, so that one connection has one name whichever socket family it came from.
/// Immutable.
/// </summary>
public readonly record struct Flow(UInt128 Local, ushort LocalPort, UInt128 Remote, ushort RemotePort)
{
    private static readonly UInt128 MappedPrefix = new(0, 0xffff_0000_0000);

    /// <summary>The same connection named from the other end.</summary>
    public Flow Reversed => new(Remote, RemotePort, Local, LocalPort);

    /// <summary>Neither end is outside this machine.</summary>
    public bool IsLoopback => IsLoopbackAddress(Remote) || Local == Remote;

    /// <summary>Whether both ends speak IPv4.</summary>
    public bool IsV4 => IsMapped(Remote);

    /// <summary>From four bytes in network order.</summary>
    public static UInt128 MapV4(uint address) => MappedPrefix | address;

    public static bool IsMapped(UInt128 address) => (address >> 32) == (MappedPrefix >> 32);

    public static bool IsLoopbackAddress(UInt128 address) =>
        IsMapped(address) ? ((uint)(address >> 24) & 0xff) == 127 : address == UInt128.One;

    /// <summary>As this type writes it; see <see cref="ToAddress"/> for the way back.</summary>
    public static UInt128 FromAddress(IPAddress address) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(address.MapToIPv6().GetAddressBytes());

    public static IPAddress ToAddress(UInt128 address)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, address);
        return IsMapped(address) ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
    }

    /// <summary>
    /// Spreads well over a table whose size is a power of two. Not secret: a table keyed by it must stay correct, if
    /// slow, when somebody picks colliding ports; mix in a seed.
    /// </summary>
    public int Hash(ulong seed)
    {
        unchecked
        {
            var x = seed ^ (ulong)Local ^ ((ulong)(Local >> 64) * 0x9E3779B97F4A7C15);
            x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93;
            x ^= (ulong)Remote + ((ulong)(Remote >> 64) * 0xC2B2AE3D27D4EB4F);
            x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93;
            x ^= ((ulong)LocalPort << 16) | RemotePort;
            x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93;
            return (int)(x ^ (x >> 32));
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{new IPEndPoint(ToAddress(Local), LocalPort)} -> {new IPEndPoint(ToAddress(Remote), RemotePort)}";
}
