namespace HalfOpen.Linux.Bpf;

/// <summary>
/// Memory that BPF programs and we see at the same place: no system call to read or write it. Its numbers may be used
/// by several threads, the object not.
/// <code>
/// 0 outcomes are waited for (4)   4 the lease is open (4)   8 mark of exempt sockets (4)   12 loopback is governed (4)
/// 64 leased slots that nobody has taken (8), in a cache line of its own
/// 128 events that did not fit into the ring (8)
/// 256 addresses that are ours (1 each): 1 at the place that an address's hash tells
/// 4096 one number of 64 bits for each slot of <see cref="SlotLease"/> that may be taken: the socket's cookie, or 0
/// then when a listener here last got a SYN from an address of ours, for each hash of its port (8)
/// </code>
/// </summary>
internal sealed unsafe class SharedValue : IDisposable
{
    /// <summary>Not 0: outcomes are waited for, so each event wakes the reader.</summary>
    public const int WantedOffset = 0;
    public const int OpenOffset = 4;
    public const int MarkOffset = 8;
    public const int LoopbackOffset = 12;
    public const int FreeOffset = 64;
    public const int LostOffset = 128;
    public const int OwnAddressesOffset = 256;
    public const int OwnAddressCount = 256;
    public const int TokensOffset = 4096;

    /// <summary>A power of two.</summary>
    public const int TokenCount = 16_384;

    public const int LocalSynsOffset = TokensOffset + (TokenCount * sizeof(ulong));

    /// <summary>A power of two.</summary>
    public const int LocalSynCount = 1024;

    private const int Bytes = LocalSynsOffset + (LocalSynCount * sizeof(long));
    private readonly Descriptor _map;
    private readonly nint _start;

    /// <exception cref="LinuxException">The kernel has no such maps (Linux 5.5), or none for us.</exception>
    public SharedValue()
    {
        _map = BpfCalls.CreateSharedValue(Bytes);
        _start = Native.Map(0, Bytes, Native.ProtRead | Native.ProtWrite, Native.MapShared, _map.Number, 0);
        if (_start == -1)
        {
            _map.Dispose();
            throw Native.Failure("cannot map a BPF array");
        }
    }

    /// <summary>The descriptor of its map.</summary>
    public int Number => _map.Number;

    /// <summary>See <see cref="WantedOffset"/>.</summary>
    public bool Wanted
    {
        get => Volatile.Read(ref Number32(WantedOffset)) != 0;

        // A full barrier: whoever sets it looks into the ring afterwards, and the program looks here after it wrote
        // there.
        set => Interlocked.Exchange(ref Number32(WantedOffset), value ? 1 : 0);
    }

    /// <summary>
    /// Leased slots that nobody has taken. Below 0 for a moment while somebody finds that there is none.
    /// </summary>
    public ref long Free => ref *(long*)(_start + FreeOffset);

    /// <summary>Events that did not fit into the ring.</summary>
    public long Lost => Volatile.Read(ref *(long*)(_start + LostOffset));

    /// <summary>
    /// Nanoseconds since the machine started; 0: never. By <see cref="LocalSynCode.PlaceOf"/>.
    /// </summary>
    public Span<long> LocalSyns => new((void*)(_start + LocalSynsOffset), LocalSynCount);

    /// <summary>By <see cref="LocalSynCode"/>'s hash.</summary>
    public Span<byte> OwnAddresses => new((void*)(_start + OwnAddressesOffset), OwnAddressCount);

    /// <summary>Which sockets hold a leased slot: cookies, each at its place, and 0.</summary>
    public Span<ulong> Tokens => new((void*)(_start + TokensOffset), TokenCount);

    public ref int Number32(int offset) => ref *(int*)(_start + offset);

    public void Dispose()
    {
        _ = Native.Unmap(_start, Bytes);
        _map.Dispose();
    }
}
