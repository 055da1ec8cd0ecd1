using HalfOpen.Core;
using HalfOpen.Linux.Netlink;
using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Packets;

namespace HalfOpen.Guard.Outcomes;

/// <summary>
/// Outcomes from the answers seen on the wire: NFLOG of SYN-ACK, RST and ICMP errors, inbound or forwarded. Needs no
/// BPF; sees no closed and no timed-out sockets. An answer counts only when it acknowledges the SYN (ack = sequence +
/// 1; RFC 9293, 3.10.7.3), so nobody off the path can free a slot.
/// </summary>
internal sealed class LogOutcomes : IOutcomeSource
{
    private const int CopyBytes = 192;
    private readonly PacketLog _log;

    /// <summary>For the namespace of the calling thread.</summary>
    /// <param name="problem">Why it is used though a better one was wished; empty: it was wished.</param>
    /// <exception cref="HalfOpen.Linux.LinuxException">The group cannot be had.</exception>
    public LogOutcomes(ushort group, string problem = "") => (_log, Problem) = (new PacketLog(group, CopyBytes), problem);

    public string Name => "nflog";

    public string Problem { get; }

    public int PollDescriptor => _log.Number;

    public bool Wanted { set => _ = value; } // the kernel wakes us at each packet

    public bool TellsTimes => false;

    public string SlotsProblem => "outcomes are not from BPF";

    public bool SeesClosedSockets => false;

    public void Drain(IOutcomeSink sink)
    {
        while (true)
        {
            var datagram = _log.TryReceive();
            if (datagram.IsEmpty)
            {
                return;
            }

            var messages = new NetlinkReader(datagram);
            while (messages.TryRead(out var message))
            {
                if (LogMessages.TryReadPacket(message, out var packet))
                {
                    Tell(sink, packet);
                }
            }
        }
    }

    public void Dispose() => _log.Dispose();

    /// <summary>Public bytes: whatever is no answer to a SYN is ignored.</summary>
    internal static void Tell(IOutcomeSink sink, ReadOnlySpan<byte> packet)
    {
        if (TcpSegment.TryParse(packet, out var segment))
        {
            var answers = unchecked(segment.Acknowledgement - 1);
            if (segment.IsSynAck)
            {
                sink.Ended(segment.Flow.Reversed, answers, Outcome.Established);
            }
            else if ((segment.Flags & (TcpFlags.Rst | TcpFlags.Ack)) == (TcpFlags.Rst | TcpFlags.Ack))
            {
                sink.Ended(segment.Flow.Reversed, answers, Outcome.Refused);
            }
        }
        else if (IcmpError.TryParse(packet, out var error))
        {
            sink.Ended(error.Flow, error.Sequence, Outcome.Unreachable);
        }
    }
}
