using System.Net;
using HalfOpen.Diagnosis.Gathering;
using HalfOpen.Linux.Netlink;
using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Linux.Collecting;

/// <summary>
/// Looks at all TCP sockets of the calling thread's namespace: many times for what attempts came to, once at the end
/// for what stands. Not thread-safe.
/// </summary>
/// <param name="table">Of the namespace that is looked at.</param>
/// <param name="elsewhere">What the namespace is called when it is another one than doctor's; empty: it is the
/// same.</param>
internal sealed class SocketLook(SocketTable table, FactsBuilder facts, ProgramNames names, string elsewhere = "")
{
    public const byte Tcp = 6;
    private const byte Udp = 17;
    private const uint AllStates = 0xFFF;
    private const uint Listening = 1u << (int)TcpState.Listen;
    private const uint Sent = 1u << (int)TcpState.SynSent;
    private const int DnsPort = 53;
    private const int MaxTracked = 300_000;

    private readonly Dictionary<ulong, Track> _tracks = [];
    private readonly Dictionary<ulong, (double First, double Last, int Program, IPAddress Server)> _questions = [];
    private readonly HashSet<int> _listening = [];
    private int _round;

    /// <summary>Sockets to port 53: how long each was there, and whose it was.</summary>
    public IReadOnlyCollection<(double First, double Last, int Program, IPAddress Server)> Questions => _questions.Values;

    /// <value>Sockets at the last look, of any state but TIME-WAIT.</value>
    public long Sockets { get; private set; }

    /// <value>Of those, half-open ones.</value>
    public long HalfOpen { get; private set; }

    /// <summary>
    /// One look between the first and the last. New sockets in SYN-SENT are attempts; a tracked one in another state
    /// was answered; one that is gone after repeats has given up; one that is gone without is of unknown outcome.
    /// </summary>
    /// <param name="now">Seconds since the first look.</param>
    /// <param name="onlySeenFirst">Somebody else tells of new attempts: watch only those that were out at the first
    /// look.</param>
    public void Round(double now, bool onlySeenFirst = false)
    {
        if (_round++ == 0)
        {
            table.DumpDetails(Tcp, Listening, s => _listening.Add(s.Socket.Flow.LocalPort));
        }

        table.DumpDetails(Tcp, onlySeenFirst ? Sent : AllStates & ~Listening, s => Visit(s, now, onlySeenFirst));
        foreach (var (cookie, track) in _tracks)
        {
            if (!track.HasEnded && track.Round != _round)
            {
                track.HasEnded = true;
                if (track.Syns > 1)
                {
                    facts.Ended(track.Program, track.Remote, track.Port, AttemptEnd.GaveUp);
                }
            }
        }

        table.DumpDetails(Udp, AllStates, s => Question(s, now));
    }

    /// <summary>The sockets as they stand at the end.</summary>
    /// <returns>Local TCP and UDP ports with their programs.</returns>
    public Dictionary<(byte Protocol, int Port), int> Last(double watched)
    {
        names.LookAgain();
        var ports = new Dictionary<(byte, int), int>();
        table.DumpDetails(Tcp, Listening, s => _listening.Add(s.Socket.Flow.LocalPort));
        table.DumpDetails(Tcp, AllStates, s =>
        {
            var program = Program(s.Socket);
            if (program >= 0)
            {
                ports[(Tcp, s.Socket.Flow.LocalPort)] = program;
            }

            if (s.Socket.State is not (TcpState.NewSynReceived or TcpState.SynReceived or TcpState.Close))
            {
                facts.Add(Seen(s, program, watched), isElsewhere: elsewhere.Length > 0);
                Sockets += s.Socket.State == TcpState.TimeWait ? 0 : 1;
                HalfOpen += s.Socket.State == TcpState.SynSent ? 1 : 0;
            }
        });
        table.DumpDetails(Udp, AllStates, s =>
        {
            ports[(Udp, s.Socket.Flow.LocalPort)] = Program(s.Socket);
            Question(s, watched);
        });
        return ports;
    }

