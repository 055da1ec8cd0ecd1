using System.Runtime.CompilerServices;
using System.Numerics;

namespace HalfOpen.Core;

/// <summary>
/// A distribution of durations in bounded memory, whatever their number: buckets of equal width in each octave of 100
/// ns units, so that a quantile is a little too high and never too low; the longest duration is exact. The engine hands
/// out copies; see <see cref="EngineStatistics"/>. Not thread-safe while it is recorded into.
/// </summary>
public sealed class DurationHistogram
{
    private readonly int _bits;
    private readonly long[] _counts;

    /// <param name="bits">
    /// 1 to 8: 2^bits buckets an octave. 3 (default): at most 12.5 % too high in 4 KB; 6: 1.6 % in 30 KB.
    /// </param>
    public DurationHistogram(int bits = 3)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 8);
        _bits = bits;
        _counts = new long[(64 - bits) << bits];
    }

    /// <summary>How many durations were recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, exactly.</summary>
    public TimeSpan Max { get; private set; }

    /// <summary>
    /// The smallest duration that a share of all do not exceed, rounded up to its bucket's edge and never above
    /// <see cref="Max"/>. Zero when empty.
    /// </summary>
    /// <param name="share">0 to 1; 0.99 for p99.</param>
    public TimeSpan Quantile(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        var wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
            {
                return new TimeSpan(Math.Min(UpperEdge(i), Max.Ticks));
            }
        }

        return TimeSpan.Zero;
    }

    /// <summary>One more duration, in ticks of 100 ns; below 0 counts as 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Record(long ticks)
    {
        _counts[BucketOf(ticks)]++;
        Count++;
        if (ticks > Max.Ticks)
        {
            Max = new TimeSpan(ticks);
        }
    }

    /// <summary>Forgets half of everything, so that a learned quantile follows the network.</summary>
    internal void Halve()
    {
        Count = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] /= 2;
            Count += _counts[i];
        }
    }

    internal DurationHistogram Copy()
    {
        var copy = new DurationHistogram(_bits) { Count = Count, Max = Max };
        _counts.CopyTo(copy._counts, 0);
        return copy;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int BucketOf(long ticks)
    {
        if (ticks < 1 << _bits)
        {
            return (int)Math.Max(0, ticks);
        }

        var shift = BitOperations.Log2((ulong)ticks) - _bits;
        return ((shift + 1) << _bits) + (int)((ticks >> shift) & ((1 << _bits) - 1));
    }

    private long UpperEdge(int bucket)
    {
        if (bucket < 1 << _bits)
        {
            return bucket;
        }

        var shift = (bucket >> _bits) - 1;
        var mantissa = (1L << _bits) + (bucket & ((1 << _bits) - 1));
        return shift + _bits >= 62 ? long.MaxValue : ((mantissa + 1) << shift) - 1;
    }
}
