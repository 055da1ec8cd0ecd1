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
        using var guard = new RunningGuard(network.Machine, new GuardOptions { Limit = 2, Policy = GuardPolicy.Fifo, Outcomes = outcomes });
        using var first = network.Connect(silent + "1", 80);
        using var second = network.Connect(silent + "2", 80);
        guard.Until(s => s.InFlight == 2, "both silent ones are out");
        using var third = network.Connect(alive, 80);
        guard.Until(s => s.Waiting == 1, "the third waits");
        Assert.False(third.Poll(200_000, SelectMode.SelectWrite));

        first.Dispose();
        Assert.True(third.Poll(5_000_000, SelectMode.SelectWrite));
        Assert.True(third.Connected || third.Poll(0, SelectMode.SelectWrite));
        var status = guard.Until(s => s.InFlight == 1 && s.Waiting == 0, "one is left");
        Assert.Equal(1, status.Totals.Established);
        Assert.Equal(1, status.Totals.Cancelled);
        Assert.Equal(0, status.Counters.QueueDropped + status.Counters.UserDropped);
    }
}
