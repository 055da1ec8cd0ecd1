using System.Runtime.CompilerServices;
using System.Numerics;

namespace HalfOpen.Core;

/// <summary>
/// A distribution of durations in 512 counters, whatever their number: eight buckets an octave of 100 ns units, so that a quantile is at most 12.5 %
/// too high and never too low. Immutable copies are handed out; see <see cref="EngineStatistics"/>.
/// </summary>
public sealed class DurationHistogram
{
    private const int SubBits = 3;
    private readonly long[] _counts = new long[512];

    /// <summary>How many durations were recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, exactly.</summary>
    public TimeSpan Max { get; private set; }

    /// <summary>Upper edges and counts of the buckets that are not empty, in order.</summary>
    public IEnumerable<(TimeSpan UpTo, long Count)> Buckets
    {
        get
        {
            for (var i = 0; i < _counts.Length; i++)
            {
                if (_counts[i] != 0)
                {
                    yield return (new TimeSpan(UpperEdge(i)), _counts[i]);
                }
            }
        }
    }

    /// <summary>The smallest duration that a share of all do not exceed, rounded up to its bucket's edge and never above <see cref="Max"/>. Zero when empty.</summary>
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Record(long ticks)
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
        var copy = new DurationHistogram { Count = Count, Max = Max };
        _counts.CopyTo(copy._counts, 0);
        return copy;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int BucketOf(long ticks)
    {
        if (ticks < 1 << SubBits)
        {
            return (int)Math.Max(0, ticks);
        }

        var shift = BitOperations.Log2((ulong)ticks) - SubBits;
        return ((shift + 1) << SubBits) + (int)((ticks >> shift) & ((1 << SubBits) - 1));
    }

    private static long UpperEdge(int bucket)
    {
        if (bucket < 1 << SubBits)
        {
            return bucket;
        }

        var shift = (bucket >> SubBits) - 1;
        var mantissa = (1L << SubBits) + (bucket & ((1 << SubBits) - 1));
        return shift + SubBits >= 62 ? long.MaxValue : ((mantissa + 1) << shift) - 1;
    }
}
