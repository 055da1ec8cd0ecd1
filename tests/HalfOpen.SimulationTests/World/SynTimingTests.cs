using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.World;
using Xunit;

namespace HalfOpen.SimulationTests.World;

/// <summary>When machines send their SYNs: Windows' 3 + 6 + 12 s, Linux' ticks as measured.</summary>
public sealed class SynTimingTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void Windows_sends_at_0_3_9_and_gives_up_at_21_after_the_first()
    {
        var syn = new SynTiming(StackSystem.Windows);
        Assert.Equal([103L, 109], Sends(syn, 50, 100).Take(2));
        Assert.Equal(121 * Second, syn.GiveUpAt(50 * Second, 100 * Second));
        Assert.Equal(long.MaxValue, syn.NextSyn(50 * Second, 100 * Second, 109 * Second));
    }

    [Fact]
    public void Linux_counts_from_connect_also_while_the_syn_is_held()
    {
        var syn = new SynTiming(StackSystem.Linux);
        Assert.Equal([1L, 2, 3, 4, 5, 7, 11, 19, 35, 67], Sends(syn, 0, 0));
        Assert.Equal([7L, 11, 19, 35, 67], Sends(syn, 0, 6)); // released at 6 s: the next tick is 7 s after connect()
        Assert.Equal(133 * Second, syn.GiveUpAt(0, 6 * Second));
    }

    [Fact]
    public void The_last_syn_decides_how_long_a_router_remembers()
    {
        var linux = new SynTiming(StackSystem.Linux);
        Assert.Equal(11 * Second, linux.LastSyn(0, 0, 15 * Second));
        Assert.Equal(6 * Second, linux.LastSyn(0, 6 * Second, 6 * Second));
        Assert.Equal(9 * Second, new SynTiming(StackSystem.Windows).LastSyn(0, 0, 21 * Second));
    }

    [Fact]
    public void The_router_forgets_by_its_own_clock()
    {
        var nat = new NatDevice(new NatSpec { Capacity = 2, SynSentSeconds = 120, ClosingSeconds = 10 });
        Assert.True(nat.TryOpen());
        Assert.True(nat.TryOpen());
        Assert.False(nat.TryOpen());
        nat.Expire();
        Assert.True(nat.TryOpen());
        Assert.Equal((2, 2, 1L), (nat.Entries, nat.MaxEntries, nat.Dropped));
        Assert.Equal(120 * Second, nat.ExpiryOfSilent(0, 11 * Second));
        Assert.Equal(131 * Second, new NatDevice(new NatSpec { Renew = true }).ExpiryOfSilent(0, 11 * Second));
        Assert.Equal(21 * Second, nat.ExpiryOfClosed(11 * Second));
    }

    private static List<long> Sends(SynTiming syn, long submitted, long started)
    {
        var all = new List<long>();
        for (var now = started * Second; (now = syn.NextSyn(submitted * Second, started * Second, now)) != long.MaxValue;)
        {
            all.Add(now / Second);
        }

        return all;
    }
}
