using HalfOpen.Core;
using HalfOpen.Guard.Leases;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Outcomes;

/// <summary>Takes what an <see cref="IOutcomeSource"/> saw, in the order in which it happened.</summary>
internal interface IOutcomeSink
{
    /// <summary>Time passes: what follows happened now. Earlier times than the last are taken for that.</summary>
    void AdvanceTo(Instant now);

    /// <summary>A socket is about to send its SYN.</summary>
    void Connecting(in Flow flow, uint processId);

    /// <summary>A socket is about to send its SYN, on a leased slot: no packet of it comes.</summary>
    void StartedOnLease(in Flow flow, uint processId, uint userId, ulong cookie);

    /// <summary>
    /// An attempt ended. <paramref name="sequence"/>: the sequence number of the SYN that this answers; null when the
    /// kernel's own state says so.
    /// </summary>
    void Ended(in Flow flow, uint? sequence, Outcome outcome);

    /// <summary>A connection that was open ended.</summary>
    void ConnectionClosed(in Flow flow);

    /// <summary>So many events were lost: only a comparison with the kernel's list helps.</summary>
    void EventsLost(long count);
}

/// <summary>Tells how attempts end. Used by the guard's thread only.</summary>
internal interface IOutcomeSource : IDisposable
{
    /// <summary>"bpf" or "nflog", for the status.</summary>
    string Name { get; }

    /// <summary>What it cannot tell, or why it is not a better one, in words; empty where nothing is missing.</summary>
    string Problem { get; }

    /// <summary>Readable when there is something to drain, as far as it is <see cref="Wanted"/>.</summary>
    int PollDescriptor { get; }

    /// <summary>
    /// Whether somebody waits for outcomes. If not, they may stay where they are for a while, to be drained with the
    /// next packet, so that nobody is woken for them.
    /// </summary>
    bool Wanted { set; }

    /// <summary>Slots that it can give out by itself; null: it cannot.</summary>
    KernelSlots? Slots => null;

    /// <summary>Why it cannot, in words; empty where it can.</summary>
    string SlotsProblem => "";

    /// <summary>Whether it tells when each thing happened, by <see cref="IOutcomeSink.AdvanceTo"/>.</summary>
    bool TellsTimes { get; }

    /// <summary>
    /// When a listener of this machine last got a SYN that may have been sent here, from this port: what it answers was
    /// no answer of the destination. <see cref="long.MinValue"/>: never; <see cref="long.MaxValue"/> (default): not
    /// known.
    /// </summary>
    long LastLocalSynTicks(ushort port) => long.MaxValue;

    /// <summary>
    /// Whether it also sees sockets that are closed, killed or timed out. If not, they are found by comparing often.
    /// </summary>
    bool SeesClosedSockets { get; }

    /// <summary>Hands over everything that happened until now. Never waits.</summary>
    void Drain(IOutcomeSink sink);
}
