using HalfOpen.Linux.Netlink;
using HalfOpen.Linux.Processes;
using HalfOpen.Wire.Kernel;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Linux.Bpf;

/// <summary>
/// What happens to the TCP sockets of one network namespace, as it happens: <see cref="SocketProgram"/> loaded, attached
/// to the root of the cgroup hierarchy, and read through a ring buffer. All of it goes away with this process. Not
/// thread-safe.
/// </summary>
public sealed class SocketEvents : IDisposable
{
    /// <summary>About 58,000 events; a storm that fills it before we run is noticed.</summary>
    private const int RingBytes = 4 << 20;

    private const string KernelTypes = "/sys/kernel/btf/vmlinux";

    private readonly RingBuffer _ring;
    private readonly Descriptor _program;
    private readonly Descriptor _link;

    /// <summary>For the namespace of the calling thread.</summary>
    /// <param name="cgroup">Folder of a cgroup; null: the root of the hierarchy, wherever it is mounted.</param>
    /// <exception cref="LinuxException">No BPF here, in words.</exception>
    public SocketEvents(string? cgroup = null)
    {
        cgroup ??= ControlGroups.FindRoot()
            ?? throw new LinuxException("BPF needs the cgroup2 hierarchy, and none is mounted", isMissing: true);
        _ring = new RingBuffer(RingBytes);
        try
        {
            _program = BpfCalls.LoadSockOps(SocketProgram.Assemble(_ring.Number, SocketTable.NetnsCookie(), ErrorOffset()));
            using var folder = new Descriptor(Native.Open(cgroup, Native.CloseOnExec, 0));
            if (folder.IsInvalid)
            {
                throw Native.Failure($"cannot open the cgroup {cgroup}");
            }

            _link = BpfCalls.AttachToCgroup(_program, folder);
        }
        catch
        {
            _program?.Dispose();
            _ring.Dispose();
            throw;
        }
    }

    /// <summary>Readable when there is something to read.</summary>
    public int Number => _ring.Number;

    /// <summary>
    /// Whether the ring is so full that the kernel may have refused events since it was last read empty: asked before
    /// reading.
    /// </summary>
    public bool MayHaveLost => _ring.Pending > _ring.Capacity - (4 * SocketEvent.Length);

    /// <summary>The next event; false when there is none now. Never waits.</summary>
    public bool TryRead(out SocketEvent socketEvent)
    {
        while (_ring.TryPeek(out var record))
        {
            var length = record.Length;
            var known = SocketEvent.TryParse(record, out socketEvent);
            _ring.Advance(length);
            if (known)
            {
                return true;
            }
        }

        socketEvent = default;
        return false;
    }

    public void Dispose()
    {
        _link.Dispose();
        _program.Dispose();
        _ring.Dispose();
    }

    /// <summary>Null where the kernel carries no type information: attempts that fail then show no error.</summary>
    private static int? ErrorOffset()
    {
        try
        {
            return TypeFormat.TryFindMember(File.ReadAllBytes(KernelTypes), "sock", "sk_err", out var offset) ? offset : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
