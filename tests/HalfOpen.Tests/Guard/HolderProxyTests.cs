using HalfOpen.Core;
using HalfOpen.Guard;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>Answers of a proxy of this machine, which say nothing of the destination.</summary>
public sealed class HolderProxyTests
{
    private static readonly GuardOptions One = new() { Limit = 1 };

    [Theory]
    [InlineData(Outcome.Established)]
    [InlineData(Outcome.Refused)]
    public void What_a_proxy_of_this_machine_answers_makes_no_destination_known(Outcome answer)
    {
        var world = new HolderWorld(One, new FairOptions());
        var flow = HolderWorld.FlowTo(1, 1001);
        world.Proxied.Add(flow.Remote);
        world.Connect(flow, 1);
        world.End(flow, answer);
        Assert.Equal(1, world.Holder.Counters.AnsweredHere);
        Assert.Equal(0, world.Engine.HalfOpen);
        world.Connect(HolderWorld.FlowTo(1, 1002), 2);
        world.Connect(HolderWorld.FlowTo(1, 1003), 2);
        Assert.Equal((1, 1), (world.Engine.HalfOpen, world.Engine.Waiting)); // it takes a slot as any unknown one
        world.CheckCounts();
    }

    [Fact]
    public void A_destination_that_answers_itself_is_looked_up_once_in_a_while()
    {
        var world = new HolderWorld(One);
        for (var i = 0; i < 5; i++)
        {
            world.Connect(HolderWorld.FlowTo(1, 1001 + i), 1);
            world.End(HolderWorld.FlowTo(1, 1001 + i), Outcome.Established);
        }

        Assert.Equal((1, 0L), (world.ProxyLooks, world.Holder.Counters.AnsweredHere));
        world.Connect(HolderWorld.FlowTo(1, 1010), 2); // another program may be sent elsewhere
        world.End(HolderWorld.FlowTo(1, 1010), Outcome.Established);
        world.Advance(TimeSpan.FromSeconds(6));
        world.Connect(HolderWorld.FlowTo(1, 1011), 1);
        world.End(HolderWorld.FlowTo(1, 1011), Outcome.Established);
        Assert.Equal(3, world.ProxyLooks);
    }
}
