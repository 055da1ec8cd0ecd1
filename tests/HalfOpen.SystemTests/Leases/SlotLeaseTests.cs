using System.Net.Sockets;
using HalfOpen.Linux.Bpf;
using HalfOpen.SystemTests.Guard;
using HalfOpen.Wire.Sockets;
using Xunit;

namespace HalfOpen.SystemTests.Leases;

/// <summary>The kernel gives out slots by itself: our BPF program on real sockets, without a guard.</summary>
public sealed class SlotLeaseTests
{
    private const int SoPriority = 12;

    [Fact]
    public void Slots_are_taken_in_turn_and_come_back()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var events = network.Machine.Run(() => new SocketEvents());
        var lease = events.Lease!;
        Assert.Null(events.WhyNoLease);
        lease.Add(2);
        using (network.Connect("10.79.0.1", 80))
        {
            Assert.Equal(2, lease.Free); // it is not open
        }

        lease.IsOpen = true;
        Socket[] sockets = [network.Connect("10.79.0.2", 80), network.Connect("fd79::3", 80), network.Connect("10.79.0.4", 80)];
        Assert.Equal(0, lease.Free);
        Assert.Equal([(int)SlotLease.Priority, (int)SlotLease.Priority, 0], sockets.Select(Priority));
        var seen = Read(events).Where(e => e.Kind == SocketEventKind.Connecting).ToList();
        Assert.Equal([0UL, 0UL], [seen[0].LeaseCookie, seen[3].LeaseCookie]);
        Assert.All(seen[1..3], e => Assert.NotEqual(0UL, e.LeaseCookie));
        Assert.All(seen, e => Assert.Equal(((uint)Environment.ProcessId, 0u), (e.ProcessId, e.UserId)));
        List<ulong> holders = [];
        lease.CopyHolders(holders);
        Assert.Equal(seen[1..3].Select(e => e.LeaseCookie).Order(), holders.Order());
        sockets[0].Dispose();
        Assert.Equal(1, lease.Free);
        lease.IsOpen = false;
        using (network.Connect("10.79.0.5", 80))
        {
            Assert.Equal(1, lease.Free);
        }

        lease.IsOpen = true;
        using var alive = network.Connect("10.78.0.1", 80);
        Assert.True(alive.Poll(5_000_000, SelectMode.SelectWrite));
        Assert.Equal((1, 0), (lease.Free, Priority(alive)));
        Assert.Equal(1, lease.TakeBack(5));
        Assert.Equal(0, lease.TakeBack(5));
        sockets[1].Dispose();
        sockets[2].Dispose();
        Assert.Equal(1, lease.Free);
    }

    [Fact]
    public void A_slot_taken_out_of_the_lease_is_not_returned()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var events = network.Machine.Run(() => new SocketEvents());
        var lease = events.Lease!;
        lease.IsOpen = true;
        lease.Add(1);
        var socket = network.Connect("10.79.0.2", 80);
        var cookie = Read(events).Single(e => e.LeaseCookie != 0).LeaseCookie;
        Assert.False(lease.TakeOut(cookie + 1));
        Assert.True(lease.TakeOut(cookie));
        Assert.False(lease.TakeOut(cookie));
        socket.Dispose();
        Assert.Equal(0, lease.Free);
    }

    /// <summary>Whatever an application set stays, and what it sets meanwhile as well.</summary>
    [Fact]
    public void A_priority_or_an_exempt_mark_of_its_own_or_loopback_takes_no_slot()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var events = network.Machine.Run(() => new SocketEvents());
        var lease = events.Lease!;
        lease.IsOpen = true;
        lease.ExemptMark = 0x4226;
        lease.Add(10);
        foreach (var (option, value) in new[] { (SoPriority, 5), (36, 0x4226) })
        {
            using var own = network.Socket();
            own.SetRawSocketOption(1, option, BitConverter.GetBytes(value));
            own.Blocking = false;
            Begin(own, "10.79.0.1");
            Assert.Equal((10, option == SoPriority ? 5 : 0), (lease.Free, Priority(own)));
        }

        foreach (var address in new[] { "127.0.0.1", "::1", "10.77.0.1", "fd77::1" })
        {
            using var local = network.Connect(address, 81);
            local.Poll(1_000_000, SelectMode.SelectError);
        }

        Assert.DoesNotContain(Read(events), e => e.LeaseCookie != 0);
        lease.GovernsLoopback = true;
        using (network.Connect("127.0.0.1", 81))
        {
            Assert.Contains(Read(events), e => e.LeaseCookie != 0);
        }

        using var changes = network.Connect("10.79.0.1", 80);
        changes.SetRawSocketOption(1, SoPriority, BitConverter.GetBytes(3));
        changes.Shutdown(SocketShutdown.Both);
        Assert.Equal(3, Priority(changes));
        changes.Dispose();
        Assert.Equal(10, lease.Free);
    }

    /// <summary>
    /// Three threads take and return while we take back and add: no slot is lost, none is there twice.
    /// </summary>
    [Fact]
    public async Task Nothing_is_lost_while_everybody_takes_and_returns()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var events = network.Machine.Run(() => new SocketEvents());
        var lease = events.Lease!;
        var outside = 40;
        var churns = Enumerable.Range(0, 3)
            .Select(i => Task.Run(() => network.Machine.Run(() => Churn.Run(5_000, open: 50, seed: i)))).ToList();
        var (leased, open) = (0L, false);
        var random = new Random(1);
        while (!churns.TrueForAll(c => c.IsCompleted))
        {
            lease.IsOpen = open = !open;
            var more = random.Next(outside + 1);
            outside -= more;
            lease.Add(more);
            leased += Read(events).Count(e => e.LeaseCookie != 0);
            outside += lease.TakeBack(random.Next(40));
            Assert.InRange(lease.Free, 0, 40 - outside);
        }

        await Task.WhenAll(churns);
        Assert.True(leased > 100, $"{leased} took a slot");
        Assert.Equal(40, outside + lease.Free);
    }

    private static int Priority(Socket socket)
    {
        var value = new byte[4];
        socket.GetRawSocketOption(1, SoPriority, value);
        return BitConverter.ToInt32(value);
    }

    private static void Begin(Socket socket, string address)
    {
        try
        {
            socket.Connect(address, 80);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
        }
    }

    private static List<SocketEvent> Read(SocketEvents events)
    {
        List<SocketEvent> all = [];
        while (events.TryRead(out var e))
        {
            all.Add(e);
        }

        return all;
    }
}
