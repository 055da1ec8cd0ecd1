using HalfOpen.Core;
using HalfOpen.Guard.Holding;
using HalfOpen.Guard.Leases;
using HalfOpen.Wire.Sockets;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>The kernel's side of a lease: sockets take a slot and return it, and the guard reads of it later.</summary>
internal sealed partial class HolderWorld : ILeasedSlots
{
    private readonly Dictionary<Flow, ulong> _cookies = [];
    private readonly HashSet<ulong> _holders = [];
    private readonly Queue<Action> _ring = [];
    private ulong _lastCookie;
    private bool _leaseOpen;

    public int Most => 1000;

    public int Free { get; private set; }

    public int Taken => _holders.Count;

    public bool IsLeaseOpen => _leaseOpen;

    public int RingLength => _ring.Count;

    bool HalfOpen.Hosting.Leases.ILeaseholder.IsOpen
    {
        set => _leaseOpen = value;
    }

    /// <summary>connect(): on a leased slot where there is one, and told later; else as ever.</summary>
    public void ConnectLeased(in Flow flow, uint process)
    {
        if (!_leaseOpen || Free == 0)
        {
            Decide();
            Connect(flow, process);
            Holder.RenewLease();
            return;
        }

        Free--;
        Sockets[flow] = TcpState.SynSent;
        var cookie = _cookies[flow] = ++_lastCookie + 1000;
        _holders.Add(cookie);
        Wire.Add(flow);
        var told = flow;
        _ring.Enqueue(() => Holder.StartedOnLease(told, process, 0, cookie));
    }

    /// <summary>As the loop does before packets are looked at, but for the newest events.</summary>
    public void Decide(int butFor = 0)
    {
        Holder.CloseLease();
        ReadRing(Math.Max(0, _ring.Count - butFor));
        Holder.TakeLeaseBack();
    }

    public void ReadRing(int count)
    {
        for (; count > 0 && _ring.TryDequeue(out var tell); count--)
        {
            tell();
        }
    }

    void HalfOpen.Hosting.Leases.ILeaseholder.Add(int slots) => Free += slots;

    int HalfOpen.Hosting.Leases.ILeaseholder.TakeBack(int most)
    {
        var slots = Math.Min(Free, most);
        Free -= slots;
        return slots;
    }

    public bool TakeOut(ulong cookie) => _holders.Remove(cookie);

    public void CopyHolders(ICollection<ulong> to)
    {
        foreach (var cookie in _holders)
        {
            to.Add(cookie);
        }
    }

    /// <summary>No slot is in use above the limit, and none is lost.</summary>
    public void CheckLease()
    {
        Assert.InRange(Engine.Counted + Engine.Leased, 0, Engine.Limit);
        Assert.InRange(Free, 0, Engine.Limit);
        Assert.InRange(Holder.Table.CountOnLease, 0, Holder.Table.CountOf(Stage.Out));
        Assert.True(Holder.Table.FirstOnLease is var first
            && (first < 0 || Holder.Now.Ticks - Holder.Table[first].Since < TimeSpan.TicksPerSecond), "it is out for long, on lease");
    }

    private ulong CookieOf(in Flow flow) => _cookies.GetValueOrDefault(flow, 1UL);

    /// <param name="told">Not: somebody else's program has told the kernel not to call ours.</param>
    private void ReturnSlot(in Flow flow, bool told)
    {
        if (told && _cookies.TryGetValue(flow, out var cookie) && _holders.Remove(cookie))
        {
            Free++;
        }
    }

    private bool TellLater(in Flow flow, Outcome outcome)
    {
        if (_ring.Count == 0)
        {
            return false;
        }

        var told = flow;
        _ring.Enqueue(() => Holder.Ended(told, null, outcome));
        return true;
    }
}
