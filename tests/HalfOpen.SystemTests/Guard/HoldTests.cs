using HalfOpen.Core;
using System.Net.Sockets;
using HalfOpen.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>What happens to a SYN: rows of the facts that the guard relies on, on real sockets.</summary>
public sealed class HoldTests
{
    [Theory]
    [InlineData(OutcomeChoice.Bpf, "10.79.0.", "10.78.0.1")]
    [InlineData(OutcomeChoice.Nflog, "10.79.0.", "10.78.0.1")]
    [InlineData(OutcomeChoice.Bpf, "fd79::", "fd78::1")]
    [InlineData(OutcomeChoice.Nflog, "fd79::", "fd78::1")]
    public void A_held_attempt_starts_as_soon_as_a_slot_is_free(OutcomeChoice outcomes, string silent, string alive)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard =
            new RunningGuard(network.Machine, new GuardOptions { Limit = 2, Policy = new FifoOptions(), Outcomes = outcomes });
        using var first = network.Connect(silent + "1", 80);
        using var second = network.Connect(silent + "2", 80);
        guard.Until(s => s.HalfOpen == 2, "both silent ones are out");
        using var third = network.Connect(alive, 80);
        guard.Until(s => s.Waiting == 1, "the third waits");
        Assert.False(third.Poll(200_000, SelectMode.SelectWrite));

        first.Dispose();
        Assert.True(third.Poll(5_000_000, SelectMode.SelectWrite));
        Assert.True(third.Connected || third.Poll(0, SelectMode.SelectWrite));
        var status = guard.Until(s => s.HalfOpen == 1 && s.Waiting == 0, "one is left");
        Assert.Equal(1, status.Totals.Established);
        Assert.Equal(1, status.Totals.Cancelled);
        Assert.Equal(0, status.Counters.QueueDropped + status.Counters.UserDropped);
    }

    [Fact]
    public void The_kernels_clock_runs_while_a_syn_is_held()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var guard =
            new RunningGuard(network.Machine, new GuardOptions { Limit = 1, Policy = new FifoOptions(), Outcomes = OutcomeChoice.Bpf });
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        using var impatient = network.Socket();
        impatient.SetRawSocketOption(6, 7, BitConverter.GetBytes(1)); // TCP_SYNCNT
        impatient.Blocking = false;
        Assert.Throws<SocketException>(() => impatient.Connect("10.78.0.1", 80));
        guard.Until(s => s.Waiting == 1, "it waits");
        Assert.True(impatient.Poll(25_000_000, SelectMode.SelectError));
        Assert.Equal((int)SocketError.TimedOut, impatient.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error));
        var status = guard.Until(s => s.Waiting == 0, "its SYN was dropped");
        Assert.Equal((1, 1, 1), (status.Counters.ClosedWhileHeld, status.Totals.TimedOut, status.Totals.Started));
    }

    [Theory]
    [InlineData(OutcomeChoice.Bpf)]
    [InlineData(OutcomeChoice.Nflog)]
    public void The_syn_of_a_socket_closed_while_held_never_goes_out(OutcomeChoice outcomes)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        network.Internet.Run(
            () => Shell.Run(
                "iptables -w -t raw -A PREROUTING -p tcp --syn -d 10.78.9.9; iptables -w -t raw -A PREROUTING -p tcp --syn -d 10.78.9.8"));
        using var guard =
            new RunningGuard(network.Machine, new GuardOptions { Limit = 1, Policy = new FifoOptions(), Outcomes = outcomes });
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        var closed = network.Connect("10.78.9.9", 80);
        using var waits = network.Connect("10.78.9.8", 80);
        guard.Until(s => s.Waiting == 2, "both wait");
        closed.Dispose();
        guard.Until(s => s.Waiting == 1 && s.Counters.ClosedWhileHeld == 1, "the closed one was dropped");
        silent.Dispose();
        Assert.True(waits.Poll(5_000_000, SelectMode.SelectWrite));
        var counts = network.Internet.Run(() => Shell.Run("iptables -w -t raw -L PREROUTING -vnx")).Split('\n');
        Assert.Equal("0", Packets(counts, "10.78.9.9"));
        Assert.Equal("1", Packets(counts, "10.78.9.8"));
    }

    [Theory]
    [InlineData(54)] // IPV6_HOPOPTS
    [InlineData(59)] // IPV6_DSTOPTS
    public void An_attempt_behind_an_ipv6_extension_header_is_held_too(int option)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = 1, Policy = new FifoOptions() });
        using var silent = network.Connect("fd79::1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        using var socket = network.Socket(AddressFamily.InterNetworkV6);
        socket.SetRawSocketOption(41, option, [0, 0, 1, 4, 0, 0, 0, 0]); // next header, length, PadN of six bytes
        socket.Blocking = false;
        Assert.Throws<SocketException>(() => socket.Connect("fd78::1", 80));
        guard.Until(s => s.Waiting == 1 && s.Counters.Malformed == 0, "it waits");
        silent.Dispose();
        Assert.True(socket.Poll(5_000_000, SelectMode.SelectWrite));
        guard.Until(s => s.Totals.Established == 1, "it was answered");
    }

    [Theory]
    [InlineData(OutcomeChoice.Bpf)]
    [InlineData(OutcomeChoice.Nflog)]
    public void A_program_is_named_and_when_it_is_killed_its_slot_is_free(OutcomeChoice outcomes)
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var guard = new RunningGuard(network.Machine,
            new GuardOptions { Limit = 5, Policy = new FifoOptions(), Outcomes = outcomes, ReconcileEvery = TimeSpan.FromMinutes(1) });
        using var curl = network.Machine.Run(() => System.Diagnostics.Process.Start("/usr/bin/curl", ["-s", "http://10.79.0.1/"]));
        var program = Assert.Single(guard.Until(s => s.HalfOpen == 1, "it connects").Programs);
        Assert.StartsWith("/usr/bin/curl", program.Name, StringComparison.Ordinal);
        curl.Kill();
        curl.WaitForExit();
        var status = guard.Until(s => s.HalfOpen == 0, "its slot is free");
        Assert.Equal((1, 0), (status.Totals.Cancelled, status.Reconciliation.SlotsRecovered));
    }

    private static string Packets(string[] rules, string destination) =>
        rules.Single(l => l.Contains(destination, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
}
