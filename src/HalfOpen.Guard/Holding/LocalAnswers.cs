using HalfOpen.Core;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Guard.Holding;

/// <summary>
/// Tells answers of destinations from those that a program of this machine gave in their place: a transparent proxy
/// accepts everything, so that what it answers would make dead hosts known. The kernel is asked about an attempt that
/// was answered at once, and for a while not again for that program and destination. Bounded; not thread-safe.
/// </summary>
internal sealed class LocalAnswers(ISocketTable sockets, ulong seed)
{
    private const int Places = 1024;

    /// <summary>How long one look holds.</summary>
    private static readonly long HoldsTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Two processors may note theirs in another order than that in which they came.</summary>
    private const long SlackTicks = TimeSpan.TicksPerMillisecond;

    private readonly Genuine[] _genuine = new Genuine[Places];

    /// <summary>
    /// An answer that took longer comes from elsewhere, for a handshake on this machine takes microseconds; the margin
    /// is for a guard that was kept from running. Default: no answer is too late to be asked about.
    /// </summary>
    public TimeSpan AtOnce { get; set; } = TimeSpan.MaxValue;

    /// <summary><see cref="Outcomes.IOutcomeSource.LastLocalSynTicks"/>. Default: not known.</summary>
    public Func<ushort, long> LastLocalSyn { get; set; } = static _ => long.MaxValue;

    /// <summary>
    /// Whether no listener here can have taken an attempt that is now established: on most machines nearly always, and
    /// then the kernel need not be asked.
    /// </summary>
    /// <param name="port">That it came from.</param>
    /// <param name="sinceTicks">When its SYN went out.</param>
    public bool NobodyTook(ushort port, long sinceTicks) => LastLocalSyn(port) < sinceTicks - SlackTicks;

    /// <summary>Whether the answer to an attempt of this machine says nothing about its destination.</summary>
    /// <param name="took">From letting the SYN out to its answer.</param>
    public bool Gave(in Flow flow, uint output, ProgramId program, TimeSpan took, Instant now)
    {
        if (took > AtOnce)
        {
            return false;
        }

        var hash = (flow with { Local = default, LocalPort = unchecked((ushort)program.Index) }).Hash(seed);
        ref var place = ref _genuine[hash & (Places - 1)];
        var key = new Genuine(flow.Remote, flow.RemotePort, program, 0);
        if (place with { UntilTicks = 0 } == key && now.Ticks < place.UntilTicks)
        {
            return false;
        }

        if (sockets.IsAnsweredHere(flow, output))
        {
            return true;
        }

        place = key with { UntilTicks = now.Ticks + HoldsTicks };
        return false;
    }

    /// <summary>This destination itself answers this program.</summary>
    private readonly record struct Genuine(UInt128 Remote, ushort Port, ProgramId Program, long UntilTicks);
}
