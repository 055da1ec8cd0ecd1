using System.Net;
using HalfOpen.Diagnosis.Facts;

namespace HalfOpen.Diagnosis.Gathering;

/// <summary>One TCP socket as a table told it that says neither repeats nor times. Immutable.</summary>
/// <param name="Stage">Null: closed, or somebody begins to connect to us.</param>
public readonly record struct ConnectionSeen(uint Process, SocketStage? Stage, IPAddress Local, int LocalPort, IPAddress Remote,
    int RemotePort);

/// <summary>
/// Follows TCP connections by looking at a table again and again (Windows): what attempts came to, and how long each
/// has been silent at least. Bounded. Not thread-safe.
/// </summary>
/// <param name="facts">Takes what is seen.</param>
/// <param name="nameOf">Whose a process is.</param>
public sealed class ConnectionWatch(FactsBuilder facts, Func<uint, ProgramFacts> nameOf)
{
    private const int MaxTracked = 300_000;

    /// <summary>The first SYN is repeated after a second or three, whatever the Windows.</summary>
    private const double SilentSeconds = 3;

    private readonly Dictionary<(IPAddress Local, int LocalPort, IPAddress Remote, int RemotePort), Followed> _tracks = [];
    private int _round;

    /// <summary>One look.</summary>
    /// <param name="now">Seconds since the first.</param>
    /// <param name="isLast">These sockets are what stands at the end.</param>
    public void Round(IReadOnlyCollection<ConnectionSeen> sockets, double now, bool isLast = false)
    {
        _round++;
        HashSet<int> listening = [.. sockets.Where(s => s.Stage == SocketStage.Listening).Select(s => s.LocalPort)];
        foreach (var socket in sockets)
        {
            if (socket.Stage is { } stage)
            {
                var isInbound = stage != SocketStage.Listening && listening.Contains(socket.LocalPort);
                var silent = stage == SocketStage.Listening || isInbound ? 0 : Follow(socket, stage, now);
                if (isLast)
                {
                    // One SYN at least was sent; of an older attempt it is not told how many, and it counts as silent.
                    facts.Add(new SocketSeen(stage == SocketStage.TimeWait && socket.Process == 0 ? -1 : Program(socket.Process), stage,
                        socket.Local, socket.LocalPort, socket.Remote, socket.RemotePort,
                        Syns: stage == SocketStage.HalfOpen && silent < SilentSeconds ? 1 : 0, SilentSeconds: silent,
                        IsInbound: isInbound));
                }
            }
        }

        foreach (var (flow, track) in _tracks)
        {
            if (track.Round != _round)
            {
                _tracks.Remove(flow);
                if (!track.IsAnswered && now - track.FirstSeen >= SilentSeconds)
                {
                    facts.Ended(track.Program, flow.Remote, flow.RemotePort, AttemptEnd.GaveUp);
                }
            }
        }
    }

    /// <summary>Seconds that it has been half-open; 0 for others.</summary>
    private double Follow(in ConnectionSeen socket, SocketStage stage, double now)
    {
        if (AddressClass.IsLoopback(socket.Remote) || socket.Local.Equals(socket.Remote))
        {
            return 0;
        }

        var flow = (socket.Local, socket.LocalPort, socket.Remote, socket.RemotePort);
        var isHalfOpen = stage == SocketStage.HalfOpen;
        if (_tracks.TryGetValue(flow, out var track))
        {
            track.Round = _round;
            if (!isHalfOpen && !track.IsAnswered)
            {
                track.IsAnswered = true;
                facts.Ended(track.Program, socket.Remote, socket.RemotePort, AttemptEnd.Answered);
            }
        }
        else if (_tracks.Count < MaxTracked)
        {
            track = new Followed(stage == SocketStage.TimeWait && socket.Process == 0 ? -1 : Program(socket.Process), now)
            {
                Round = _round, IsAnswered = !isHalfOpen,
            };
            _tracks.Add(flow, track);
            if (isHalfOpen || _round > 1)
            {
                facts.Tried(track.Program, socket.Remote, socket.RemotePort);
                if (!isHalfOpen)
                {
                    facts.Ended(track.Program, socket.Remote, socket.RemotePort, AttemptEnd.Answered);
                }
            }
        }

        return isHalfOpen && track is not null ? now - track.FirstSeen : 0;
    }

    private int Program(uint process) => facts.Program(nameOf(process));

    private sealed class Followed(int program, double firstSeen)
    {
        public int Program { get; } = program;

        public double FirstSeen { get; } = firstSeen;

        public int Round { get; set; }

        public bool IsAnswered { get; set; }
    }
}
