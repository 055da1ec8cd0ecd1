using System.Diagnostics;
using HalfOpen.Lab.World;
using HalfOpen.Linux;
using HalfOpen.Linux.Netlink;
using HalfOpen.Wire.Packets;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Lab.Link;

/// <summary>
/// The cable, the router and the distance between the machine and the internet: a thread that carries packets from one
/// TUN interface to another, each after half its host's round trip, through a bounded connection table; it answers for
/// refusing hosts, swallows what goes to silent ones, and watches. (The kernel's netem is not to be had everywhere.)
/// </summary>
internal sealed class UserLink : IDisposable
{
    private const int MaxPacketBytes = 2048;
    private const int PacketsAtOnce = 64;

    private readonly Internet _internet;
    private readonly TunDevice _toMachine;
    private readonly TunDevice _toInternet;
    private readonly RouterTable _router;
    private readonly NetworkNamespace _machine;
    private readonly bool _onePerDestination;
    private readonly Action<uint> _peerTried;
    private readonly PriorityQueue<Parcel, (long Due, long Number)> _underWay = new();
    private readonly Stack<byte[]> _spare = new();
    private readonly Random _dice;
    private readonly Waiter _waiter;
    private readonly Thread _thread;
    private readonly LinkTotals _totals = new();
    private volatile bool _stop;
    private volatile bool _isServiceSilent;
    private volatile Exception? _failure;
    private WireObserver? _observer;
    private long _parcels;

