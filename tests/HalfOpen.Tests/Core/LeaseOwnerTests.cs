using HalfOpen.Core;
using HalfOpen.Hosting.Leases;
using Xunit;

namespace HalfOpen.Tests.Core;

/// <summary>What an owner takes on lease is no more than fair gives it, however many programs it has.</summary>
public sealed class LeaseOwnerTests
{
    private const int Page = 30;

    /// <summary>
    /// One owner's silent programs take what they get; then another owner's program opens a page. With slots on lease
    /// the page gets on as without.
    /// </summary>
    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    [InlineData(100)]
    public void Many_programs_of_one_owner_leave_another_as_much_as_without_a_lease(int limit)
    {
        List<string> worse = [];
        foreach (var programs in (int[])[1, 5, 200])
        {
            foreach (var attempts in (int[])[1, 5, 100])
            {
                foreach (var laterMs in (int[])[1, 200, 5_000])
                {
                    foreach (var (otherHolds, toKnown) in ((bool, bool)[])[(false, false), (true, false), (false, true)])
                    {
                        var swarm = new Swarm(programs, attempts, laterMs, otherHolds, toKnown);
                        var without = RunPage(limit, swarm, lease: false, out var heldWithout);
                        var with = RunPage(limit, swarm, lease: true, out var held);
                        if (with < without || held > heldWithout)
                        {
                            worse.Add($"{swarm}: the page has {with}, without a lease {without}; the silent owner holds {held}, "
                                + $"without {heldWithout}");
                        }
                    }
                }
            }
        }

        Assert.True(worse.Count == 0, string.Join('\n', worse));
    }

    /// <returns>How many of the page's connections are through when each round trip takes 10 ms and 15 have
    /// passed.</returns>
    private static int RunPage(int limit, in Swarm swarm, bool lease, out int held)
    {
        var (programs, attempts, laterMs, otherHolds, toKnown) = swarm;
        var engine = new Engine(new EngineOptions { Limit = limit, MaxQueued = 100_000 });
        var kernel = new Kernel();
        var keeper = new LeaseKeeper(engine, kernel, lease ? 1_000_000 : 0);
        var now = Instant.Zero;
        var started = new Dictionary<ulong, AttemptId>();
        if (toKnown)
        {
            // Each program's host has answered thirty times, and falls silent.
            for (var i = 0; i < 30 * programs; i++)
            {
                now += TimeSpan.FromMilliseconds(1);
                Submit(Of("swarm", $"{i % programs}"), 500_000 + (i % programs));
                engine.Complete(started[500_000 + (ulong)(i % programs)], Outcome.Established, now + TimeSpan.FromMicroseconds(500));
            }
        }

        if (otherHolds)
        {
            for (var i = 0; i < limit / 3; i++)
            {
                Submit(Of("user", "old"), 900_000 + i);
            }
        }

        keeper.Renew(now);
        for (var i = 0; i < programs * attempts; i++)
        {
            now += TimeSpan.FromMicroseconds(100);
            var program = Of("swarm", $"{i % programs}");
            var host = toKnown ? 500_000 + (i % programs) : i;
            if (kernel.TryTake())
            {
                var id = engine.AdoptLeased(new AttemptRequest { Program = program, Destination = EngineHarness.Host(host) }, now);
                if (!engine.NeedsSlot(id))
                {
                    engine.Unlease(id, now);
                }

                continue;
            }

            keeper.TakeBack(now);
            Submit(program, host);
            keeper.Renew(now);
        }

        held = Held("swarm");
        now += TimeSpan.FromMilliseconds(laterMs);
        engine.AdvanceTo(now);
        keeper.TakeBack(now);
        Carry();
        var page = Of("user", "browser");
        started.Clear();
        for (var i = 0; i < Page; i++)
        {
            Submit(page, 1_000_000 + i);
        }

        var through = 0;
        for (var round = 0; round < 15; round++)
        {
            now += TimeSpan.FromMilliseconds(10);
            foreach (var (tag, attempt) in started.Where(s => s.Key >= 1_000_000).ToArray())
            {
                started.Remove(tag);
                through += engine.Complete(attempt, Outcome.Established, now) ? 1 : 0;
            }

            Carry();
        }

        return through;

        ProgramId Of(string owner, string name) => engine.Programs.Intern($"{owner}: {name}", engine.Programs.InternOwner(owner));

        void Submit(ProgramId program, int host)
        {
            engine.Submit(new AttemptRequest { Program = program, Destination = EngineHarness.Host(host), Tag = (ulong)host }, now);
            Carry();
        }

        void Carry()
        {
            foreach (var decision in engine.Decisions)
            {
                if (decision.Kind == DecisionKind.Start)
                {
                    started[decision.Tag] = decision.Attempt;
                }
            }

            engine.ClearDecisions();
        }

        int Held(string owner) => engine.GetStatistics().Programs.Where(p => p.Owner == owner).Sum(p => p.Counted);
    }

    private readonly record struct Swarm(int Programs, int Attempts, int LaterMs, bool OtherHolds, bool ToKnown);

    private sealed class Kernel : ILeaseholder
    {
        private int _free;

        public bool IsOpen { get; set; }

        public void Add(int slots) => _free += slots;

        public int TakeBack(int most)
        {
            var slots = Math.Min(_free, most);
            _free -= slots;
            return slots;
        }

        public bool TryTake()
        {
            if (!IsOpen || _free == 0)
            {
                return false;
            }

            _free--;
            return true;
        }
    }
}
