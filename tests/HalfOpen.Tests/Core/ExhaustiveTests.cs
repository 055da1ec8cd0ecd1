using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>
/// All orders of events of small worlds, for every policy at limits 1 to 3, one engine an order: nothing is sampled and
/// nothing is merged. Attempts are numbered in the order of submission and the program of the first is called a, so
/// that worlds that differ in names only are visited once. An event takes 400 ms: what stays silent over a few of them
/// is late.
/// </summary>
public sealed class ExhaustiveTests
{
    private const int StepMs = 400;

    public static TheoryData<string, int> Cases()
    {
        var data = new TheoryData<string, int>();
        foreach (var name in PolicyTable.Shipped.Names)
        {
            for (var limit = 1; limit <= (name == "unlimited" ? 1 : 3); limit++)
            {
                data.Add(name, limit);
            }
        }

        return data;
    }

    /// <summary>
    /// Six attempts by two programs to six destinations: every way to share them out, every order of submissions and
    /// ends; one program's destinations answer, the other's are silent.
    /// </summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_order_of_six_attempts(string policy, int limit)
    {
        var orders = 0;
        for (var programs = 0; programs < 1 << 5; programs++)
        {
            foreach (var silent in "ab")
            {
                orders += new World { Policy = policy, Limit = limit, Attempts = 6, Programs = programs, Silent = silent }.Explore();
            }
        }

        // Where everything that fits runs, their number is known: of first-come queues with so many places, each place
        // ending in any order.
        int[] atLeast = policy == "unlimited" ? [10_395] : [132, 2_307, 6_507];
        Assert.True(policy == "fair" ? orders >= 64 * 132 : orders == 64 * atLeast[limit - 1], $"{orders} orders");
    }

    /// <summary>Five attempts, some of them to the destination of the one before, in every pattern.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_order_where_destinations_are_shared(string policy, int limit)
    {
        var orders = 0;
        foreach (var programs in new[] { 0b0000, 0b0101, 0b0110 })
        {
            for (var shared = 0; shared < 1 << 4; shared++)
            {
                foreach (var silent in "ab")
                {
                    orders += new World
                        { Policy = policy, Limit = limit, Attempts = 5, Programs = programs, Shared = shared, Silent = silent }.Explore();
                }
            }
        }

        Assert.True(orders >= 96 * 42, $"{orders} orders");
    }

    /// <summary>
    /// Three attempts, and anything may happen to each: any outcome of two, withdrawn while it waits; and twice a long
    /// time may pass.
    /// </summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_order_with_withdrawals_and_time(string policy, int limit)
    {
        var orders = 0;
        for (var programs = 0; programs < 1 << 2; programs++)
        {
            for (var shared = 0; shared < 1 << 2; shared++)
            {
                orders += new World
                    { Policy = policy, Limit = limit, Attempts = 3, Programs = programs, Shared = shared, Waits = 2,
                        Withdrawals = true }.Explore();
            }
        }

        Assert.True(orders > 16 * 1_000, $"{orders} orders");
    }

    /// <summary>One small world; plays it again for each order of events.</summary>
    private sealed class World
    {
        private readonly Odometer _choices = new();
        private readonly List<string> _path = [];

        public required string Policy { get; init; }

        public required int Limit { get; init; }

        public required int Attempts { get; init; }

        /// <summary>Bit i: attempt i + 2 is program b's.</summary>
        public required int Programs { get; init; }

        /// <summary>Bit i: attempt i + 2 goes where attempt i + 1 went.</summary>
        public int Shared { get; init; }

        /// <summary>Whose destinations never answer; null: each may do either.</summary>
        public char? Silent { get; init; }

        public int Waits { get; init; }

        public bool Withdrawals { get; init; }

        public int Explore()
        {
            var orders = 0;
            do
            {
                _choices.Begin();
                PlayOnce();
                orders++;
            }
            while (_choices.Next());
            return orders;
        }

