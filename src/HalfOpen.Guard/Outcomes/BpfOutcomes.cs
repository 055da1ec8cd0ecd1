using HalfOpen.Core;
using HalfOpen.Linux.Bpf;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Outcomes;

/// <summary>
/// Outcomes from BPF sock_ops callbacks: each state change at once, also while a SYN is held, with the process id at
/// connect.
/// </summary>
internal sealed class BpfOutcomes : IOutcomeSource
{
    private readonly SocketEvents _events = new();

    public string Name => "bpf";

    public int PollDescriptor => _events.Number;

    public bool SeesClosedSockets => true;

    public void Drain(IOutcomeSink sink)
    {
        var overflowed = _events.MayHaveLost;
        while (_events.TryRead(out var socketEvent))
        {
            Tell(sink, socketEvent);
        }

        if (overflowed)
        {
            sink.EventsLost();
        }
    }

    public void Dispose() => _events.Dispose();

    private static void Tell(IOutcomeSink sink, in SocketEvent e)
    {
        if (e.Kind == SocketEventKind.Connecting)
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
