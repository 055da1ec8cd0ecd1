namespace HalfOpen.Linux.Bpf;

/// <summary>
/// Memory that BPF programs and we see at the same place: no system call to read or write it. One page. Its numbers may
/// be used by several threads, the object not.
/// </summary>
internal sealed unsafe class SharedValue : IDisposable
{
    /// <summary>Not 0: outcomes are waited for, so each event wakes the reader.</summary>
    public const int WantedOffset = 0;

    private const int Bytes = 64;
    private readonly Descriptor _map;
    private readonly nint _start;

    /// <exception cref="LinuxException">The kernel has no such maps (Linux 5.5), or none for us.</exception>
    public SharedValue()
    {
        _map = BpfCalls.CreateSharedValue(Bytes);
        _start = Native.Map(0, (nuint)Environment.SystemPageSize, Native.ProtRead | Native.ProtWrite, Native.MapShared, _map.Number, 0);
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
        get => Volatile.Read(ref *(int*)(_start + WantedOffset)) != 0;

        // A full barrier: whoever sets it looks into the ring afterwards, and the program looks here after it wrote
        // there.
        set => Interlocked.Exchange(ref *(int*)(_start + WantedOffset), value ? 1 : 0);
    }

    public void Dispose()
    {
        _ = Native.Unmap(_start, (nuint)Environment.SystemPageSize);
        _map.Dispose();
    }
}
