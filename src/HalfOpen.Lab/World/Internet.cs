namespace HalfOpen.Lab.World;

/// <summary>All hosts there are. Immutable, thread-safe.</summary>
public sealed record Internet
{
    public const ushort WebPort = 80;
    public const ushort ShellPort = 22;
    public const ushort PeerPort = 6881;
    public const ushort ScannedPort = 445;
    public const ushort ServicePort = 5432;

    /// <summary>Decides which host is what.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Probability 0 to 1 that a packet is lost, each way. Default 0.</summary>
    public double Loss { get; init; }

    /// <summary>Web servers: 10.1.0.0/16, all alive, 50 ms away.</summary>
    public Neighbourhood Web { get; init; } = new() { First = 0x0a01_0000, PrefixLength = 16, Port = WebPort };

    /// <summary>Machines to log in to: 10.2.0.0/16, all alive, 50 ms away.</summary>
    public Neighbourhood Shells { get; init; } = new() { First = 0x0a02_0000, PrefixLength = 16, Port = ShellPort };

    /// <summary>One host near by, 2 ms away, that answers everything until it falls silent: 10.3.0.1.</summary>
    public Neighbourhood Service { get; init; } = new()
        { First = 0x0a03_0001, PrefixLength = 32, Port = ServicePort, RoundTripSeconds = (0.002, 0.002) };

    /// <summary>
    /// Peers of the swarm: 10.64.0.0/10. 70 % silent, 10 % refusing, 20 % alive, 50 to 200 ms away: the reference
    /// scenario "freeze".
    /// </summary>
    public Neighbourhood Peers { get; init; } = new()
        { First = 0x0a40_0000, PrefixLength = 10, Port = PeerPort, Silent = 0.7, Refusing = 0.1, RoundTripSeconds = (0.05, 0.2) };

    /// <summary>What a scanner tries: 10.128.0.0/9. 98 % silent, 1 % refusing, 1 % alive.</summary>
    public Neighbourhood Scanned { get; init; } = new()
        { First = 0x0a80_0000, PrefixLength = 9, Port = ScannedPort, Silent = 0.98, Refusing = 0.01, RoundTripSeconds = (0.05, 0.2) };

    /// <summary>The block an address is in, or null: there is nothing.</summary>
    public Neighbourhood? Find(uint address) =>
        Peers.Contains(address)
            ? Peers : Scanned.Contains(address) ? Scanned : Web.Contains(address) ? Web : Shells.Contains(address) ? Shells
            : Service.Contains(address) ? Service : null;

    public Host Look(uint address) => Find(address)?.Look(address, Seed) ?? new Host(HostKind.Silent, TimeSpan.Zero);
}
