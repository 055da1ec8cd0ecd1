namespace HalfOpen.Simulation.Randomness;

/// <summary>
/// The simulator's only source of chance: xoshiro256** 1.0 seeded through splitmix64 (Blackman and Vigna, "Scrambled
/// linear pseudorandom number generators", 2018). Written here because the sequence of the framework's generator may
/// change between versions, and a seed in a bug report must mean the same run for ever. Not thread-safe: one generator
/// a world.
/// </summary>
public sealed class Prng
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>Any seed is good, 0 too.</summary>
    public Prng(ulong seed)
    {
        unchecked
        {
            _s0 = SplitMix(ref seed);
            _s1 = SplitMix(ref seed);
            _s2 = SplitMix(ref seed);
            _s3 = SplitMix(ref seed);
        }
    }

    /// <summary>
    /// A generator for one part of the world: what one program draws never shifts what another draws.
    /// </summary>
    public static Prng ForStream(ulong seed, ulong stream)
    {
        unchecked
        {
            var state = (seed * 0x9E3779B97F4A7C15UL) ^ (stream * 0xD1B54A32D192ED03UL);
            return new Prng(SplitMix(ref state));
        }
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        unchecked
        {
            var result = ulong.RotateLeft(_s1 * 5, 7) * 9;
            var t = _s1 << 17;
            _s2 ^= _s0;
            _s3 ^= _s1;
            _s1 ^= _s2;
            _s0 ^= _s3;
            _s2 ^= t;
            _s3 = ulong.RotateLeft(_s3, 45);
            return result;
        }
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>
    /// Uniform in 0..<paramref name="bound"/>-1 (Lemire's multiply-shift; the bias is below 2^-32 for any bound used
    /// here).
    /// </summary>
    public int NextBelow(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(NextBits(), (ulong)bound, out _);
    }

    /// <summary>Uniform in <paramref name="from"/>..<paramref name="to"/>, both included.</summary>
    public long NextBetween(long from, long to) =>
        from >= to ? from : from + (long)Math.BigMul(NextBits(), (ulong)(to - from) + 1, out _);

    /// <summary>True with the given probability.</summary>
    public bool NextChance(double probability) => probability > 0 && NextDouble() < probability;

    /// <summary>
    /// How many failures come before the first success of trials that succeed with probability p, given 1/ln(1-p). At
    /// most 2^40.
    /// </summary>
    public long NextGeometric(double inverseLogOfMiss)
    {
        var u = 1.0 - NextDouble(); // (0, 1]
        var failures = PortableMath.Ln(u) * inverseLogOfMiss;
        return failures >= 1L << 40 ? 1L << 40 : (long)failures;
    }

    private static ulong SplitMix(ref ulong state)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15UL;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }
}
