using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;

namespace HalfOpen.Simulation.World;

/// <summary>
/// The router's connection table, seen from outside the machine: an entry from the first SYN until some time after the
/// attempt or the connection ended, because the router does not know that a program has given up. The world owns the
/// expiry events.
/// </summary>
internal sealed class NatDevice(NatSpec spec)
{
    private readonly long _synSent = Ticks.FromSeconds(spec.SynSentSeconds);
    private readonly long _closing = Ticks.FromSeconds(spec.ClosingSeconds);

    public int Entries { get; private set; }

    public int MaxEntries { get; private set; }

    /// <summary>SYNs that found the table full and went nowhere.</summary>
    public long Dropped { get; private set; }

    /// <summary>A new flow; false: the table is full and the SYN is lost.</summary>
    public bool TryOpen()
    {
        if (Entries >= spec.Capacity)
        {
            Dropped++;
            return false;
        }

        Entries++;
        MaxEntries = Math.Max(MaxEntries, Entries);
        return true;
    }

    public void Expire() => Entries--;

    /// <summary>When the entry of an attempt that nobody answered goes.</summary>
    public long ExpiryOfSilent(long firstSyn, long lastSyn) => (spec.Renew ? lastSyn : firstSyn) + _synSent;

    /// <summary>When the entry of a refused attempt or a closed connection goes.</summary>
    public long ExpiryOfClosed(long now) => now + _closing;
}
