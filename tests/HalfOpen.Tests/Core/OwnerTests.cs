using HalfOpen.Core;
using Xunit;

namespace HalfOpen.Tests.Core;

/// <summary>Owners of programs: named, bounded by their programs, never mixed up.</summary>
public sealed class OwnerTests
{
    [Fact]
    public void A_program_is_one_of_its_owners_and_without_an_owner_by_itself()
    {
        var table = new Engine(new EngineOptions { Limit = 10 }).Programs;
        var alice = table.InternOwner("alice");
        var browser = table.Intern("alice/firefox", alice);
        Assert.Equal("alice", table.OwnerName(browser));
        Assert.Equal(alice, table.InternOwner("alice"));
        Assert.Equal(browser, table.Intern("alice/firefox", alice));
        Assert.Null(table.OwnerName(table.Intern("alone")));
        Assert.Null(table.OwnerName(table.Intern(7)));
    }

    [Fact]
    public void Owners_are_forgotten_with_their_last_program_and_their_handles_with_them()
    {
        var table = new Engine(new EngineOptions { Limit = 10, MaxPrograms = 16 }).Programs;
        var first = table.InternOwner("user 0");
        table.Intern("user 0/program", first);
        for (var i = 1; i < 1_000; i++)
        {
            var owner = table.InternOwner($"user {i}");
            Assert.Equal($"user {i}", table.OwnerName(table.Intern($"user {i}/program", owner)));
            Assert.InRange(owner.Index, 0, 17); // places are used again
        }

        Assert.Throws<ArgumentException>(() => table.Intern("user 0/other", first));
    }

    [Fact]
    public void Owners_without_programs_do_not_pile_up()
    {
        var table = new Engine(new EngineOptions { Limit = 10 }).Programs;
        for (var i = 0; i < 10_000; i++)
        {
            Assert.InRange(table.InternOwner($"user {i}").Index, 0, 1);
        }
    }

    [Fact]
    public void An_owner_survives_when_its_last_program_makes_room_for_its_next()
    {
        var table = new Engine(new EngineOptions { Limit = 10, MaxPrograms = 16 }).Programs;
        var owner = table.InternOwner("alice");
        table.Intern("alice/0", owner);
        for (var i = 1; i < 16; i++)
        {
            table.Intern((ulong)i);
        }

        Assert.Equal("alice", table.OwnerName(table.Intern("alice/1", owner))); // takes the place of alice/0
        Assert.Equal(owner, table.InternOwner("alice"));
    }
}
