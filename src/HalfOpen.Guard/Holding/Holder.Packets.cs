using HalfOpen.Core;
using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Packets;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Holding;

/// <summary>SYNs from the queue: which begins an attempt, which is of one already, and which is nobody's.</summary>
internal sealed partial class Holder
{
    private static readonly long RawEvery = 100 * TimeSpan.TicksPerMillisecond;

    private long _rawAgain = long.MinValue;
    private bool _hasRaw;

    /// <summary>One packet from the queue: it gets its verdict now, or is held.</summary>
    public void Packet(in QueuedPacket packet)
    {
        if (!TcpSegment.TryParse(packet.Packet, out var segment) || !segment.IsSyn)
        {
            Counters.Malformed++;
            _verdicts.Verdict(packet.Id, accept: true, -1);
            return;
        }

        Counters.Syns++;
        var isLocal = packet.Hook == NetfilterHook.LocalOut;
        var index = _table.Find(segment.Flow);
        var wasTold = false;
        if (index >= 0)
        {
            ref var entry = ref _table[index];
            var isSame = entry.SequenceKnown && entry.Sequence == segment.Sequence;
            switch (entry.Stage)
            {
                case Stage.Expected:
                    wasTold = true;
                    break;
                case Stage.Closed when isSame || !entry.SequenceKnown:
                    Counters.Retransmissions += entry.SequenceKnown ? 1 : 0;
                    Counters.ClosedWhileHeld += entry.SequenceKnown ? 0 : 1;
                    _verdicts.Verdict(packet.Id, accept: false, -1);
                    _table.Remove(index);
                    return;
                case Stage.Held when isSame:
                    HoldInstead(index, packet, isLocal);
                    return;
                case Stage.Out or Stage.Exempt or Stage.Established when isSame || !entry.SequenceKnown:
                    entry.Sequence = segment.Sequence;
                    entry.SequenceKnown = true;
                    Counters.Retransmissions++;
                    _verdicts.Verdict(packet.Id, accept: true, -1);
                    return;
                default:
                    // The same addresses, another connection: we missed the end of the last one.
                    Forget(index, Outcome.Cancelled);
                    index = -1;
                    break;
            }
        }

        var socket = default(SocketInfo);
        if (isLocal && !wasTold && IsNobodys(segment.Flow, packet, out socket))
        {
            Counters.WithoutSocket++;
            _verdicts.Verdict(packet.Id, accept: true, -1);
            return;
        }

        if (index < 0)
        {
            index = _table.Add(segment.Flow, Stage.Held, _now.Ticks);
        }
        else
        {
            _table.Move(index, Stage.Held, _now.Ticks);
        }

        Begin(index, packet, segment, isLocal, socket);
    }

    /// <summary>
    /// The kernel had no packet any more for an accepting verdict: a link went down, or somebody deleted a hook, and
    /// its queue was emptied. So the SYN is not out: its slot is free for others, and its sender's next retry asks
    /// anew.
    /// </summary>
    public void Missed(int index, uint packetId)
    {
        if (index < 0 || index >= _table.Used || _table[index].Stage != Stage.Out || _table[index].PacketId != packetId)
        {
            return;
        }

        ref var entry = ref _table[index];
        var (attempt, number) = (entry.Attempt, entry.Number);
        Counters.Lost++;
        if (entry.IsLocal)
        {
            _table.Move(index, Stage.Expected, _now.Ticks); // its process need not be looked for again
            Bound(Stage.Expected, MaxExpected);
        }
        else
        {
            _table.Remove(index);
        }

        _events.Complete(attempt, number, Outcome.Cancelled, _now);
        Carry();
    }

    /// <summary>
    /// A SYN comes again although we hold it. A forwarded one does, since its sender does not see our queue; a Fast
    /// Open's retry is another packet to the kernel; and any other was lost: the kernel sends no SYN again while it is
    /// queued here. In each case the newest is the one to keep, in the old one's place.
    /// </summary>
    private void HoldInstead(int index, in QueuedPacket packet, bool isLocal)
    {
        ref var entry = ref _table[index];
        Counters.CopiesDropped += isLocal ? 0 : 1;
        Counters.HeldAgain += isLocal ? 1 : 0;
        _verdicts.Verdict(entry.PacketId, accept: false, -1);
        entry.PacketId = packet.Id;
    }

    /// <summary>
    /// A SYN of this machine that no TCP socket here sent: of a raw socket (nmap -sS), which has a user, or of the
    /// kernel itself (SYNPROXY), which has none. Nobody could say how it ends. The SYN of a socket that was closed
    /// meanwhile has a user, too: where nobody has a raw socket, it can only be that.
    /// </summary>
    private bool IsNobodys(in Flow flow, in QueuedPacket packet, out SocketInfo socket) =>
        !_sockets.TryFind(flow, packet.OutputInterface, out socket) && (packet.Uid is null || HasRawSenders());

    /// <summary>Asked once a while: it reads a file.</summary>
    private bool HasRawSenders()
    {
        if (_now.Ticks >= _rawAgain)
        {
            _rawAgain = _now.Ticks + RawEvery;
            _hasRaw = _sockets.HasRawSenders();
        }

        return _hasRaw;
    }

    private void Begin(int index, in QueuedPacket packet, in TcpSegment segment, bool isLocal, SocketInfo socket)
    {
        ref var entry = ref _table[index];
        entry.PacketId = packet.Id;
        entry.Interface = isLocal ? packet.OutputInterface : 0;
        entry.Sequence = segment.Sequence;
        entry.SequenceKnown = true;
        entry.IsLocal = isLocal;
        entry.UserId = packet.Uid ?? 0;
        if (isLocal && entry.ProcessId == 0 && socket.Inode == 0)
        {
            // BPF told of the connect and not of the process: an MPTCP subflow, or a process that our PID namespace
            // hides.
            _sockets.TryFind(entry.Flow, entry.Interface, out socket);
        }

        var origin = !isLocal ? _origins.OfSource(entry.Flow.Local)
            : entry.ProcessId != 0 ? _origins.OfProcess(entry.ProcessId, entry.UserId, _now.Ticks)
            : _origins.OfSocket(socket.Inode, socket.CgroupId, entry.UserId, _now.Ticks);
        if (!_exemptions.IsEmpty
            && (_exemptions.CoversFlow(entry.Flow)
                || (isLocal && (_exemptions.CoversUser(entry.UserId) || _exemptions.CoversOrigin(origin)))))
        {
            Counters.Exempt++;
            _verdicts.Verdict(packet.Id, accept: true, -1);
            _table.Move(index, Stage.Exempt, _now.Ticks);
            Bound(Stage.Exempt, MaxExpected);
            return;
        }

        Belongs(ref entry, origin);
        if (isLocal && segment.IsMultipath && MultipathHold is { } patience)
        {
            _multipath.Add(_table.TagOf(index), _now.Ticks + patience.Ticks);
        }

        entry.Attempt = _events.Submit(RequestOf(index), _now, out entry.Number);
        Carry();
    }
}
