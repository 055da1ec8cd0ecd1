using System.Net;
using System.Net.Sockets;
using HalfOpen.Core;
using HalfOpen.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// The kernel empties a packet queue when a link goes down or any hook is deleted: what was held comes again at its
/// sender's next retry.
/// </summary>
public sealed class LostSynsTests
{
    private static readonly GuardOptions One = new() { Limit = 1, Policy = new FifoOptions() };

    [Theory]
    [InlineData("nft add table ip x; nft add chain ip x y '{ type filter hook input priority 0; }'; nft delete table ip x",
        OutcomeChoice.Bpf)]
    [InlineData("ip link set veth0 down; ip link set veth0 up; ip route add default via 10.77.0.2", OutcomeChoice.Bpf)]
    [InlineData("nft add table ip x; nft add chain ip x y '{ type filter hook input priority 0; }'; nft delete table ip x",
        OutcomeChoice.Nflog)]
    public void A_lost_syn_that_comes_again_is_held_in_its_place(string loss, OutcomeChoice outcomes)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new RunningGuard(network.Machine, One with { Outcomes = outcomes });
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        using var held = network.Connect("10.78.0.1", 80);
        guard.Until(s => s.Waiting == 1, "it waits");
        network.Machine.Run(() => Shell.Run(loss));
        Assert.Equal(0, network.Machine.Run(WaitingInQueue));

        guard.Until(_ => network.Machine.Run(WaitingInQueue) == 1, "its retry is held");
        var before = guard.Status;
        Assert.Equal((1, 1), (before.Waiting, before.Counters.HeldAgain));
        silent.Dispose();
        Assert.True(held.Poll(20_000_000, SelectMode.SelectWrite));
        var status = guard.Until(s => s.HalfOpen == 0 && s.Waiting == 0, "it was answered");
        Assert.Equal(Retries(before), Retries(status)); // it went out when the slot was free, and not a retry later
        Assert.Equal((2, 2, 1), (status.Totals.Submitted, status.Totals.Started, status.Totals.Established));
    }

    [Fact]
    public void A_slot_is_not_given_to_a_syn_that_was_lost()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new RunningGuard(network.Machine, One with { Outcomes = OutcomeChoice.Bpf });
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        Socket[] held = [.. Enumerable.Range(1, 5).Select(i => network.Connect("10.78.0." + i, 80))];
        guard.Until(s => s.Waiting == 5, "they wait");
        network.Machine.Run(
            () => Shell.Run("nft add table ip x; nft add chain ip x y '{ type filter hook input priority 0; }'; nft delete table ip x"));
        var before = guard.Status;
        silent.Dispose();
        guard.Until(s => s.HalfOpen == 0 && s.Waiting == 0, "none of them is out, none is held");
        using var other = network.Connect("10.78.0.9", 80);
        Assert.True(other.Poll(20_000_000, SelectMode.SelectWrite));
        Assert.All(held, s => Assert.True(s.Poll(20_000_000, SelectMode.SelectWrite)));
        var status = guard.Until(s => s.HalfOpen == 0 && s.Waiting == 0, "all are answered");
        Assert.Equal(6, status.Totals.Established);
        Assert.Equal((Retries(before), 5), (Retries(status), status.Counters.Lost)); // their retries asked anew
        Array.ForEach(held, s => s.Dispose());
    }

    /// <summary>
    /// A SYN with data is sent once; its retry has none, is not the same packet to the kernel, and comes while the
    /// first is held.
    /// </summary>
    [Fact]
    public async Task A_retry_of_a_fast_open_is_held_in_its_place_and_its_data_arrive_once()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Machine.Run(() => Shell.Run("sysctl -qw net.ipv4.tcp_fastopen=5")); // data in the SYN without a cookie
        var received = network.Internet.Run(() =>
        {
            Shell.Run("sysctl -qw net.ipv4.tcp_fastopen=0x202");
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Any, 80));
            listener.SetRawSocketOption(6, 23, BitConverter.GetBytes(16)); // TCP_FASTOPEN
            listener.Listen();
            return Task.Run(() =>
            {
                using var accepted = listener.Accept();
                listener.Dispose();
                var (buffer, count) = (new byte[100], 0);
                for (var more = 1; more > 0; count += more)
                {
                    more = accepted.Receive(buffer.AsSpan(count));
                }

                return buffer[..count];
            });
        });
        using var guard = new RunningGuard(network.Machine, One);
        using var silent = network.Connect("10.79.0.1", 80);
        guard.Until(s => s.HalfOpen == 1, "the slot is held");
        using var held = network.Socket();
        held.SetRawSocketOption(6, 30, BitConverter.GetBytes(1)); // TCP_FASTOPEN_CONNECT
        held.Connect("10.78.0.1", 80);
        held.Blocking = false;
        Assert.Equal(5, held.Send("hello"u8));
        guard.Until(s => s.Waiting == 1, "it waits");
        guard.Until(s => s.Counters.Syns >= 3, "its retry came");
        Assert.Equal((1, 1), (network.Machine.Run(WaitingInQueue), guard.Status.Waiting));
        silent.Dispose();
        guard.Until(s => s.Totals.Established == 1, "it was answered");
        held.Shutdown(SocketShutdown.Send);
        Assert.Equal("hello"u8.ToArray(), await received.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    private static long Retries(GuardStatus status) => status.Counters.Retransmissions;

    /// <summary>Third field of the queue's line.</summary>
    private static int WaitingInQueue() =>
        int.Parse(File.ReadAllText("/proc/thread-self/net/netfilter/nfnetlink_queue").Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]);
}
