using System.Net;
using HalfOpen.Diagnosis.Facts;

namespace HalfOpen.Diagnosis.Gathering;

/// <summary>What is counted of one peer of one program.</summary>
internal sealed class PeerTally
{
    private long _silent;
    private long _syns;
    private double _silentSeconds;
    private long _open;
    private long _openSilent;
    private long _timeWait;
    private long _closing;
    private long _inbound;
    private double? _handshakeMs;

    public long HalfOpen { get; private set; }

    public long Tried { get; set; }

    public long Answered { get; set; }

    public long Refused { get; set; }

    public long Unreachable { get; set; }

    public long GaveUp { get; set; }

    public void Quicker(double? milliseconds)
    {
        if (milliseconds is { } ms && (_handshakeMs is not { } best || ms < best))
        {
            _handshakeMs = ms;
        }
    }

    public void Count(in SocketSeen socket, int repeatsOfSilence)
    {
        switch (socket.Stage)
        {
            case not (SocketStage.HalfOpen or SocketStage.Listening) when socket.IsInbound:
                _inbound++;
                break;
            case SocketStage.HalfOpen:
                HalfOpen++;
                _syns += socket.Syns;
                _silent += socket.Syns is 0 or > 1 ? 1 : 0;
                _silentSeconds = Math.Max(_silentSeconds, socket.SilentSeconds);
                break;
            case SocketStage.Open:
                _open++;
                _openSilent += socket.Repeats >= repeatsOfSilence ? 1 : 0;
                Quicker(socket.RoundTripMs);
                break;
            case SocketStage.TimeWait:
                _timeWait++;
                break;
            default:
                _closing++;
                Quicker(socket.RoundTripMs);
                break;
        }
    }

    public PeerFacts Facts(int program, string address, int port) => new(program, address, port)
    {
        HalfOpen = HalfOpen,
        Silent = _silent,
        Syns = _syns,
        SilentSeconds = Math.Round(_silentSeconds, 1),
        Tried = Tried,
        Answered = Answered,
        Refused = Refused,
        Unreachable = Unreachable,
        GaveUp = GaveUp,
        Open = _open,
        OpenSilent = _openSilent,
        TimeWait = _timeWait,
        Closing = _closing,
        Inbound = _inbound,
        HandshakeMs = _handshakeMs is { } ms ? Math.Round(ms, 3) : null,
    };
}

/// <summary>The local ports that connections to one destination hold, and for whom.</summary>
internal sealed class UseTally
{
    private readonly Dictionary<int, long> _programs = [];
    private long _inUse;
    private long _timeWait;

    public void Count(in SocketSeen socket)
    {
        _inUse++;
        _timeWait += socket.Stage == SocketStage.TimeWait ? 1 : 0;
        if (socket.Program >= 0)
        {
            _programs[socket.Program] = _programs.GetValueOrDefault(socket.Program) + 1;
        }
    }

    public PortUse Facts(IPAddress local, IPAddress remote, int port) => new(local.ToString(), remote.ToString(), port, _inUse, _timeWait,
        _programs.Count == 0 ? -1 : _programs.MaxBy(p => p.Value).Key);
}
