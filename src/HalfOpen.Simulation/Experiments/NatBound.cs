using HalfOpen.Simulation.Randomness;
using HalfOpen.Simulation.Scenarios;

namespace HalfOpen.Simulation.Experiments;

/// <summary>
/// How many live peers any policy at all could find under a budget of NAT entries, if it cannot know who is dead before
/// it has tried. A clairvoyant of the router's table starts the next attempt in the very instant in which the table has
/// room, and lets every entry live as short as the router allows. The k-th start of any other policy that keeps the
/// budget comes no earlier (each of its entries leaves no earlier either), and the k-th attempt started is alive with
/// the same probability whatever the policy: so this is an upper bound, in expectation. Other programs' entries are
/// left out, which can only raise it.
/// </summary>
public static class NatBound
{
    private const int Samples = 8;

    /// <returns>Live peers a minute, averaged over a few samples; null: the scenario has no router, budget or rated
    /// swarm.</returns>
    public static double? LivePeersPerMinute(Scenario scenario, int? budget, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var swarms = scenario.Programs.Where(p => p.Kind == ProgramKind.Swarm).ToList();
        if (scenario.Nat is null || budget is null || swarms is not [{ RatePerSecond: > 0, Count: 1 } swarm])
        {
            return null;
        }

        var total = 0.0;
        for (var i = 0; i < Samples; i++)
        {
            total += Once(scenario, swarm, scenario.Nat, budget.Value, Prng.ForStream(seed, 0xB0 + (ulong)i));
        }

        return total / Samples;
    }

    private static double Once(Scenario scenario, ProgramSpec swarm, NatSpec nat, int budget, Prng random)
    {
        var leaves = new PriorityQueue<int, double>();
        var interval = 1 / swarm.RatePerSecond;
        var now = swarm.StartSeconds;
        var wished = swarm.StartSeconds;
        var alive = 1 - swarm.Silent - swarm.Refused;
        var live = 0;
        while (true)
        {
            now = Math.Max(now, wished);
            while (leaves.TryPeek(out _, out var at) && at <= now)
            {
                leaves.Dequeue();
            }

            if (leaves.Count >= budget)
            {
                leaves.TryPeek(out _, out now);
                continue;
            }

            if (now >= scenario.DurationSeconds)
            {
                return live / scenario.DurationSeconds * 60;
            }

            var u = random.NextDouble();
            var answer = swarm.AnswerSeconds.From;
            var life = u < swarm.Silent
                ? nat.SynSentSeconds : u < swarm.Silent + alive
                ? answer + swarm.OpenSeconds + nat.ClosingSeconds : answer + nat.ClosingSeconds;
            live += u >= swarm.Silent && u < swarm.Silent + alive ? 1 : 0;
            leaves.Enqueue(0, now + life);
            wished += interval;
        }
    }
}