        private void PlayOnce()
        {
            var harness = new EngineHarness(PolicyTable.Shipped.Find(Policy)!.Default, Limit, o => o with { MaxQueued = 16 });
            _path.Clear();
            var submitted = 0;
            var waits = Waits;
            while (submitted < Attempts || harness.Ended < Attempts)
            {
                var outcomes = Silent is null ? 2 : 1;
                var submits = submitted < Attempts ? 1 : 0;
                var ends = harness.HalfOpen.Count * outcomes;
                var withdrawals = Withdrawals ? harness.WaitingIds.Count : 0;
                var moves = submits + ends + withdrawals;
                if (moves == 0)
                {
                    Require(harness, harness.Engine.NextDeadline is not null, "somebody waits and nothing will ever happen");
                    harness.At(harness.Engine.NextDeadline!.Value.Ticks / TimeSpan.TicksPerMillisecond + 1);
                    Check(harness);
                    continue;
                }

                harness.At(harness.NowMs + StepMs);
                Check(harness);
                if (harness.HalfOpen.Count * outcomes != ends)
                {
                    continue; // time itself started something: choose again
                }

                var move = _choices.Choose(moves + (waits > 0 ? 1 : 0));
                if (move < submits)
                {
                    Submit(harness, submitted++);
                }
                else if ((move -= submits) < ends)
                {
                    var id = harness.HalfOpen[move / outcomes];
                    End(harness, id, Silent is null ? move % 2 == 0 : Silent == ProgramOf(id - 1));
                }
                else if ((move -= ends) < withdrawals)
                {
                    _path.Add("withdraw " + harness.WaitingIds[move]);
                    harness.End(harness.WaitingIds[move], Outcome.Cancelled);
                }
                else
                {
                    waits--;
                    _path.Add("wait");
                    harness.At(harness.NowMs + 15_000);
                }

                Check(harness);
            }

            Require(harness, harness.Engine is { Counted: 0, HalfOpen: 0, Waiting: 0 }, "something is left");
        }

        private char ProgramOf(int attempt) => attempt > 0 && (Programs >> (attempt - 1) & 1) == 1 ? 'b' : 'a';

        private void Submit(EngineHarness harness, int attempt)
        {
            var host = attempt;
            while (host > 0 && (Shared >> (host - 1) & 1) == 1)
            {
                host--;
            }

            _path.Add($"submit {attempt + 1}");
            harness.Submit(attempt + 1, ProgramOf(attempt) == 'b' ? "b" : "a", Host(host));
        }

        private void End(EngineHarness harness, int id, bool silent)
        {
            _path.Add($"{(silent ? "time out" : "answer")} {id}");
            harness.End(id, silent ? Outcome.TimedOut : Outcome.Established);
        }

        private void Check(EngineHarness harness)
        {
            var engine = harness.Engine;
            Require(harness, Policy == "unlimited" || engine.Counted <= Limit, "more slots held than there are");
            Require(harness, engine.HalfOpen == harness.HalfOpen.Count && engine.Waiting == harness.WaitingIds.Count
                && engine.Counted <= engine.HalfOpen, "the books differ");
            Require(harness, engine.Waiting == 0 || engine.HalfOpen > 0 || engine.NextDeadline is not null, "stuck");
            Require(harness, engine.NextDeadline is not { } due || due > engine.Now, "time stands still");
            if (Policy is "fifo" or "windows-xp")
            {
                Require(harness, engine.Waiting == 0 || engine.Counted == Limit || engine.NextDeadline is not null,
                    "a slot is idle while somebody waits");
            }

            if (Policy != "fair")
            {
                foreach (var program in "ab")
                {
                    var last = 0;
                    foreach (var id in harness.Started)
                    {
                        if (ProgramOf(id - 1) == program)
                        {
                            Require(harness, id > last, "overtaken within its program");
                            last = id;
                        }
                    }
                }
            }
        }

        private void Require(EngineHarness harness, bool condition, string otherwise)
        {
            if (!condition)
            {
                var engine = harness.Engine;
                Assert.Fail(
                    $"{otherwise}: {Policy} at {Limit}, programs {Programs:b}, shared {Shared:b}, silent {Silent}: "
                    + $"{string.Join(", ", _path)}: {engine.Counted} held, {engine.HalfOpen} half-open, {engine.Waiting} waiting");
            }
        }
    }

    /// <summary>
    /// Counts through all sequences of choices, whatever each one's number of alternatives depends on.
    /// </summary>
    private sealed class Odometer
    {
        private readonly List<(int Chosen, int Of)> _digits = [];
        private int _at;

        public void Begin() => _at = 0;

        public int Choose(int alternatives)
        {
            if (_at == _digits.Count)
            {
                _digits.Add((0, alternatives));
            }

            Assert.Equal(alternatives, _digits[_at].Of); // the same choices before lead to the same choice here
            return _digits[_at++].Chosen;
        }

        public bool Next()
        {
            while (_digits.Count > 0 && _digits[^1].Chosen == _digits[^1].Of - 1)
            {
                _digits.RemoveAt(_digits.Count - 1);
            }

            if (_digits.Count == 0)
            {
                return false;
            }

            _digits[^1] = (_digits[^1].Chosen + 1, _digits[^1].Of);
            return true;
        }
    }
}
