using HalfOpen.Core;
using HalfOpen.Guard;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>Both levels in one picture, bounded.</summary>
public sealed class WhoStatusTests
{
    private readonly Engine _engine = new(new EngineOptions { Limit = 10, Policy = new FifoOptions() });
    private readonly Dictionary<int, long> _oldest = [];
    private uint _host;

    [Fact]
    public void Programs_stand_with_their_owner_and_the_biggest_owner_first()
    {
        Begin("user a", "user a: /usr/bin/firefox", 1);
        Begin("user b", "user b: swarm 1", 4);
        Begin("user b", "user b: swarm 2", 20);
        Begin(null, "10.0.0.7", 3);
        var who = Build();
        Assert.Equal(
            [new OwnerStatus("user b", 9, 9, 15, 2, 9, 2), new OwnerStatus("user a", 1, 1, 0, 0, 1, 1)], who.Owners);
        Assert.Equal(["user b|swarm 2", "user b|swarm 1", "|10.0.0.7", "user a|/usr/bin/firefox"],
            who.Programs.Select(p => $"{p.Owner}|{p.Name}"));
        Assert.Equal((0, 0), (who.OtherOwners, who.OtherPrograms));
    }

    [Fact]
    public void An_owner_of_very_many_programs_leaves_the_others_their_lines()
    {
        for (var i = 0; i < 500; i++)
        {
            Begin("user b", $"user b: copy {i}", 3);
        }

        Begin("user a", "user a: /usr/bin/firefox", 1);
        Begin("user c", "user c: mail", 1);
        var who = Build();
        Assert.Equal(64, who.Programs.Count);
        Assert.Equal(502 - 64, who.OtherPrograms);
        Assert.Equal(["user b", "user a", "user c"], who.Owners.Select(o => o.Name));
        Assert.Equal(500, who.Owners[0].Programs);
        Assert.Equal(["/usr/bin/firefox", "mail"], who.Programs.Skip(62).Select(p => p.Name));
    }

    [Fact]
    public void Very_many_owners_are_counted_beyond_the_first()
    {
        for (var i = 0; i < 200; i++)
        {
            Begin($"user {i}", $"user {i}: x", 1);
        }

        var who = Build();
        Assert.Equal((64, 136, 64, 136), (who.Owners.Count, who.OtherOwners, who.Programs.Count, who.OtherPrograms));
        Assert.All(who.Programs, p => Assert.Contains(who.Owners, o => o.Name == p.Owner));
    }

    private void Begin(string? owner, string name, int attempts)
    {
        var program = owner is null ? _engine.Programs.Intern(name) : _engine.Programs.Intern(name, _engine.Programs.InternOwner(owner));
        for (var i = 0; i < attempts; i++)
        {
            var waits = _engine.Counted == 10;
            _engine.Submit(new AttemptRequest { Program = program, Destination = Destination.FromIPv4(++_host, 80) }, Instant.Zero);
            if (waits)
            {
                _oldest.TryAdd(program.Index, TimeSpan.TicksPerSecond);
            }
        }
    }

    private WhoStatus Build() => WhoStatus.Build(_engine.GetStatistics().Programs, _oldest, new Instant(3 * TimeSpan.TicksPerSecond));
}