    /// <param name="machine">The namespace whose SYN-SENT sockets are the truth.</param>
    /// <param name="peerTried">Called on the link's thread with the address for the first SYN of each attempt to a peer
    /// or a scanned host; must be quick.</param>
    public UserLink(Internet internet, RouterOptions router, NetworkNamespace machine, TunDevice toMachine, TunDevice toInternet,
        bool onePerDestination, Action<uint> peerTried)
    {
        _internet = internet;
        _toMachine = toMachine;
        _toInternet = toInternet;
        _machine = machine;
        _onePerDestination = onePerDestination;
        _peerTried = peerTried;
        _router = new RouterTable(router, Stopwatch.Frequency);
        _dice = new Random(unchecked((int)internet.Seed));
        _waiter = new Waiter(toMachine.Number, toInternet.Number);
        _thread = new Thread(Run) { IsBackground = true, Name = "lab link", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>What was seen so far. Each number is whole; they need not be of the same instant.</summary>
    public LinkTotals Totals => _failure is { } failure ? throw new LabException("the lab's link broke: " + failure.Message) : _totals;

    /// <summary>From now on the host of <see cref="Internet.Service"/> answers nothing. Thread-safe.</summary>
    public void SilenceService() => _isServiceSilent = true;

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _toMachine.Dispose();
        _toInternet.Dispose();
    }

    private void Run()
    {
        try
        {
            _machine.Enter();
            using var sockets = new SocketTable();
            _observer = new WireObserver(flows => HalfOpen(sockets, flows), _onePerDestination);
            while (!_stop)
            {
                Deliver();
                Wait();
                Receive(_toMachine, fromMachine: true);
                Receive(_toInternet, fromMachine: false);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _failure = e;
        }
    }

    private void Wait()
    {
        var wait = TimeSpan.FromMilliseconds(50);
        if (_underWay.TryPeek(out _, out var next))
        {
            wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next.Due) is var left && left < wait ? left : wait;
        }

        if (wait <= TimeSpan.Zero)
        {
            return;
        }

        _waiter.Wait(wait.Ticks);
    }

    private void Receive(TunDevice device, bool fromMachine)
    {
        for (var i = 0; i < PacketsAtOnce; i++)
        {
            var buffer = _spare.Count > 0 ? _spare.Pop() : new byte[MaxPacketBytes];
            var length = device.TryRead(buffer);
            if (length == 0)
            {
                _spare.Push(buffer);
                return;
            }

            var isKept = TcpSegment.TryParse(buffer.AsSpan(0, length), out var segment)
                && segment.Flow.IsV4
                && (fromMachine ? FromMachine(buffer, length, segment) : FromInternet(buffer, length, segment));
            if (!isKept)
            {
                _spare.Push(buffer);
            }
        }
    }

    private bool FromMachine(byte[] packet, int length, in TcpSegment segment)
    {
        var now = Stopwatch.GetTimestamp();
        var flow = FlowKey.Of(segment.Flow);
        var address = FlowKey.Address(flow);
        if (segment.IsSyn && _observer!.Syn(flow))
        {
            Note(address);
        }

        if (!_router.Outbound(flow, segment.Flags, now))
        {
            _totals.RouterDropped = _router.Dropped;
            return false;
        }

        _totals.MaxRouterEntries = _router.MaxCount;
        var host = _internet.Look(address);
        if (host.Kind == HostKind.Silent || (_isServiceSilent && _internet.Service.Contains(address)) || IsLost())
        {
            return false;
        }

        if (host.Kind == HostKind.Refusing)
        {
            if (!segment.IsSyn)
            {
                return false;
            }

            Span<byte> answer = stackalloc byte[ResetPacket.Length];
            ResetPacket.Write(packet.AsSpan(0, length), answer);
            answer.CopyTo(packet);
            Post(packet, ResetPacket.Length, now + ToStopwatch(host.RoundTrip), toMachine: true);
            return true;
        }

        Post(packet, length, now + ToStopwatch(host.RoundTrip / 2), toMachine: false);
        return true;
    }

    private bool FromInternet(byte[] packet, int length, in TcpSegment segment)
    {
        if (IsLost())
        {
            return false;
        }

        var host = _internet.Look(FlowKey.Address(FlowKey.Of(segment.Flow.Reversed)));
        Post(packet, length, Stopwatch.GetTimestamp() + ToStopwatch(host.RoundTrip / 2), toMachine: true);
        return true;
    }

    private void Deliver()
    {
        while (_underWay.TryPeek(out var parcel, out var when) && when.Due <= Stopwatch.GetTimestamp())
        {
            _underWay.Dequeue();
            var packet = parcel.Buffer.AsSpan(0, parcel.Length);
            if (!parcel.ToMachine)
            {
                _toInternet.Write(packet);
            }
            else if (TcpSegment.TryParse(packet, out var segment))
            {
                var flow = FlowKey.Of(segment.Flow.Reversed);
                if (_router.Inbound(flow, segment.Flags, when.Due))
                {
                    if (segment.IsSynAck || (segment.Flags & TcpFlags.Rst) != TcpFlags.None)
                    {
                        _observer!.Answered(flow);
                        if (segment.IsSynAck && _internet.Peers.Contains(FlowKey.Address(flow)))
                        {
                            Interlocked.Increment(ref _totals.LivePeers);
                        }
                    }

                    _toMachine.Write(packet);
                }
            }

            _spare.Push(parcel.Buffer);
        }
    }

    private void Note(uint address)
    {
        _totals.MaxCounted = _observer!.MaxCounted;
        _totals.MaxHalfOpen = _observer.MaxHalfOpen;
        if (_internet.Scanned.Contains(address))
        {
            Interlocked.Increment(ref _totals.ScannerContacts);
            _peerTried(address);
        }
        else if (_internet.Peers.Contains(address))
        {
            Interlocked.Increment(ref _totals.PeersTried);
            _peerTried(address);
        }
    }

    private void Post(byte[] packet, int length, long due, bool toMachine) =>
        _underWay.Enqueue(new Parcel(packet, length, toMachine), (due, _parcels++));

    private bool IsLost() => _internet.Loss > 0 && _dice.NextDouble() < _internet.Loss;

    /// <summary>
    /// The keys of all IPv4 sockets in SYN-SENT: the truth about which attempts still run, whatever programs or the
    /// guard believe.
    /// </summary>
    private static void HalfOpen(SocketTable sockets, HashSet<ulong> flows)
    {
        flows.Clear();
        sockets.Dump(1u << (int)TcpState.SynSent, flows, static (HashSet<ulong> found, in SocketInfo socket) =>
        {
            if (socket.Flow.IsV4)
            {
                found.Add(FlowKey.Of(socket.Flow));
            }
        });
    }

    private static long ToStopwatch(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private readonly record struct Parcel(byte[] Buffer, int Length, bool ToMachine);
}

/// <summary>What the link saw. Written by its thread only; each field may be read at any time.</summary>
internal sealed class LinkTotals
{
    public volatile int MaxCounted;
    public volatile int MaxHalfOpen;
    public volatile int MaxRouterEntries;
    public long RouterDropped;
    public long ScannerContacts;

    /// <summary>Connections to peers that were answered.</summary>
    public long LivePeers;

    /// <summary>First SYNs to peers.</summary>
    public long PeersTried;
}
