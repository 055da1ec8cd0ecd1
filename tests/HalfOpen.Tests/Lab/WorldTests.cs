using HalfOpen.Lab.Programs;
using HalfOpen.Lab.World;
using Xunit;

namespace HalfOpen.Tests.Lab;

/// <summary>The lab's internet: who lives where.</summary>
public sealed class WorldTests
{
    [Fact]
    public void Peers_are_silent_refusing_and_alive_in_the_promised_shares()
    {
        var internet = new Internet { Seed = 7 };
        var hosts = Enumerable.Range(0, 20_000).Select(i => internet.Look(internet.Peers.Address((uint)i, internet.Seed))).ToList();
        Assert.InRange(hosts.Count(h => h.Kind == HostKind.Silent) / 20_000.0, 0.69, 0.71);
        Assert.InRange(hosts.Count(h => h.Kind == HostKind.Refusing) / 20_000.0, 0.09, 0.11);
        Assert.All(hosts.Where(h => h.Kind != HostKind.Silent), h => Assert.InRange(h.RoundTrip.TotalSeconds, 0.05, 0.2));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(42UL)]
    [InlineData(ulong.MaxValue)]
    public void Addresses_do_not_repeat_and_stay_in_their_block(ulong seed)
    {
        var web = new Internet { Seed = seed }.Web;
        var seen = new HashSet<uint>();
        for (uint i = 0; i < web.Count; i++)
        {
            var address = web.Address(i, seed);
            Assert.True(web.Contains(address));
            Assert.True(seen.Add(address));
        }
    }

    [Fact]
    public void The_same_seed_is_the_same_internet_and_another_is_not()
    {
        var (a, b, c) = (new Internet { Seed = 1 }, new Internet { Seed = 1 }, new Internet { Seed = 2 });
        var addresses = Enumerable.Range(0, 500).Select(i => a.Peers.First + (uint)i).ToList();
        Assert.Equal(addresses.Select(a.Look), addresses.Select(b.Look));
        Assert.NotEqual(addresses.Select(a.Look), addresses.Select(c.Look));
    }

    [Fact]
    public void Slow_hosts_are_alive_and_slow()
    {
        var block = new Neighbourhood { First = 0x0b00_0000, PrefixLength = 8, Port = 80, Slow = 1 };
        var host = block.Look(0x0b00_0001, 3);
        Assert.Equal(HostKind.Alive, host.Kind);
        Assert.InRange(host.RoundTrip.TotalSeconds, 0.5, 3);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", false, true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", true, true)]
    [InlineData("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", true, false)]
    [InlineData("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", true, false)]
    [InlineData("HTTP/1.1 200 OK\r\nConte", false, true)]
    public void An_answer_is_whole_when_its_body_is(string received, bool isWhole, bool isOk)
    {
        Assert.Equal(isWhole, HttpAnswer.IsWhole(System.Text.Encoding.ASCII.GetBytes(received), out var ok));
        Assert.Equal(isOk, ok);
    }
}
