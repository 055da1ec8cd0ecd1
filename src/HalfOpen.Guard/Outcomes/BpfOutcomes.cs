using HalfOpen.Core;
using HalfOpen.Guard.Kernel;
using HalfOpen.Wire.Kernel;
using HalfOpen.Wire.Netlink;

namespace HalfOpen.Guard.Outcomes;

/// <summary>Outcomes from BPF sock_ops callbacks: each state change at once, also while a SYN is held, with the process id at connect.</summary>
internal sealed class BpfOutcomes : IOutcomeSource
{
    /// <summary>About 58,000 events; a storm that fills it before we run is noticed and reconciled.</summary>
    private const int RingBytes = 4 << 20;

    private const string KernelTypes = "/sys/kernel/btf/vmlinux";

    private readonly RingBuffer _ring;
    private readonly Descriptor _program;
    private readonly Descriptor _link;

    /// <summary>For the namespace of the calling thread.</summary>
    /// <exception cref="GuardException">No BPF here, in words.</exception>
    public BpfOutcomes(string? cgroup = null)
    {
        cgroup ??= ControlGroups.FindRoot() ?? throw new GuardException("BPF needs the cgroup2 hierarchy, and none is mounted");
        _ring = new RingBuffer(RingBytes);
        try
        {
            _program = Bpf.LoadSockOps(SocketProgram.Assemble(_ring.Number, SocketTable.NetnsCookie(), ErrorOffset()));
            using var folder = new Descriptor(Native.Open(cgroup, Native.CloseOnExec, 0));
            if (folder.IsInvalid)
            {
                throw Native.Failure($"cannot open the cgroup {cgroup}");
            }

            _link = Bpf.AttachToCgroup(_program, folder);
        }
        catch
        {
            _program?.Dispose();
            _ring.Dispose();
            throw;
        }
    }

    public string Name => "bpf";

    public int PollDescriptor => _ring.Number;

    public bool SeesClosedSockets => true;

    public void Drain(IOutcomeSink sink)
    {
        // A full ring has refused events.
        var overflowed = _ring.Pending > _ring.Capacity - (4 * SocketEvent.Length);
        while (_ring.TryPeek(out var record))
        {
            var length = record.Length;
            var known = SocketEvent.TryParse(record, out var socketEvent);
            _ring.Advance(length);
            if (known)
            {
                Tell(sink, socketEvent);
            }
        }

        if (overflowed)
        {
            sink.EventsLost();
        }
    }

    public void Dispose()
    {
        _link.Dispose();
        _program.Dispose();
        _ring.Dispose();
    }

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

    /// <summary>Null where the kernel carries no type information: attempts that fail are then told as cancelled.</summary>
    private static int? ErrorOffset()
    {
        try
        {
            return TypeFormat.TryFindMember(File.ReadAllBytes(KernelTypes), "sock", "sk_err", out var offset) ? offset : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
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
