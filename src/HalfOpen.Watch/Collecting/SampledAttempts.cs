using System.Diagnostics;
using HalfOpen.Linux.Netlink;
using HalfOpen.Watch.Model;
using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Watch.Collecting;

/// <summary>
/// Attempts by looking at the kernel's list of sockets again and again: for users, and where there is no BPF. The
/// watch's thread only.
/// </summary>
internal sealed class SampledAttempts : IAttemptSource
{
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>At most one part in two hundred of our time goes into looking, while a look takes no more than 25
    /// ms.</summary>
    private const int PauseFactor = 199;

    private const int MaxTracked = 131_072;
    private const byte Tcp = 6;
    private const uint Sent = 1u << (int)TcpState.SynSent;
    private const uint Listening = 1u << (int)TcpState.Listen;

    /// <summary>Established, and on the way to the end with an owner still.</summary>
    private const uint Open = (1u << (int)TcpState.Established) | (1u << (int)TcpState.FinWait1) | (1u << (int)TcpState.FinWait2)
        | (1u << (int)TcpState.CloseWait) | (1u << (int)TcpState.LastAck) | (1u << (int)TcpState.Closing);

    private readonly SocketTable _table = new();
    private readonly WatchClock _clock;
    private readonly WhoFinder _who;
    private readonly bool _withLoopback;
    private readonly string _why;

    /// <summary>After so many repeats the kernel gives up.</summary>
    private readonly int _mostRepeats;

    private readonly Dictionary<ulong, (Flow Flow, int Repeats, int Round)> _out = [];
    private readonly HashSet<ushort> _listening = [];
    private HashSet<ulong> _open = [];
    private HashSet<ulong> _openBefore = [];
    private int _round;
    private TimeSpan _next;
    private bool _isSlow;

    /// <param name="why">Why there is nothing better.</param>
    /// <exception cref="HalfOpen.Linux.LinuxException">The kernel tells nothing of its sockets.</exception>
    public SampledAttempts(WatchClock clock, WhoFinder who, bool withLoopback, string why, int mostRepeats)
    {
        (_clock, _who, _withLoopback, _why, _mostRepeats) = (clock, who, withLoopback, why, mostRepeats);
    }

    public WatchSource Description => new(WatchKind.Samples, $"samples of inet_diag every {Round.TotalMilliseconds:0} ms"
            + (_isSlow ? $" to {LongestPause.TotalSeconds:0} s, since there are many sockets" : ""),
        "attempts that begin and end between two samples, and how most others were refused or given up", _why);

    public bool HasLost { get; private set; }

    public void Begin(WatchModel model) => Look(model);

    public void Take(WatchModel model, TimeSpan most)
    {
        var left = _next - _clock.Now;
        if (left > TimeSpan.Zero)
        {
            Thread.Sleep(left < most ? left : most);
        }

        if (_clock.Now >= _next)
        {
            Look(model);
        }
    }

    public void Dispose() => _table.Dispose();

    private void Look(WatchModel model)
    {
        var start = Stopwatch.GetTimestamp();
        _round++;
        _listening.Clear();
        _table.Dump(Listening, _listening, static (ports, in s) => ports.Add(s.Flow.LocalPort));
        _ = _table.DumpDetails(Tcp, Sent, s => SeeOut(model, s));
        (_open, _openBefore) = (_openBefore, _open);
        _open.Clear();
        _table.Dump(Open, (this, model), static (state, in s) => state.Item1.SeeOpen(state.model, s));
        foreach (var (cookie, attempt) in _out)
        {
            if (attempt.Round != _round)
            {
                _out.Remove(cookie);
                model.Ended(attempt.Flow, EndOf(attempt.Repeats), _clock.Now);
            }
        }

        var cost = Stopwatch.GetElapsedTime(start);
        var pause = cost * PauseFactor;
        _isSlow = pause > Round;
        _next = _clock.Now + (pause < Round ? Round : pause > LongestPause ? LongestPause : pause);
    }

    private void SeeOut(WatchModel model, in SocketDetails s)
    {
        var (flow, cookie) = (s.Socket.Flow, s.Socket.Cookie);
        if (flow.IsLoopback && !_withLoopback)
        {
            return;
        }

        if (_out.ContainsKey(cookie))
        {
            _out[cookie] = (flow, s.Repeats, _round);
            return;
        }

        if (_out.Count >= MaxTracked)
        {
            HasLost = true;
            return;
        }

        _out.Add(cookie, (flow, s.Repeats, _round));
        var who = _who.OfSocket(s.Socket.Inode, s.Socket.CgroupId, s.Socket.Uid, out var process);
        if (_round == 1)
        {
            model.Found(flow, who, process, _clock.Now, TimeSpan.FromSeconds(s.Repeats));
        }
        else
        {
            model.Started(flow, who, process, _clock.Now);
        }
    }

    private void SeeOpen(WatchModel model, in SocketInfo s)
    {
        if (s.Flow.IsLoopback && !_withLoopback)
        {
            return;
        }

        if (_open.Count < MaxTracked)
        {
            _open.Add(s.Cookie);
        }

        if (_out.Remove(s.Cookie))
        {
            model.Ended(s.Flow, WatchEnd.Answered, _clock.Now);
        }
        else if (_round > 1 && s.Inode != 0 && !_openBefore.Contains(s.Cookie) && !_listening.Contains(s.Flow.LocalPort)
            && _openBefore.Count < MaxTracked)
        {
            // Begun and answered since the last look.
            model.Started(s.Flow, _who.OfSocket(s.Inode, s.CgroupId, s.Uid, out var process), process, _clock.Now);
            model.Ended(s.Flow, WatchEnd.Answered, _clock.Now);
        }
    }

    /// <summary>It is gone, and was not seen open.</summary>
    private WatchEnd EndOf(int repeats) =>
        repeats >= _mostRepeats ? WatchEnd.TimedOut : repeats > 0 ? WatchEnd.Abandoned : WatchEnd.Unseen;
}
