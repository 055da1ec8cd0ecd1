using System.Numerics;

namespace HalfOpen.Simulation.Results;

/// <summary>
/// Durations in bounded memory: 64 buckets to each power of two of ticks (100 ns), so a quantile is at most 1.6 % too high, and
/// never below the truth; the largest value is exact. Not thread-safe.
/// </summary>
public sealed class DurationHistogram
{
    private const int SubBits = 6;
    private const int Sub = 1 << SubBits;
    private readonly long[] _buckets = new long[(64 - SubBits) * Sub];

    public long Count { get; private set; }

    public long MaxTicks { get; private set; }

    public void Add(long ticks)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ticks);
        _buckets[IndexOf(ticks)]++;
        Count++;
        MaxTicks = Math.Max(MaxTicks, ticks);
    }

    /// <summary>The value that a share <paramref name="q"/> (0..1) of the durations does not exceed, in ticks; 0 when empty.</summary>
    public long Quantile(double q)
    {
        if (Count == 0)
        {
            return 0;
        }

        var rank = Math.Max(1, (long)Math.Ceiling(q * Count));
        var seen = 0L;
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= rank)
            {
                return Math.Min(UpperEnd(i), MaxTicks);
            }
        }

        return MaxTicks;
    }

    private static int IndexOf(long ticks)
    {
        if (ticks < Sub)
        {
            return (int)ticks;
        }

        var exponent = BitOperations.Log2((ulong)ticks);
        return ((exponent - SubBits + 1) * Sub) + (int)((ticks >> (exponent - SubBits)) & (Sub - 1));
    }

    private static long UpperEnd(int index)
    {
        if (index < Sub)
        {
            return index;
        }

        var exponent = (index / Sub) + SubBits - 1;
        var shift = exponent - SubBits;
        return unchecked(((((long)Sub + (index % Sub)) + 1) << shift) - 1);
    }
}
