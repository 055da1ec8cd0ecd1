using HalfOpen.Wire.Sockets;

namespace HalfOpen.Lab.Link;

/// <summary>
/// One connection of the machine in 64 bits: remote address, remote port, local port. The machine has one address.
/// </summary>
internal static class FlowKey
{
    /// <summary>From the machine's end.</summary>
    public static ulong Of(in Flow flow) =>
        ((ulong)(uint)(flow.Remote & uint.MaxValue) << 32) | ((ulong)flow.RemotePort << 16) | flow.LocalPort;

    public static uint Address(ulong key) => (uint)(key >> 32);
}
