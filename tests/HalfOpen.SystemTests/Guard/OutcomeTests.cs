using HalfOpen.Core;
using System.Net;
using System.Net.Sockets;
using HalfOpen.Guard;
using HalfOpen.Linux.Bpf;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// How attempts end, and whose they are: on real sockets, with both sources of outcomes where both can tell.
/// </summary>
public sealed class OutcomeTests
{
    private static readonly GuardOptions Quick = new()
        { Limit = 10, Policy = new FifoOptions(), ReconcileEvery = TimeSpan.FromMilliseconds(200) };

    [Theory]
    [InlineData(OutcomeChoice.Bpf)]
    [InlineData(OutcomeChoice.Nflog)]
    public void Answers_are_told_apart(OutcomeChoice outcomes)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new RunningGuard(network.Machine, Quick with { Outcomes = outcomes });
        using var alive = network.Connect("10.78.0.1", 80);
        using var alive6 = network.Connect("fd78::1", 80);
        using var refused = network.Connect("10.78.0.1", 81);
        using var refused6 = network.Connect("fd78::1", 81);
        using var unreachable = network.Connect("10.80.0.1", 80);
        var status = guard.Until(s => s.HalfOpen == 0 && s.Totals.Submitted == 5, "all have ended");
        Assert.Equal((2, 2, 1), (status.Totals.Established, status.Totals.Refused, status.Totals.Unreachable));
    }

    /// <summary>Two events for each connect that is refused; the ring has room for some 40,000.</summary>
    [Fact]
    public void Events_that_do_not_fit_into_the_ring_are_counted()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var events = network.Machine.Run(() => new SocketEvents());
        const int Connects = 40_000;
        network.Machine.Run(() =>
        {
            for (var i = 0; i < Connects; i++)
            {
                _ = Libc.Close(Libc.Begin(Libc.Address(78, 1), 81));
            }
        });
        var read = 0;
        while (events.TryRead(out _))
        {
            read++;
        }

        Assert.True(events.Lost > 0, $"{read} read, none lost");
        Assert.Equal(2 * Connects, read + events.Lost);
    }

    [Fact]
    public void The_kernel_giving_up_is_a_timeout_and_its_retries_pass()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var guard = new RunningGuard(network.Machine, Quick with { Outcomes = OutcomeChoice.Bpf });
        network.Machine.Run(() => Libc.Begin(Libc.Address(79, 1), 80, synRetries: 1));
        var status = guard.Until(s => s.Totals.TimedOut == 1, "it timed out");
        Assert.InRange(status.Counters.Retransmissions, 1, 3); // the kernel allows itself one more than asked for
        Assert.Equal(1, status.Totals.Started);
    }

    [Fact]
    public void A_late_release_costs_no_retransmission()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        using var guard = new RunningGuard(network.Machine, Quick with { Limit = 1 });
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        using var held = network.Connect("10.78.0.1", 8080);
        guard.Until(s => s.Waiting == 1, "one waits");
        Thread.Sleep(300);
        silent.Dispose();
        Assert.True(held.Poll(5_000_000, SelectMode.SelectWrite));
        var info = new byte[104];
        held.GetRawSocketOption(6, 11, info); // TCP_INFO: tcpi_total_retrans is at 100
        Assert.Equal(0, BitConverter.ToInt32(info, 100));
    }

    [Fact]
    public void At_the_hold_cap_the_program_is_told()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var guard = new RunningGuard(network.Machine, Quick with { Limit = 1, HoldCap = TimeSpan.FromMilliseconds(300) });
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        using var held = network.Connect("10.78.0.1", 80);
        Assert.True(held.Poll(5_000_000, SelectMode.SelectError));
        Assert.Equal((int)SocketError.ConnectionAborted, held.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error));
        var status = guard.Until(s => s.Counters.Refused == 1, "it was refused");
        Assert.Equal((0, 1), (status.Waiting, status.HalfOpen));
    }

    [Fact]
    public void Sockets_that_were_connecting_before_count_and_end()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var before = network.Connect("10.79.0.1", 80);
        using var guard = new RunningGuard(network.Machine, Quick);
        Assert.Equal((1, 1), (guard.Status.HalfOpen, guard.Status.Counters.Adopted));
        guard.Until(s => s.Counters.Retransmissions > 0, "its retry passed");
        before.Dispose();
        guard.Until(s => s.HalfOpen == 0, "its end was found by comparing");
    }

    [Fact]
    public void Every_kind_of_socket_is_known_by_its_program()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var guard = new RunningGuard(network.Machine, Quick with { Outcomes = OutcomeChoice.Bpf });
        using var dual =
            network.Machine.Run(
                () => new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true, Blocking = false });
        Assert.Throws<SocketException>(() => dual.Connect(new IPEndPoint(IPAddress.Parse("::ffff:10.79.0.1"), 80)));
        using var six = network.Connect("fd79::1", 80);
        using var four = network.Connect("10.79.0.2", 80);
        var multipath = network.Machine.Run(() => Libc.BeginMultipath(Libc.Address(79, 3), 80));
        var wanted = multipath >= 0 ? 4 : 3; // a kernel may be built without MPTCP
        var status = guard.Until(s => s.HalfOpen == wanted, "all are out");
        var program = Assert.Single(status.Programs);
        Assert.StartsWith(Environment.ProcessPath!, program.Name, StringComparison.Ordinal);
        Assert.Equal(wanted, program.HalfOpen);
        _ = Libc.Close(multipath);
        guard.Until(s => s.HalfOpen == 3, "the multipath one was closed");
    }

    [Fact]
    public void What_is_exempt_passes_a_full_limit()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        Assert.True(Exemption.TryParse("to:10.78.5.0/24", out var destination, out _) & Exemption.TryParse("port:81", out var port, out _));
        using var guard = new RunningGuard(network.Machine, Quick with { Limit = 1, Exemptions = [destination!, port!] });
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        using var byDestination = network.Connect("10.78.5.1", 80);
        using var byPort = network.Connect("10.78.0.1", 81);
        using var waits = network.Connect("10.78.0.1", 80);
        Assert.True(byDestination.Poll(5_000_000, SelectMode.SelectWrite));
        Assert.True(byPort.Poll(5_000_000, SelectMode.SelectError));
        var loopback = network.Machine.Run(() =>
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            using var client = new TcpClient();
            return client.ConnectAsync((IPEndPoint)listener.LocalEndpoint).Wait(5000);
        });
        Assert.True(loopback);
        Assert.Equal((1, 1, 2L), (guard.Status.HalfOpen, guard.Status.Waiting, guard.Status.Counters.Exempt));
    }

    [Fact]
    public void Guards_of_two_namespaces_do_not_see_each_other()
    {
        Needs.Root();
        using var here = new TestNetwork();
        using var there = new TestNetwork();
        using var first = new RunningGuard(here.Machine, Quick with { Outcomes = OutcomeChoice.Bpf });
        using var second = new RunningGuard(there.Machine, Quick with { Outcomes = OutcomeChoice.Bpf });
        using var a = here.Connect("10.79.0.1", 80);
        first.Until(s => s.HalfOpen == 1, "one is out");
        a.Dispose();
        first.Until(s => s.HalfOpen == 0, "it ended");
        Assert.Equal(0, second.Status.Totals.Submitted);
        using var b = there.Connect("10.79.0.1", 80);
        second.Until(s => s.HalfOpen == 1, "one is out there");
        Assert.Equal(1, first.Status.Totals.Submitted);
    }

    [Fact]
    public void Silent_attempts_are_given_up_by_credit()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        using var guard = new RunningGuard(network.Machine,
            new GuardOptions { Limit = 10, Policy = new FairOptions { GiveUp = true }, Outcomes = OutcomeChoice.Bpf });
        List<Socket> sockets = [];
        for (var i = 0; i < 100; i++)
        {
            sockets.Add(network.Connect($"10.78.1.{i}", 8080));
        }

        guard.Until(s => s.Totals.Established == 100, "credit was earned");
        using var silent = network.Connect("10.79.0.1", 8080);
        Assert.True(silent.Poll(25_000_000, SelectMode.SelectError));
        guard.Until(s => s.Counters.GivenUp == 1 && s.Totals.TimedOut == 1 && s.HalfOpen == 0, "it was given up");
        sockets.ForEach(s => s.Dispose());
    }
}
