using HalfOpen.Hosting.Leases;
using HalfOpen.Linux.Bpf;

namespace HalfOpen.Guard.Leases;

/// <summary>The kernel's side of a lease, as the guard needs it.</summary>
internal interface ILeasedSlots : ILeaseholder
{
    /// <summary>As many can be taken at once.</summary>
    int Most { get; }

    /// <summary>Slots that it has and nobody has taken.</summary>
    int Free { get; }

    /// <summary>
    /// The slot that a socket holds leaves the lease: it will not be returned. False where it holds none.
    /// </summary>
    bool TakeOut(ulong cookie);

    /// <summary>The cookies of all sockets that hold a slot.</summary>
    void CopyHolders(ICollection<ulong> to);
}

/// <summary>The real one.</summary>
internal sealed class KernelSlots(SlotLease lease) : ILeasedSlots
{
    public bool IsOpen
    {
        set => lease.IsOpen = value;
    }

    public int Most => SlotLease.Most;

    public int Free => lease.Free;

    public void Add(int slots) => lease.Add(slots);

    public int TakeBack(int most) => lease.TakeBack(most);

    public bool TakeOut(ulong cookie) => lease.TakeOut(cookie);

    public void CopyHolders(ICollection<ulong> to) => lease.CopyHolders(to);

    /// <summary>What takes no slot.</summary>
    public void Exempt(GuardOptions options)
    {
        lease.ExemptMark = options.Mark;
        lease.GovernsLoopback = options.GuardLoopback;
    }
}
