using HalfOpen.Linux;
using HalfOpen.Linux.Bpf;
using HalfOpen.Linux.Netlink;
using HalfOpen.Watch.Model;
using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Watch.Collecting;

/// <summary>
/// Every attempt of this network namespace as BPF tells it, also those of a millisecond. Nobody is woken for an event:
/// they lie in the ring until we come by. Root only. The watch's thread only.
/// </summary>
internal sealed class EventAttempts : IAttemptSource
{
    /// <summary>How often we come by. A process that lives shorter is known by its short name only.</summary>
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(100);

    /// <summary>How often where processes were gone already: more of them are found in time.</summary>
    private static readonly TimeSpan QuickRound = TimeSpan.FromMilliseconds(20);

    /// <summary>An end that was not told is found by comparing with the kernel's list.</summary>
    private static readonly TimeSpan CompareEvery = TimeSpan.FromSeconds(5);

    /// <summary>After such a process the rounds are quick for so long.</summary>
    private static readonly TimeSpan QuickFor = TimeSpan.FromSeconds(2);

    private const uint Sent = 1u << (int)TcpState.SynSent;
    private const byte Tcp = 6;

    private readonly SocketEvents _events = new(watches: true);
    private readonly SocketTable _table = new();
    private readonly Waiter _waiter;
    private readonly WatchClock _clock;
    private readonly WhoFinder _who;
    private long _lost;
    private readonly bool _withLoopback;
    private readonly long _offset;

    /// <summary>Found in the kernel's list while their own event may still lie in the ring.</summary>
    private readonly HashSet<Flow> _found = [];

    private readonly HashSet<Flow> _listed = [];
    private TimeSpan _nextCompare = CompareEvery;
    private TimeSpan _quickUntil;

    /// <exception cref="LinuxException">No BPF here, in words.</exception>
    public EventAttempts(WatchClock clock, WhoFinder who, bool withLoopback)
    {
        (_clock, _who, _withLoopback) = (clock, who, withLoopback);
        _waiter = new Waiter(_events.Number);
        try
        {
            var seen = OwnConnect.Try(_events);
            if (seen is not null && (seen.Connecting is null || !seen.Ended))
            {
                throw new LinuxException("BPF was set up and yet told nothing of a connect of our own");
            }

            _offset = seen?.Connecting is { } told ? WatchClock.OffsetOf(told.Nanoseconds) : 0;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public WatchSource Description => new(WatchKind.Events, "events from BPF sock_ops",
        _events.SeesAll ? "" : "programs outside of this container",
        _events.WhyNoProcessIds is { } why ? "programs are known by their sockets: " + why : "");

    public bool HasLost { get; private set; }

    public void Begin(WatchModel model)
    {
        Drain(model);
        List<SocketDetails> there = [];
        _ = _table.DumpDetails(Tcp, Sent, there.Add);
        foreach (var s in there)
        {
            // It has been out for a second a repeat at least: retries come ever more rarely, never quicker.
            Adopt(model, s.Socket, TimeSpan.FromSeconds(s.Repeats));
        }
    }

    public void Take(WatchModel model, TimeSpan most)
    {
        var round = _clock.Now < _quickUntil ? QuickRound : Round;
        _waiter.Wait((most < round ? most : round).Ticks);
        Drain(model);
        var lost = _events.Lost;
        var hasLost = lost != _lost;
        _lost = lost;
        HasLost |= hasLost;
        if (hasLost || _clock.Now >= _nextCompare)
        {
            Compare(model);
            _nextCompare = _clock.Now + CompareEvery;
        }
    }

    public void Dispose()
    {
        _table.Dispose();
        _events.Dispose();
    }

    private void Drain(WatchModel model)
    {
        Span<byte> name = stackalloc byte[SocketEvent.NameLength];
        while (_events.TryRead(out var e, name))
        {
            if (e.Flow.IsLoopback && !_withLoopback)
            {
                continue;
            }

            var at = _clock.Of(e.Nanoseconds, _offset);
            if (e.Kind == SocketEventKind.StateChanged)
            {
                if (e.Old == TcpState.SynSent)
                {
                    model.Ended(e.Flow, e.New == TcpState.Close ? EndOf(e.Error) : WatchEnd.Answered, at);
                }
            }
            else if (_found.Count == 0 || !_found.Remove(e.Flow))
            {
                Started(model, e, name, at);
            }
        }

        _found.Clear();
    }

    private void Started(WatchModel model, in SocketEvent e, ReadOnlySpan<byte> name, TimeSpan at)
    {
        if (e.ProcessId == 0 || !_events.TellsUsers)
        {
            // Without ids the kernel's list says whose it is, while it is there.
            var who = _table.TryFind(e.Flow, 0, out var socket) ? _who.OfSocket(socket.Inode, socket.CgroupId, socket.Uid, out var process)
                : _who.OfProcess(process = e.ProcessId, e.UserId, name, out _);
            model.Started(e.Flow, who, process, at);
            return;
        }

        var known = _who.OfProcess(e.ProcessId, e.UserId, name, out var isGone);
        if (isGone)
        {
            _quickUntil = _clock.Now + QuickFor;
        }

        model.Started(e.Flow, known, e.ProcessId, at);
    }

    private void Compare(WatchModel model)
    {
        var asked = _clock.Now;
        List<SocketInfo> unknown = [];
        _listed.Clear();
        _table.Dump(Sent, (_listed, unknown, model), static (state, in s) =>
        {
            state._listed.Add(s.Flow);
            if (!state.model.IsOut(s.Flow))
            {
                state.unknown.Add(s);
            }
        });
        Drain(model);
        model.Compare(_listed, asked);
        foreach (var s in unknown)
        {
            if (HasLost && !model.IsOut(s.Flow))
            {
                Adopt(model, s, TimeSpan.Zero);
            }
        }
    }

    private void Adopt(WatchModel model, in SocketInfo s, TimeSpan silent)
    {
        if (!s.Flow.IsLoopback || _withLoopback)
        {
            _found.Add(s.Flow);
            model.Found(s.Flow, _who.OfSocket(s.Inode, s.CgroupId, s.Uid, out var process), process, _clock.Now, silent);
        }
    }

    /// <summary>What sk_err says when a socket leaves SYN-SENT for CLOSE: 0 when its program closed it.</summary>
    private static WatchEnd EndOf(int errno) => errno switch
    {
        111 or 104 => WatchEnd.Refused, // ECONNREFUSED, ECONNRESET
        110 => WatchEnd.TimedOut, // ETIMEDOUT
        0 or 103 => WatchEnd.Abandoned, // closed; ECONNABORTED: somebody destroyed it
        _ => WatchEnd.Unreachable, // what ICMP turned into
    };
}
