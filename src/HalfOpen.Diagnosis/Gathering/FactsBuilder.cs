using System.Net;
using HalfOpen.Diagnosis.Facts;

namespace HalfOpen.Diagnosis.Gathering;

/// <summary>A socket's state as findings tell them apart.</summary>
public enum SocketStage
{
    HalfOpen,
    Open,
    Closing,
    TimeWait,
    Listening,
}

/// <summary>How an attempt ended.</summary>
public enum AttemptEnd
{
    Answered,
    Refused,
    Unreachable,
    GaveUp,
}

/// <summary>One TCP socket at the last look. Immutable.</summary>
/// <param name="Program">As <see cref="FactsBuilder.Program"/> gave it; -1: nobody's any more.</param>
/// <param name="Syns">SYNs sent so far, of a half-open one; 0: not told.</param>
/// <param name="SilentSeconds">Since the first SYN, at least.</param>
/// <param name="Repeats">Repeats of data without acknowledgement, of an open one.</param>
/// <param name="Waiting">Of a listener: connections that wait to be accepted.</param>
/// <param name="Backlog">Of a listener: how many may.</param>
/// <param name="RoundTripMs">Null: not told.</param>
/// <param name="IsInbound">The other end opened it.</param>
public readonly record struct SocketSeen(int Program, SocketStage Stage, IPAddress Local, int LocalPort, IPAddress Remote, int RemotePort,
    int Syns = 0, double SilentSeconds = 0, int Repeats = 0, long Waiting = 0, long Backlog = 0, double? RoundTripMs = null,
    bool IsInbound = false);

/// <summary>
/// Gathers sockets and outcomes, from whatever source, into the parts of <see cref="MachineFacts"/> that speak of
/// programs and their peers. Bounded, whatever the machine: beyond <see cref="MaxPeers"/> peers and
/// <see cref="MaxPrograms"/> programs it counts what it leaves out. Not thread-safe.
/// </summary>
public sealed class FactsBuilder
{
    public const int MaxPeers = 100_000;
    public const int MaxPrograms = 4_096;
    public const int MaxListeners = 10_000;
    private const int MaxPortUses = 200_000;
    private const int BusiestPortUses = 12;

    /// <summary>Repeats of data after which the other end counts as gone.</summary>
    private const int RepeatsOfSilence = 3;

    private readonly List<ProgramFacts> _programs = [];
    private readonly Dictionary<(string Name, string Unit, long? User, string Namespace), int> _programNumbers = [];
    private readonly Dictionary<(int Program, IPAddress Address, int Port), PeerTally> _peers = [];
    private readonly Dictionary<(IPAddress Local, IPAddress Remote, int Port), UseTally> _uses = [];
    private readonly HashSet<int> _localPorts = [];
    private readonly List<ListenerFacts> _listeners = [];
    private long _left;

    /// <summary>The number of a program. Processes of one name, unit and user are one program, whose id is then
    /// 0.</summary>
    public int Program(ProgramFacts program)
    {
        if (_programs.Count >= MaxPrograms)
        {
            program = new ProgramFacts("other programs", NameOrigin.User);
        }

        var key = (program.Name, program.Unit, program.User, program.Namespace);
        if (_programNumbers.TryGetValue(key, out var number))
        {
            if (_programs[number].ProcessId != program.ProcessId)
            {
                _programs[number] = _programs[number] with { ProcessId = 0 };
            }

            return number;
        }

        number = _programs.Count;
        _programs.Add(program);
        _programNumbers.Add(key, number);
        return number;
    }

    /// <summary>An attempt was seen, half-open or ended; each is counted once.</summary>
    public void Tried(int program, IPAddress remote, int port)
    {
        if (Peer(program, remote, port) is { } peer)
        {
            peer.Tried++;
        }
    }

    public void Ended(int program, IPAddress remote, int port, AttemptEnd end, double? handshakeMs = null)
    {
        if (Peer(program, remote, port) is not { } peer)
        {
            return;
        }

        switch (end)
        {
            case AttemptEnd.Answered:
                peer.Answered++;
                peer.Quicker(handshakeMs);
                break;
            case AttemptEnd.Refused:
                peer.Refused++;
                break;
            case AttemptEnd.Unreachable:
                peer.Unreachable++;
                break;
            default:
                peer.GaveUp++;
                break;
        }
    }

    /// <summary>A socket of the last look.</summary>
    /// <param name="isAttempt">It was opened from here, so that it counts as tried; not so where
    /// <see cref="Tried"/> was told of it.</param>
    /// <param name="isElsewhere">It is of another network namespace, which has ports and listeners of its own.</param>
    public void Add(in SocketSeen socket, bool isAttempt = false, bool isElsewhere = false)
    {
        if (socket.Stage == SocketStage.Listening)
        {
            if (_listeners.Count < MaxListeners && !isElsewhere)
            {
                _listeners.Add(new ListenerFacts(socket.Program, socket.Local.ToString(), socket.LocalPort, socket.Waiting,
                    socket.Backlog));
            }

            return;
        }

        if (!isElsewhere)
        {
            CountPort(socket);
        }

        if (AddressClass.IsLoopback(socket.Remote) || socket.Local.Equals(socket.Remote)
            || Peer(socket.Program, socket.Remote, socket.RemotePort) is not { } peer)
        {
            return;
        }

        if (isAttempt)
        {
            peer.Tried++;
            peer.Answered += socket.Stage is SocketStage.HalfOpen ? 0 : 1;
        }

        peer.Count(socket, RepeatsOfSilence);
    }

    /// <summary>Puts what was gathered into facts that carry the rest already.</summary>
    /// <param name="range">The range of ephemeral ports; null: not known.</param>
    public MachineFacts Build(MachineFacts facts, (int Low, int High)? range) => facts with
    {
        Programs = [.. _programs],
        Peers = [.. _peers.OrderByDescending(p => p.Value.HalfOpen).ThenByDescending(p => p.Value.Tried)
            .ThenBy(p => p.Key.Program).ThenBy(p => p.Key.Address.ToString(), StringComparer.Ordinal).ThenBy(p => p.Key.Port)
            .Select(p => p.Value.Facts(p.Key.Program, p.Key.Address.ToString(), p.Key.Port))],
        PeersLeftOut = _left,
        Listeners = [.. _listeners],
        Ports = range is { } r
            ? new PortFacts(r.Low, r.High, _localPorts.Count(p => p >= r.Low && p <= r.High),
                [.. _uses.Select(u => u.Value.Facts(u.Key.Local, u.Key.Remote, u.Key.Port)).OrderByDescending(u => u.InUse)
                    .ThenBy(u => u.Address, StringComparer.Ordinal).ThenBy(u => u.Port).Take(BusiestPortUses)])
            : null,
    };

    private void CountPort(in SocketSeen socket)
    {
        _localPorts.Add(socket.LocalPort);
        var key = (socket.Local, socket.Remote, socket.RemotePort);
        if (!_uses.TryGetValue(key, out var use))
        {
            if (_uses.Count >= MaxPortUses)
            {
                return;
            }

            _uses.Add(key, use = new UseTally());
        }

        use.Count(socket);
    }

    private PeerTally? Peer(int program, IPAddress remote, int port)
    {
        var key = (program, AddressClass.Plain(remote), port);
        if (_peers.TryGetValue(key, out var peer))
        {
            return peer;
        }

        if (_peers.Count >= MaxPeers)
        {
            _left++;
            return null;
        }

        _peers.Add(key, peer = new PeerTally());
        return peer;
    }
}
