namespace HalfOpen.Lab.World;

/// <summary>
/// A block of addresses whose hosts are alike. Which host is silent, refusing or alive, and how far away it is, follows
/// from its address and the lab's seed alone. Immutable.
/// </summary>
public sealed record Neighbourhood
{
    /// <summary>First address of the block, host byte order.</summary>
    public required uint First { get; init; }

    /// <summary>Leading bits that all addresses share, 1 to 32.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>The port its hosts serve.</summary>
    public required ushort Port { get; init; }

    /// <summary>Share that never answers, 0 to 1.</summary>
    public double Silent { get; init; }

    /// <summary>Share that answers with RST, 0 to 1.</summary>
    public double Refusing { get; init; }

    /// <summary>Share of slow hosts: they are alive and answer after <see cref="SlowSeconds"/>. 0 to 1.</summary>
    public double Slow { get; init; }

    /// <summary>Round trip of the others, uniform between two ends.</summary>
    public (double From, double To) RoundTripSeconds { get; init; } = (0.05, 0.05);

    /// <summary>Round trip of slow hosts, uniform between two ends.</summary>
    public (double From, double To) SlowSeconds { get; init; } = (0.5, 3);

    /// <summary>How many addresses it has.</summary>
    public uint Count => 1u << (32 - PrefixLength);

    public bool Contains(uint address) => (address ^ First) >> (32 - PrefixLength) == 0;

    /// <summary>What lives at an address of this block.</summary>
    public Host Look(uint address, ulong seed)
    {
        var kind = Fraction(address, seed, 1);
        if (kind < Silent)
        {
            return new Host(HostKind.Silent, TimeSpan.Zero);
        }

        var (from, to) = kind >= 1 - Slow ? SlowSeconds : RoundTripSeconds;
        var roundTrip = TimeSpan.FromSeconds(from + ((to - from) * Fraction(address, seed, 2)));
        return new Host(kind < Silent + Refusing ? HostKind.Refusing : HostKind.Alive, roundTrip);
    }

    /// <summary>
    /// The n-th address in an order that differs from seed to seed and repeats none before all were given.
    /// </summary>
    public uint Address(uint n, ulong seed)
    {
        // An odd factor modulo a power of two is a permutation.
        unchecked
        {
            var factor = (uint)Mix(seed + 3) | 1;
            return First + (((n * factor) + (uint)Mix(seed + 4)) & (Count - 1));
        }
    }

    /// <summary>Uniform in [0, 1), from nothing but its arguments.</summary>
    private static double Fraction(uint address, ulong seed, ulong salt) =>
        (Mix(unchecked(address + (seed * 0x9E3779B97F4A7C15) + (salt << 40))) >> 11) * (1.0 / (1UL << 53));

    /// <summary>The finaliser of SplitMix64 (Steele, Lea, Flood 2014).</summary>
    private static ulong Mix(ulong x)
    {
        unchecked
        {
            x += 0x9E3779B97F4A7C15;
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
            return x ^ (x >> 31);
        }
    }
}
