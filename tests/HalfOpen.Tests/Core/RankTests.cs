using HalfOpen.Core.Policies.Fair;
using Xunit;

namespace HalfOpen.Tests.Core;

/// <summary>Who is first by what he holds and when he was served: as sorting would say, whatever changes.</summary>
public sealed class RankTests
{
    [Fact]
    public void The_first_of_each_list_is_the_one_that_sorting_puts_first()
    {
        var random = new Random(36);
        var table = new RankTable();
        var lists = new RankList[3];
        var members = new Dictionary<int, (int List, long Key, long Served)>();
        for (var i = 0; i < 200_000; i++)
        {
            var member = random.Next(90);
            if (random.Next(3) == 0)
            {
                table.Remove(ref lists[members.TryGetValue(member, out var row) ? row.List : 0], member);
                members.Remove(member);
            }
            else
            {
                var list = members.TryGetValue(member, out var row) ? row.List : random.Next(lists.Length);
                members[member] = (list, random.Next(4) * 1000, random.Next(2) * random.NextInt64(1, 50));
                table.Set(ref lists[list], member, members[member].Key, members[member].Served);
            }

            Assert.Equal(members.Count, table.Count);
            for (var list = 0; list < lists.Length; list++)
            {
                var sorted = members.Where(m => m.Value.List == list).OrderBy(m => (m.Value.Key, m.Value.Served, m.Key)).ToList();
                Assert.Equal(sorted.Count, lists[list].Count);
                Assert.True(sorted.Count == 0 || Firsts(sorted).Contains(lists[list].First), $"event {i}");
            }
        }

        // Two that were served never by the same turn in truth; here they may be, and either may be first.
        static IEnumerable<int> Firsts(List<KeyValuePair<int, (int List, long Key, long Served)>> sorted) =>
            sorted.TakeWhile(m => m.Value.Key == sorted[0].Value.Key && m.Value.Served == sorted[0].Value.Served)
                .Take(sorted[0].Value.Served == 0 ? 1 : int.MaxValue)
                .Select(m => m.Key);
    }

    [Theory]
    [InlineData(0, 0, 0, 0, true)] // equals: a program by itself before an owner
    [InlineData(0, 5, 0, 0, false)]
    [InlineData(0, 0, 0, 5, true)]
    [InlineData(0, 5, 0, 5, true)]
    [InlineData(0, 6, 0, 5, false)]
    [InlineData(1, 0, 0, 5, false)]
    [InlineData(0, 6, 1, 0, true)]
    public void Of_two_tables_who_holds_less_is_first_then_who_was_served_longest_ago(
        long key, long served, long otherKey, long otherServed, bool isFirst) =>
        Assert.Equal(isFirst, new Standing(key, 80, served).IsBeforeOther(new Standing(otherKey, 3, otherServed)));
}
