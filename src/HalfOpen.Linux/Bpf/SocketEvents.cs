using HalfOpen.Linux.Netlink;
using HalfOpen.Linux.Processes;
using HalfOpen.Wire.Kernel;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Linux.Bpf;

/// <summary>
/// What happens to the TCP sockets of one network namespace, as it happens: <see cref="SocketProgram"/> loaded,
/// attached to the root of the cgroup hierarchy, and read through a ring buffer. All of it goes away with this process.
/// Not thread-safe.
/// </summary>
public sealed class SocketEvents : IDisposable
{
    /// <summary>About 75,000 events of IPv4, 47,000 of IPv6; a storm that fills it before we run is noticed.</summary>
    private const int RingBytes = 4 << 20;

    private const string KernelTypes = "/sys/kernel/btf/vmlinux";

    private readonly bool _watches;
    private readonly Stack<IDisposable> _parts = new();
    private readonly RingBuffer _ring;
    private readonly SharedValue _shared;

    /// <summary>For the namespace of the calling thread.</summary>
    /// <param name="cgroup">Folder of a cgroup; null: the root of the hierarchy, wherever it is mounted.</param>
    /// <param name="watches">For somebody who only watches attempts: ends of connections are not told, slots are not
    /// leased, and who connects is told by name, too, where the kernel can (Linux 6.16).</param>
    /// <exception cref="LinuxException">No BPF here, in words.</exception>
    public SocketEvents(string? cgroup = null, bool watches = false)
    {
        _watches = watches;
        MemoryLock.Raise();
        cgroup ??= ControlGroups.FindRoot()
            ?? throw new LinuxException("BPF needs the cgroup2 hierarchy, and none is mounted", isMissing: true);
        SeesAll = ControlGroups.IsWhole(cgroup);
        try
        {
            var cookie = SocketTable.NetnsCookie();
            _ring = Keep(new RingBuffer(RingBytes));
            _shared = Keep(new SharedValue());
            LocalSynCode.AddLoopback(_shared.OwnAddresses);
            using var folder = new Descriptor(Native.Open(cgroup, Native.CloseOnExec, 0));
            if (folder.IsInvalid)
            {
                throw Native.Failure($"cannot open the cgroup {cgroup}");
            }

            var program = Load(cookie, ErrorOffset(), folder);
            Keep(BpfCalls.AttachToCgroup(program, folder, BpfAttach.SockOps));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether it is attached to the whole machine: not in a container that sees a part of the cgroups only.
    /// </summary>
    public bool SeesAll { get; }

    /// <summary>Why events carry no process ids, in words; null where they do.</summary>
    public string? WhyNoProcessIds { get; private set; }

    /// <summary>
    /// Whether events tell the user; no: <see cref="SocketEvent.UserId"/> is 0 whoever it is (a container before Linux
    /// 6.16).
    /// </summary>
    public bool TellsUsers { get; private set; } = true;

    /// <summary>
    /// Slots that the kernel may give out by itself; null where it cannot, for <see cref="WhyNoLease"/>.
    /// </summary>
    public SlotLease? Lease { get; private set; }

    /// <summary>Why slots cannot be leased to the kernel, in words; null where they can.</summary>
    public string? WhyNoLease { get; private set; }

    /// <summary>
    /// Readable when there is something to read; whoever waits for it is woken at once only while <see cref="Wanted"/>,
    /// and otherwise when an eighth of the ring is full.
    /// </summary>
    public int Number => _ring.Number;

    /// <summary>
    /// Whether each event shall wake the reader. Default no. Set it before waiting: what is there already is seen then.
    /// </summary>
    public bool Wanted
    {
        get => _shared.Wanted;
        set => _shared.Wanted = value;
    }

    /// <summary>
    /// When a listener here last got a SYN from this port of an address that is this machine's, in nanoseconds since
    /// the machine started; 0: never. It is there before the sender of that SYN has its answer. Some other SYNs count,
    /// too.
    /// </summary>
    public long LastLocalSyn(ushort port) => Volatile.Read(ref _shared.LocalSyns[LocalSynCode.PlaceOf(port)]);

    /// <summary>How many events did not fit into the ring, since the program was attached.</summary>
    public long Lost => _shared.Lost;

    /// <summary>The next event; false when there is none now. Never waits.</summary>
    public bool TryRead(out SocketEvent socketEvent) => TryRead(out socketEvent, default);

    /// <summary>The same with the program's short name.</summary>
    /// <param name="name">Where to write it, <see cref="SocketEvent.NameLength"/> bytes; zeros where it is not
    /// told.</param>
    public bool TryRead(out SocketEvent socketEvent, Span<byte> name)
    {
        while (_ring.TryPeek(out var record))
        {
            var length = record.Length;
            var known = SocketEvent.TryParse(record, out socketEvent);
            if (name.Length > 0)
            {
                name.Clear();
                record[Math.Min(SocketEvent.Length, length)..Math.Min(SocketEvent.Length + name.Length, length)].CopyTo(name);
            }

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
        while (_parts.TryPop(out var part))
        {
            part.Dispose();
        }
    }

    /// <summary>Tries what newer kernels offer first.</summary>
    private Descriptor Load(ulong cookie, int? errorOffset, Descriptor folder)
    {
        var isInitial = ProcessNamespace.IsInitial;
        try
        {
            return Load(isInitial ? new ProcessIds.Asked(User: true) : new ProcessIds.AskedIn(ProcessNamespace.Identity!.Value, User: true),
                leases: true);
        }
        catch (LinuxException)
        {
            // Before Linux 6.16. If it is something else, that comes again.
        }

        if (!isInitial)
        {
            WhyNoLease = "before Linux 6.16 the kernel can give out slots in the machine's own PID namespace only, and this is another";
            try
            {
                return Load(new ProcessIds.AskedIn(ProcessNamespace.Identity!.Value, User: false), leases: false);
            }
            catch (LinuxException)
            {
                WhyNoProcessIds = "before Linux 6.10 they are known in the machine's own PID namespace only, and this is another";
                return Load(new ProcessIds.Unknown(), leases: false);
            }
        }

        try
        {
            var storage = Keep(BpfCalls.CreateSocketStorage());
            foreach (var attach in (ReadOnlySpan<BpfAttach>)[BpfAttach.ConnectV4, BpfAttach.ConnectV6])
            {
                var code = ConnectProgram.Assemble(storage.Number, cookie);
                var connect = Keep(BpfCalls.Load(BpfProgramType.CgroupSocketAddress, attach, code));
                Keep(BpfCalls.AttachToCgroup(connect, folder, attach));
            }

            return LoadNoted(storage.Number);
        }
        catch (LinuxException e)
        {
            var program = Load(new ProcessIds.Unknown(), leases: false);
            WhyNoProcessIds = e.Message;
            WhyNoLease = "no process ids from BPF";
            return program;
        }

        Descriptor LoadNoted(int storage)
        {
            try
            {
                return Load(new ProcessIds.Noted(storage), leases: true);
            }
            catch (LinuxException e)
            {
                WhyNoLease = e.Message; // before Linux 5.12 nothing can be counted without a lock
                return Load(new ProcessIds.Noted(storage), leases: false);
            }
        }

        Descriptor Load(ProcessIds ids, bool leases)
        {
            leases &= !_watches;
            var program = Keep(BpfCalls.Load(BpfProgramType.SockOps, BpfAttach.SockOps, SocketProgram.Assemble(
                _ring.Number, RingBytes, _shared.Number, cookie, errorOffset, ids, leases, _watches)));
            TellsUsers = ids is not (ProcessIds.Unknown or ProcessIds.Asked { User: false } or ProcessIds.AskedIn { User: false });
            Lease = leases ? new SlotLease(_shared) : null;
            return program;
        }
    }

    private T Keep<T>(T part)
        where T : IDisposable
    {
        _parts.Push(part);
        return part;
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
