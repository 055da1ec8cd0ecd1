using HalfOpen.Core;
using HalfOpen.Guard.Leases;
using HalfOpen.Hosting;
using HalfOpen.Linux;
using HalfOpen.Linux.Bpf;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Outcomes;

/// <summary>
/// Outcomes from BPF sock_ops callbacks: each state change at once, also while a SYN is held, with the process id at
/// connect.
/// </summary>
internal sealed class BpfOutcomes : IOutcomeSource
{
    private readonly SocketEvents _events;

    /// <summary>From the kernel's clock to ours; they differ in a time namespace only.</summary>
    private readonly long _offsetTicks;
    private long _lost;

    /// <param name="evenOfAPart">Also where it would see a part of the machine's programs only.</param>
    /// <exception cref="LinuxException">
    /// No BPF here, or it does not tell what it must: proved by a connect of our own. In words.
    /// </exception>
    public BpfOutcomes(bool evenOfAPart = false)
    {
        _events = new SocketEvents();
        try
        {
            Problem = Check(evenOfAPart, out _offsetTicks);
            Slots = _events.Lease is { } lease ? new KernelSlots(lease) : null;
        }
        catch
        {
            _events.Dispose();
            throw;
        }
    }

    public string Name => "bpf";

    public string Problem { get; }

    public int PollDescriptor => _events.Number;

    public bool Wanted
    {
        set
        {
            if (_events.Wanted != value)
            {
                _events.Wanted = value;
            }
        }
    }

    public KernelSlots? Slots { get; }

    public string SlotsProblem => _events.WhyNoLease ?? "";

    public bool TellsTimes => true;

    public long LastLocalSynTicks(ushort port) => !_events.SeesAll ? long.MaxValue
        : _events.LastLocalSyn(port) is var time and not 0 ? (time / 100) + _offsetTicks : long.MinValue;

    public bool SeesClosedSockets => true;

    public void Drain(IOutcomeSink sink)
    {
        while (_events.TryRead(out var socketEvent))
        {
            sink.AdvanceTo(new Instant((socketEvent.Nanoseconds / 100) + _offsetTicks));
            Tell(sink, socketEvent);
        }

        if (_events.Lost is var lost && lost > _lost)
        {
            sink.EventsLost(lost - _lost);
            _lost = lost;
        }
    }

    public void Dispose() => _events.Dispose();

    private static void Tell(IOutcomeSink sink, in SocketEvent e)
    {
        if (e.Kind == SocketEventKind.Connecting && e.LeaseCookie != 0)
        {
            sink.StartedOnLease(e.Flow, e.ProcessId, e.UserId, e.LeaseCookie);
        }
        else if (e.Kind == SocketEventKind.Connecting)
        {
            sink.Connecting(e.Flow, e.ProcessId);
        }
        else if (e.Old == TcpState.SynSent)
        {
            sink.Ended(e.Flow, null, e.New == TcpState.Close ? Errors.ToOutcome(e.Error) : Outcome.Established);
        }
        else if (e.New == TcpState.Close)
        {
            sink.ConnectionClosed(e.Flow);
        }
    }

    /// <summary>What is missing though it works; empty: nothing.</summary>
    private string Check(bool evenOfAPart, out long offsetTicks)
    {
        offsetTicks = 0;
        const string Part = "only a part of the machine's cgroups is to be seen here (a container's cgroup namespace)";
        if (!_events.SeesAll && !evenOfAPart)
        {
            throw new LinuxException(
                $"{Part}, and BPF would not see programs outside of it: give the container the host's cgroup namespace "
                + $"(docs/guides/guard.md)");
        }

        var seen = OwnConnect.Try(_events);
        if (seen is not null && (seen.Connecting is null || !seen.Ended))
        {
            throw new LinuxException("BPF was set up and yet told nothing of a connect of our own");
        }

        var difference = seen?.Connecting is { } told ? HostClock.System.Now.Ticks - (told.Nanoseconds / 100) : 0;
        offsetTicks = Math.Abs(difference) > TimeSpan.TicksPerSecond ? difference : 0;
        var noIds = _events.WhyNoProcessIds
            ?? (seen?.Connecting is { } e && e.ProcessId != Environment.ProcessId
                ? "a connect of our own was told as another process's" : null);
        return !_events.SeesAll ? $"{Part}: programs outside of it end their attempts unseen"
            : noIds is not null ? $"no process ids from BPF ({noIds})"
            : "";
    }
}

/// <summary>Error numbers of Linux, as outcomes.</summary>
internal static class Errors
{
    /// <summary>What sk_err says when a socket leaves SYN-SENT for CLOSE: 0 when its program closed it.</summary>
    public static Outcome ToOutcome(int errno) => errno switch
    {
        111 => Outcome.Refused, // ECONNREFUSED
        104 => Outcome.Reset, // ECONNRESET
        110 => Outcome.TimedOut, // ETIMEDOUT
        0 or 103 => Outcome.Cancelled, // closed; ECONNABORTED: somebody destroyed it
        _ => Outcome.Unreachable, // what ICMP turned into: EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT, EACCES ...
    };
}
