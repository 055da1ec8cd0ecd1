using HalfOpen.Wire.Sockets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Netlink;

/// <summary>
/// A socket with what its own clockwork says: repeats, queues, times. Immutable. Fields of tcp_info are null where the
/// kernel did not send it (TIME-WAIT, UDP).
/// </summary>
/// <param name="Repeats">Of the SYN, or of data, without an answer so far.</param>
/// <param name="ReceiveQueue">Bytes not read yet; of a listener, connections not accepted yet.</param>
/// <param name="SendQueue">Bytes not acknowledged; of a listener, how many connections may wait.</param>
/// <param name="RoundTripUs">Smoothed; 0: not measured yet.</param>
/// <param name="LastAcknowledgedMs">Milliseconds since the other end last acknowledged something.</param>
public readonly record struct SocketDetails(SocketInfo Socket, byte Repeats, uint ReceiveQueue, uint SendQueue, uint? RoundTripUs,
    uint? LastAcknowledgedMs)
{
    private const int InfoAttribute = 2; // INET_DIAG_INFO
    private const int RepeatsOffset = 3;
    private const int ReceiveOffset = 56;
    private const int SendOffset = 60;
    private const int MessageLength = 72;
    private const int InfoRepeatsOffset = 2;
    private const int InfoLastAckOffset = 56;
    private const int InfoRttOffset = 68;

    /// <summary>Asks for all sockets of a protocol (6 TCP, 17 UDP) in the given states, tcp_info included.</summary>
    public static void Dump(ref NetlinkWriter writer, byte family, byte protocol, uint states, uint sequence)
    {
        writer.Begin(20, NetlinkConstants.Request | NetlinkConstants.Dump, sequence);
        var request = writer.Take(56);
        request[0] = family;
        request[1] = protocol;
        request[2] = 1 << (InfoAttribute - 1);
        WriteUInt32LittleEndian(request[4..], states);
        writer.End();
    }

    /// <summary>As <see cref="SocketDiagnosis.TryParse"/>, with the rest.</summary>
    public static bool TryParse(in NetlinkMessage message, out SocketDetails details)
    {
        details = default;
        if (!SocketDiagnosis.TryParse(message, out var socket))
        {
            return false;
        }

        var payload = message.Payload;
        var repeats = payload[RepeatsOffset];
        uint? roundTrip = null, lastAck = null;
        var attributes = new AttributeReader(payload[MessageLength..]);
        while (attributes.TryRead(out var type, out var value))
        {
            if (type == InfoAttribute && value.Length >= InfoRttOffset + 4)
            {
                // The header's counter is that of the running timer; a socket between two timers shows 0 there.
                repeats = Math.Max(repeats, value[InfoRepeatsOffset]);
                roundTrip = ReadUInt32LittleEndian(value[InfoRttOffset..]);
                lastAck = ReadUInt32LittleEndian(value[InfoLastAckOffset..]);
            }
        }

        details = new SocketDetails(socket, repeats, ReadUInt32LittleEndian(payload[ReceiveOffset..]),
            ReadUInt32LittleEndian(payload[SendOffset..]), roundTrip, lastAck);
        return true;
    }
}
