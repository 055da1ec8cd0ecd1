namespace HalfOpen.Linux.Bpf;

/// <summary>
/// Reads a BPF ring buffer where it lies (Documentation/bpf/ringbuf.rst): one page with our position, one with the
/// kernel's, then the data, mapped twice so that no record is ever split.
/// <code>
/// |B|D|     length (30 bits)      |      page offset      |  data, padded to 8 bytes
///       B still being written, D discarded
/// </code>
/// One reader. Not thread-safe.
/// </summary>
internal sealed unsafe class RingBuffer : IDisposable
{
    private const uint Busy = 1u << 31;
    private const uint Discarded = 1u << 30;

    private readonly Descriptor _map;
    private readonly int _bytes;
    private readonly int _page = Environment.SystemPageSize;
    private readonly nint _ours;
    private readonly nint _theirs;
    private long _position;

    /// <param name="bytes">A power of two and a multiple of the page size.</param>
    public RingBuffer(int bytes)
    {
        _bytes = bytes;
        _map = BpfCalls.CreateRingBuffer(bytes);
        _ours = Native.Map(0, (nuint)_page, Native.ProtRead | Native.ProtWrite, Native.MapShared, _map.Number, 0);
        _theirs = _ours == -1 ? -1 : Native.Map(0, (nuint)(_page + (2 * bytes)), Native.ProtRead, Native.MapShared, _map.Number, _page);
        if (_theirs == -1)
        {
            throw Native.Failure("cannot map a BPF ring buffer");
        }
    }

    public int Number => _map.Number;

    /// <summary>Bytes in use now, as the kernel sees it.</summary>
    public long Pending => Volatile.Read(ref *(long*)_theirs) - _position;

    public int Capacity => _bytes;

    /// <summary>The next record, valid until <see cref="Advance"/>; false when there is none (yet).</summary>
    public bool TryPeek(out ReadOnlySpan<byte> record)
    {
        while (_position < Volatile.Read(ref *(long*)_theirs))
        {
            var header = (byte*)_theirs + _page + (_position & (_bytes - 1));
            var length = Volatile.Read(ref *(uint*)header);
            if ((length & Busy) != 0)
            {
                break;
            }

            if ((length & Discarded) == 0)
            {
                record = new ReadOnlySpan<byte>(header + 8, (int)length);
                return true;
            }

            Advance((int)(length & ~Discarded));
        }

        record = default;
        return false;
    }

    /// <summary>Gives the place of the record just read back to the kernel.</summary>
    public void Advance(int recordLength)
    {
        _position += (recordLength + 8 + 7) & ~7;
        Volatile.Write(ref *(long*)_ours, _position);
    }

    public void Dispose()
    {
        _ = Native.Unmap(_ours, (nuint)_page);
        _ = Native.Unmap(_theirs, (nuint)(_page + (2 * _bytes)));
        _map.Dispose();
    }
}
