using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Attribution;
using HalfOpen.Guard.Holding;
using HalfOpen.Guard.Outcomes;
using HalfOpen.Hosting.Replay;
using HalfOpen.Tests.Wire;
using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Packets;
using HalfOpen.Wire.Sockets;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>
/// A kernel of a few lines around a <see cref="Holder"/>: sockets in SYN-SENT, packets waiting for verdicts. It checks
/// at once what must never happen: two verdicts for one packet, a verdict for none.
/// </summary>
internal sealed partial class HolderWorld : IVerdicts, ISocketTable, IOutcomeSource, IOrigins
{
    private readonly Dictionary<uint, (Flow Flow, bool Forwarded)> _waiting = [];
    private readonly List<(Flow Flow, Outcome Outcome)> _events = [];
    private readonly HashSet<uint> _lost = [];
    private readonly List<(int Index, uint PacketId)> _missed = [];
    private uint _packets;

    public HolderWorld(GuardOptions options, PolicyOptions? policy = null)
    {
        Engine =
            new Engine(new EngineOptions { Limit = options.Limit, Policy = policy ?? new FifoOptions(), MaxQueued = options.MaxHeld + 1 });
        Holder =
            new Holder(options,
                new RecordingEngine(Engine, options.RecordFile is { } file ? new ReplayRecording(File.Create(file), new Instant(0)) : null),
                    this, this, this, 1, new Instant(0))
        {
            MultipathHold = TimeSpan.FromSeconds(2),
        };
        Reconciler = new Reconciler(Holder, this, this, options.GoneMeans);
    }

    public Engine Engine { get; }

    public Holder Holder { get; }

    public Reconciler Reconciler { get; }

    /// <summary>Sockets as the kernel has them.</summary>
    public Dictionary<Flow, TcpState> Sockets { get; } = [];

    /// <summary>SYNs that went out, in order.</summary>
    public List<Flow> Wire { get; } = [];

    public int Dropped { get; private set; }

    /// <summary>Those that the guard believes in, lost ones too.</summary>
    public int PacketsWaiting => _waiting.Count + _lost.Count;

    public string Name => "test";

    public string Problem => "";

    public int PollDescriptor => -1;

    public bool Wanted { get; set; }

    public bool TellsTimes => false;

    public bool SeesClosedSockets { get; set; } = true;

    /// <summary>How many different processes there are.</summary>
    public uint Processes { get; init; } = 4;

    public static Flow FlowTo(int host, int localPort) =>
        new(Flow.MapV4(0x0a000001), (ushort)localPort, Flow.MapV4(0x0b000000u + (uint)host), 443);

    /// <summary>connect(): BPF tells, then the SYN comes.</summary>
    public void Connect(in Flow flow, uint process, bool tell = true, uint sequence = 7, bool multipath = false)
    {
        Sockets[flow] = TcpState.SynSent;
        if (tell)
        {
            Holder.Connecting(flow, process);
        }

        Packet(flow, sequence, NetfilterHook.LocalOut, process, multipath);
    }

    public void Packet(in Flow flow, uint sequence, NetfilterHook hook, uint? uid = 0, bool multipath = false)
    {
        var id = ++_packets;
        _waiting.Add(id, (flow, hook == NetfilterHook.Forward));
        var syn = PacketBuilder.V4(Flow.ToAddress(flow.Local).ToString(), Flow.ToAddress(flow.Remote).ToString(),
            PacketBuilder.Tcp(flow.LocalPort, flow.RemotePort, sequence, 0, TcpFlags.Syn, multipath ? PacketBuilder.MultipathCapable : []));
        var reader = new NetlinkReader(Samples.QueuedPacketOf(syn, id, hook, hook == NetfilterHook.LocalOut ? uid : null));
        Assert.True(reader.TryRead(out var message) & QueuedPacket.TryParse(message, out var packet));
        Holder.Packet(packet);
    }

    /// <summary>The kernel's socket ends; <paramref name="tell"/>: we hear of it.</summary>
    public void End(in Flow flow, Outcome outcome, bool tell = true)
    {
        ReturnSlot(flow, tell);
        if (outcome == Outcome.Established)
        {
            Sockets[flow] = TcpState.Established;
        }
        else
        {
            Sockets.Remove(flow);
        }

        if (tell && !TellLater(flow, outcome))
        {
            Holder.Ended(flow, null, outcome);
        }
    }

    /// <summary>A link goes down: the kernel's queue is emptied.</summary>
    public void Lose()
    {
        _lost.UnionWith(_waiting.Keys);
        _waiting.Clear();
    }

