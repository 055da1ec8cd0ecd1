using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Gathering;
using HalfOpen.Linux.Bpf;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Linux.Collecting;

/// <summary>
/// Every connection attempt of this network namespace as it happens, also those of a millisecond, through our BPF
/// program. Root only. Not thread-safe.
/// </summary>
internal sealed class AttemptEvents : IDisposable
{
    private const int MaxPending = 200_000;
    private const int Refused = 111; // ECONNREFUSED
    private const int NetUnreachable = 101;
    private const int HostUnreachable = 113;
    private const double NanosecondsInMs = 1e6;

    /// <summary>An attempt that its program ends sooner says nothing about the other end.</summary>
    private const double PatienceMs = 1000;

    private readonly SocketEvents _events = new();
    private readonly Waiter _waiter;
    private readonly FactsBuilder _facts;
    private readonly ProgramNames _names;
    private readonly Dictionary<Flow, (int Program, long Start)> _pending = [];

    /// <exception cref="LinuxException">No BPF here, in words.</exception>
    public AttemptEvents(FactsBuilder facts, ProgramNames names)
    {
        (_facts, _names) = (facts, names);
        _waiter = new Waiter(_events.Number);
    }

    /// <value>Why not everything is seen, or null.</value>
    public string? Problem => _events.SeesAll ? _events.WhyNoProcessIds is { } why ? "programs are known less well: " + why : null
        : "only this container's own attempts are seen";

    /// <value>Events were lost: more came than could be read.</value>
    public bool HasLost => _events.Lost > 0;

    /// <value>Who began an attempt from which local port, also when the socket is gone: what is tracked of it stays.
    /// </value>
    public Dictionary<int, int> Ports { get; } = [];

    /// <summary>Waits for events at most so long, and takes those that came.</summary>
    public void Take(TimeSpan most)
    {
        _waiter.Wait(most.Ticks);
        while (_events.TryRead(out var e))
        {
            if (!e.Flow.IsLoopback)
            {
                Take(e);
            }
        }
    }

    public void Dispose() => _events.Dispose();

    private void Take(in SocketEvent e)
    {
        var remote = Flow.ToAddress(e.Flow.Remote);
        if (e.Kind == SocketEventKind.Connecting)
        {
            var program = (e.ProcessId != 0 ? _names.OfProcess(e.ProcessId) : null)
                ?? new ProgramFacts("a program that has ended already", NameOrigin.User);
            var number = _facts.Program(program);
            _facts.Tried(number, remote, e.Flow.RemotePort);
            Ports[e.Flow.LocalPort] = number;
            if (_pending.Count < MaxPending)
            {
                _pending[e.Flow] = (number, e.Nanoseconds);
            }
        }
        else if (e.Old == TcpState.SynSent && _pending.Remove(e.Flow, out var attempt))
        {
            var milliseconds = (e.Nanoseconds - attempt.Start) / NanosecondsInMs;
            AttemptEnd? end = e.New == TcpState.Established ? AttemptEnd.Answered : e.Error switch
            {
                Refused => AttemptEnd.Refused,
                NetUnreachable or HostUnreachable => AttemptEnd.Unreachable,
                _ => milliseconds >= PatienceMs ? AttemptEnd.GaveUp : null,
            };
            if (end is { } known)
            {
                _facts.Ended(attempt.Program, remote, e.Flow.RemotePort, known, milliseconds);
            }
        }
    }
}