    private SocketSeen Seen(in SocketDetails s, int program, double now)
    {
        var flow = s.Socket.Flow;
        var stage = s.Socket.State switch
        {
            TcpState.SynSent => SocketStage.HalfOpen,
            TcpState.Established => SocketStage.Open,
            TcpState.TimeWait => SocketStage.TimeWait,
            TcpState.Listen => SocketStage.Listening,
            _ => SocketStage.Closing,
        };
        return new SocketSeen(program, stage, Flow.ToAddress(flow.Local), flow.LocalPort, Flow.ToAddress(flow.Remote), flow.RemotePort,
            Syns: stage == SocketStage.HalfOpen ? s.Repeats + 1 : 0,
            SilentSeconds: stage == SocketStage.HalfOpen ? SilentFor(s, now) : 0,
            Repeats: s.Repeats, Waiting: s.ReceiveQueue, Backlog: s.SendQueue,
            RoundTripMs: s.RoundTripUs is > 0 and var us ? us / 1000.0 : null,
            IsInbound: stage != SocketStage.Listening && _listening.Contains(flow.LocalPort));
    }

    /// <summary>
    /// What was seen, or what the repeats need at least: one second each (retries come ever more rarely, never
    /// quicker).
    /// </summary>
    private double SilentFor(in SocketDetails s, double now) =>
        Math.Max(s.Repeats, _tracks.TryGetValue(s.Socket.Cookie, out var track) ? now - track.FirstSeen : 0);

    private int Program(in SocketInfo socket) => socket.State == TcpState.TimeWait || (socket.Inode == 0
        && socket.State != TcpState.SynSent)
        ? -1 : facts.Program(names.OfSocket(socket.Inode, socket.CgroupId, socket.Uid) with { Namespace = elsewhere });

    private void Visit(in SocketDetails s, double now, bool onlySeenFirst)
    {
        var isFirst = _round == 1;
        var (flow, state) = (s.Socket.Flow, s.Socket.State);
        if (flow.IsLoopback || state is TcpState.Listen or TcpState.NewSynReceived or TcpState.SynReceived or TcpState.Close)
        {
            return;
        }

        if (_tracks.TryGetValue(s.Socket.Cookie, out var track))
        {
            track.Round = _round;
            if (state == TcpState.SynSent)
            {
                track.Syns = s.Repeats + 1;
            }
            else if (!track.HasEnded)
            {
                track.HasEnded = true;
                facts.Ended(track.Program, track.Remote, track.Port, AttemptEnd.Answered,
                    s.RoundTripUs is > 0 and var us ? us / 1000.0 : null);
            }

            return;
        }

        var isNew = !isFirst && !onlySeenFirst && !_listening.Contains(flow.LocalPort);
        if (_tracks.Count >= MaxTracked || (state == TcpState.SynSent ? !isFirst && onlySeenFirst : !isFirst && !isNew))
        {
            return;
        }

        track = new Track(Program(s.Socket), Flow.ToAddress(flow.Remote), flow.RemotePort, now)
        {
            Round = _round, Syns = s.Repeats + 1, HasEnded = state != TcpState.SynSent,
        };
        _tracks.Add(s.Socket.Cookie, track);
        if (state == TcpState.SynSent || isNew)
        {
            facts.Tried(track.Program, track.Remote, track.Port);
            if (isNew && state != TcpState.SynSent)
            {
                facts.Ended(track.Program, track.Remote, track.Port, AttemptEnd.Answered);
            }
        }
    }

    private void Question(in SocketDetails s, double now)
    {
        if (s.Socket.Flow.RemotePort != DnsPort)
        {
            return;
        }

        if (_questions.TryGetValue(s.Socket.Cookie, out var question))
        {
            _questions[s.Socket.Cookie] = question with { Last = now };
        }
        else if (_questions.Count < MaxTracked)
        {
            _questions.Add(s.Socket.Cookie, (now, now, Program(s.Socket), Flow.ToAddress(s.Socket.Flow.Remote)));
        }
    }

    private sealed class Track(int program, IPAddress remote, int port, double firstSeen)
    {
        public int Program { get; } = program;

        public IPAddress Remote { get; } = remote;

        public int Port { get; } = port;

        public double FirstSeen { get; } = firstSeen;

        public int Round { get; set; }

        public int Syns { get; set; }

        public bool HasEnded { get; set; }
    }
}
