using System.Runtime.InteropServices;

namespace HalfOpen.Linux;

/// <summary>
/// A network interface whose other end is this process: what the kernel sends into it is read here, packet by packet,
/// and what is written here comes out of it (Documentation/networking/tuntap.rst). It vanishes when it is closed, also
/// after kill -9. Not thread-safe.
/// </summary>
public sealed unsafe partial class TunDevice : IDisposable
{
    private const int ReadWriteNonBlocking = 2 | Native.NonBlocking | Native.CloseOnExec;
    private const nuint SetInterface = 0x400454ca; // TUNSETIFF
    private const short Tun = 1; // IFF_TUN: IP packets without Ethernet
    private const short NoPacketInformation = 0x1000; // IFF_NO_PI

    private readonly Descriptor _descriptor;

    /// <summary>Makes the interface in the network namespace of the calling thread.</summary>
    /// <exception cref="LinuxException">The kernel has no TUN, or we may not use it.</exception>
    public TunDevice(string name)
    {
        var number = Native.Open("/dev/net/tun", ReadWriteNonBlocking, 0);
        if (number < 0)
        {
            throw new LinuxException(
                $"cannot open /dev/net/tun ({Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}): load the module "
                + $"(modprobe tun), or run as root", isMissing: true);
        }

        _descriptor = new Descriptor(number);
        var request = stackalloc byte[40]; // struct ifreq
        new Span<byte>(request, 40).Clear();
        System.Text.Encoding.ASCII.GetBytes(name, new Span<byte>(request, 15));
        *(short*)(request + 16) = Tun | NoPacketInformation;
        if (Control(number, SetInterface, request) != 0)
        {
            var reason = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
            _descriptor.Dispose();
            throw new LinuxException($"cannot make the TUN interface {name}: {reason}");
        }
    }

    /// <summary>For poll.</summary>
    public int Number => _descriptor.Number;

    /// <summary>One packet; 0 when there is none.</summary>
    public int TryRead(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var count = Native.Read(Number, start, (nuint)buffer.Length);
            return count > 0 ? (int)count : 0;
        }
    }

    /// <summary>
    /// Hands a packet to the kernel. One that does not fit into its queue is lost, as on any network.
    /// </summary>
    public void Write(ReadOnlySpan<byte> packet)
    {
        fixed (byte* start = packet)
        {
            _ = Native.Write(Number, start, (nuint)packet.Length);
        }
    }

    public void Dispose() => _descriptor.Dispose();

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, void* argument);
}