    /// <summary>The kernel's answers to verdicts on what it has lost.</summary>
    public void TellMissed()
    {
        var told = _missed.ToList();
        _missed.Clear();
        told.ForEach(m => Holder.Missed(m.Index, m.PacketId));
    }

    /// <summary>Time passes, and no packet is left to be read.</summary>
    public void Advance(TimeSpan by)
    {
        Holder.AdvanceTo(Holder.Now + by);
        Holder.ForgetNotes();
    }

    public void Verdict(uint packetId, bool accept, int index)
    {
        if (_lost.Remove(packetId))
        {
            if (accept)
            {
                _missed.Add((index, packetId));
            }

            return;
        }

        Assert.True(_waiting.Remove(packetId, out var packet), "a verdict for a packet that does not wait");
        if (accept)
        {
            Wire.Add(packet.Flow);
        }
        else
        {
            Dropped++;
        }
    }

    /// <summary>Sockets that a dump does not show, because others come and go.</summary>
    public HashSet<Flow> Hidden { get; } = [];

    public void Dump<TState>(uint states, TState state, SocketVisitor<TState> visit)
    {
        foreach (var (flow, tcp) in Sockets.ToList())
        {
            if ((states & (1u << (int)tcp)) != 0)
            {
                if (!Hidden.Contains(flow))
                {
                    visit(state, new SocketInfo(flow, tcp, CookieOf(flow), 0, 1, 0, 0));
                }
            }
        }
    }

    /// <summary>A socket that ends just before it is looked up; the word of it comes with the next events.</summary>
    public Flow? EndsJustNow { get; set; }

    public bool TryFind(in Flow flow, uint output, out SocketInfo socket)
    {
        if (flow == EndsJustNow && Sockets.Remove(flow))
        {
            _events.Add((flow, Outcome.Refused));
        }

        var found = Sockets.TryGetValue(flow, out var state);
        socket = new SocketInfo(flow, state, 1, 0, 1, 0, 0);
        return found;
    }

    /// <summary>Hosts in whose place a proxy answers.</summary>
    public HashSet<UInt128> Proxied { get; } = [];

    /// <summary>How often the kernel was asked about it.</summary>
    public int ProxyLooks { get; private set; }

    public bool IsAnsweredHere(in Flow flow, uint output)
    {
        ProxyLooks++;
        return Proxied.Contains(flow.Remote);
    }

    public bool HasRawSenders() => HasRaw;

    public bool HasRaw { get; set; }

    /// <summary>As the kernel: the socket is gone at once, the event follows.</summary>
    public bool Destroy(in Flow flow, uint output)
    {
        var gone = Sockets.GetValueOrDefault(flow) == TcpState.SynSent && Sockets.Remove(flow);
        if (gone)
        {
            ReturnSlot(flow, told: true);
            _events.Add((flow, Outcome.Cancelled));
        }

        return gone;
    }

    public void Drain(IOutcomeSink sink)
    {
        ReadRing(int.MaxValue);
        foreach (var (flow, outcome) in _events)
        {
            sink.Ended(flow, null, outcome);
        }

        _events.Clear();
    }

    public AttemptOrigin OfSocket(uint inode, ulong cgroupId, uint userId, long now) => OfProcess(0, userId, now);

    public AttemptOrigin OfProcess(uint processId, uint userId, long now) =>
        new("program " + (processId % Processes), "/usr/bin/program" + (processId % Processes), "a.slice/b.service", processId)
        {
            Owner = OwnerOf(processId),
        };

    /// <summary>Whose program a process is; empty: one by itself.</summary>
    public Func<uint, string> OwnerOf { get; init; } = _ => "";

    /// <summary>A process whose executable is only called like another.</summary>
    public uint? Impostor { get; init; }

    public bool Runs(uint processId, string executable) => processId != Impostor;

    public AttemptOrigin OfSource(UInt128 address) => new(Flow.ToAddress(address).ToString());

    public void Dispose()
    {
    }

    /// <summary>
    /// Every held packet is one waiting attempt, every attempt that is out is one half-open attempt of the engine.
    /// </summary>
    public void CheckCounts()
    {
        Assert.Equal(Engine.Waiting, Holder.Table.CountOf(Stage.Held));
        Assert.Equal(Engine.HalfOpen, Holder.Table.CountOf(Stage.Out));
        Assert.Equal(PacketsWaiting, Holder.Table.CountOf(Stage.Held));
    }

}
