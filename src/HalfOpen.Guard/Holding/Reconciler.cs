using HalfOpen.Core;
using HalfOpen.Guard.Outcomes;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Holding;

/// <summary>
/// Compares the table with the kernel's sockets, so that no slot leaks whatever was missed. A dump may skip a socket
/// while others come and go, so nothing ends because a dump did not show it: each missing one is looked up by its
/// addresses first. No packet is taken from the queue in between. An attempt on lease may begin and end at any moment
/// all the same; the kernel tells of an end before the socket is gone, so what is gone and not told of after one more
/// look at the outcomes has gone unseen.
/// </summary>
/// <param name="goneMeans">How an attempt ended whose socket is gone: <see cref="GuardOptions.GoneMeans"/>.</param>
internal sealed class Reconciler(Holder holder, ISocketTable sockets, IOutcomeSource outcomes, Outcome goneMeans)
{
    private const uint SynSentOnly = 1u << (int)TcpState.SynSent;

    /// <summary>What a connection can be while its program has it open, TIME-WAIT and LISTEN left out.</summary>
    private const uint OpenStates = 1u << (int)TcpState.Established | 1u << (int)TcpState.SynReceived | 1u << (int)TcpState.FinWait1
        | 1u << (int)TcpState.FinWait2 | 1u << (int)TcpState.CloseWait | 1u << (int)TcpState.LastAck | 1u << (int)TcpState.Closing;

    /// <summary>Enough to know that there are some.</summary>
    private const int MostStrangers = 256;

    private readonly List<Flow> _strangers = [];
    private readonly List<(int Index, AttemptId Attempt, Outcome Outcome)> _gone = [];
    private int _dump;
    private int _seen;

    /// <summary>Sockets in SYN-SENT, against attempts held and out.</summary>
    public void Attempts()
    {
        _dump++;
        _seen = 0;
        _strangers.Clear();
        holder.Sweep?.Begin();
        sockets.Dump(SynSentOnly, this, static (Reconciler self, in SocketInfo socket) => self.See(socket));
        outcomes.Drain(holder); // what ended meanwhile, and what has just begun
        var unseen = 0;
        foreach (var flow in _strangers)
        {
            unseen += holder.Table.Find(flow) < 0 ? 1 : 0;
        }

        // Held ones first: a slot that comes free must not let out the SYN of a socket that is gone.
        _gone.Clear();
        var known = Compare(Stage.Held) + Compare(Stage.Out);
        Compare(Stage.Exempt);
        if (_gone.Count > 0)
        {
            outcomes.Drain(holder);
            foreach (var gone in _gone)
            {
                Repair(gone);
            }
        }

        holder.Sweep?.End();
        holder.Counters.ReconcileRuns++;
        holder.Counters.KernelSynSent = _seen;
        holder.Counters.Known = known;
        holder.Counters.Unseen = unseen;
    }

    /// <summary>Open connections that were remembered: those that are gone are forgotten.</summary>
    public void Connections()
    {
        _dump++;
        sockets.Dump(OpenStates, this, static (Reconciler self, in SocketInfo socket) => self.See(socket));
        outcomes.Drain(holder);
        var table = holder.Table;
        for (var index = 0; index < table.Used; index++)
        {
            ref var entry = ref table[index];
            if (entry.Stage == Stage.Established && entry.SeenByDump != _dump
                && !(sockets.TryFind(entry.Flow, entry.Interface, out var socket) && IsOpen(socket.State)))
            {
                holder.Forget(index, Outcome.Cancelled);
            }
        }
    }

    /// <summary>Looks up every local entry of a stage that the dump did not show.</summary>
    /// <returns>How many there were.</returns>
    private int Compare(Stage stage)
    {
        var table = holder.Table;
        var known = 0;
        for (var index = 0; index < table.Used; index++)
        {
            ref var entry = ref table[index];
            if (!entry.IsLocal || entry.Stage != stage)
            {
                continue;
            }

            known++;
            if (entry.SeenByDump != _dump)
            {
                LookUp(index);
            }
        }

        return known;
    }

    private static bool IsOpen(TcpState state) => (OpenStates & (1u << (int)state)) != 0;

    private void See(in SocketInfo socket)
    {
        _seen++;
        holder.Sweep?.See(socket.Cookie);
        var index = holder.Table.Find(socket.Flow);
        if (index >= 0)
        {
            ref var entry = ref holder.Table[index];
            entry.SeenByDump = _dump;
            entry.Interface = socket.Interface != 0 ? socket.Interface : entry.Interface;
        }
        else if (socket.State == TcpState.SynSent && _strangers.Count < MostStrangers && !holder.IsExempt(socket))
        {
            _strangers.Add(socket.Flow);
        }
    }

    private void LookUp(int index)
    {
        ref var entry = ref holder.Table[index];
        var found = sockets.TryFind(entry.Flow, entry.Interface, out var socket);
        if (found && socket.State == TcpState.SynSent)
        {
            return;
        }

        if (entry.Stage == Stage.Exempt)
        {
            holder.Forget(index, Outcome.Cancelled);
            return;
        }

        _gone.Add((index, entry.Attempt,
            found && IsOpen(socket.State) ? Outcome.Established : entry.Stage == Stage.Out ? goneMeans : Outcome.Cancelled));
    }

    private void Repair((int Index, AttemptId Attempt, Outcome Outcome) gone)
    {
        ref var entry = ref holder.Table[gone.Index];
        if (entry.Stage is not (Stage.Held or Stage.Out) || entry.Attempt != gone.Attempt)
        {
            return; // its end was told meanwhile
        }

        if (outcomes.SeesClosedSockets)
        {
            // Without BPF this is the ordinary way to learn of a closed socket, not a repair.
            holder.Counters.SlotsRecovered += entry.Stage == Stage.Out ? 1 : 0;
            holder.Counters.HeldRecovered += entry.Stage == Stage.Held ? 1 : 0;
        }

        holder.End(gone.Index, gone.Outcome, isLate: true);
    }
}
